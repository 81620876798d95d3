// SPDX-License-Identifier: Apache-2.0
//
// The timeline of a history as one HTML file that needs nothing else: the
// operations are data in it, a few lines of script draw them.
#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "apps/parley/history/verify_report.h"
#include "core/lang/json_writer.h"

namespace parley {
namespace {

using history::Operation;

constexpr std::string_view page_head = R"html(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>History</title>
<meta name="viewport" content="width=device-width">
<style>
:root { color-scheme: light dark; --page: #fff; --ink: #1c2024; --faint: #6b7280; --line: #d9dde2;
  --ok: #2f7d4f; --unknown: #b7791f; --blocked: #c0262d; --dim: .18; }
@media (prefers-color-scheme: dark) { :root { --page: #15181c; --ink: #e7eaee; --faint: #98a1ad;
  --line: #343a42; --ok: #52b07a; --unknown: #d9a441; --blocked: #ff6b6b; --dim: .25; } }
body { margin: 1.5rem; background: var(--page); color: var(--ink);
  font: 15px/1.45 system-ui, sans-serif; }
h1 { font-size: 1.2rem; margin: 0 0 .5rem; }
pre { background: color-mix(in srgb, var(--line) 35%, transparent); padding: .8rem;
  border-radius: 6px; overflow-x: auto; font-size: 13px; }
.controls { display: flex; gap: 1.2rem; flex-wrap: wrap; align-items: center; margin: .8rem 0; }
.key::before { content: ""; display: inline-block; width: 1.1em; height: .7em; margin-right: .4em;
  border-radius: 2px; background: var(--colour); }
#scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: 6px; }
svg { display: block; } svg text { fill: var(--ink); font: 12px system-ui, sans-serif; }
.lane { stroke: var(--line); } .name { fill: var(--faint); }
.ok rect { fill: var(--ok); } .unknown rect { fill: var(--unknown); }
.blocked rect { fill: var(--blocked); stroke: var(--ink); stroke-width: 2; }
.aside { opacity: var(--dim); } g.bar:hover, g.bar:focus { opacity: 1; outline: none; }
g.bar:hover rect, g.bar:focus rect { stroke: var(--ink); stroke-width: 1.5; }
#detail { min-height: 1.5em; color: var(--faint); font-variant-numeric: tabular-nums; }
</style></head><body>
)html";

constexpr std::string_view page_script = R"html(<script>
"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const svg = document.getElementById("timeline"), detail = document.getElementById("detail");
const all = document.getElementById("all"), even = document.getElementById("even");
const zoom = document.getElementById("zoom");
const make = (name, attributes, parent) => {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  parent.append(node);
  return node;
};
function describe(bar) {
  const time = at => at === null ? "?" : (at / 1e9).toFixed(9) + " s";
  return `line ${bar.line}, process ${bar.process}: ${bar.words} \u2192 ${bar.answer}, ` +
    `from ${time(bar.from)} to ${bar.answered ? time(bar.to) : "the end, perhaps"}` +
    (bar.blocked ? ": nothing explains this answer" : "");
}
function draw() {
  svg.replaceChildren();
  const bars = data.filter(bar => all.checked || bar.minimal);
  const processes = [...new Set(bars.map(bar => bar.process))].sort((a, b) => a - b);
  const timed = !even.checked && bars.every(bar => bar.from !== null);
  // Evenly spaced, every event is one column; otherwise columns are times.
  const ends = bars.flatMap(bar => bar.answered ? [bar.begin, bar.end] : [bar.begin]);
  const events = [...new Set(ends)].sort((a, b) => a - b);
  const column = new Map(events.map((event, index) => [event, index]));
  const times = bars.flatMap(bar => bar.answered && bar.to !== null ? [bar.from, bar.to]
                                                                    : [bar.from]);
  const low = Math.min(...times), span = Math.max(1, Math.max(...times) - low);
  const left = 90, lane = 40, width = Math.max(700, events.length * 34) * zoom.value;
  const right = left + width;
  const x = (event, time) => timed ? left + 10 + (time - low) / span * (width - 20)
      : left + 10 + column.get(event) * (width - 20) / Math.max(1, events.length - 1);
  const height = processes.length * lane + 10;
  svg.setAttribute("width", right + 30);
  svg.setAttribute("height", height);
  processes.forEach((process, index) => {
    const y = index * lane + lane / 2 + 5;
    make("line", {x1: left, y1: y, x2: right + 20, y2: y, class: "lane"}, svg);
    make("text", {x: 8, y: y + 4, class: "name"}, svg).textContent = "process " + process;
  });
  for (const bar of bars) {
    const y = processes.indexOf(bar.process) * lane + 11;
    const begin = x(bar.begin, bar.from);
    const end = bar.answered ? x(bar.end, bar.to ?? bar.from) : right + 20;
    const kind = bar.blocked ? "blocked" : bar.answered ? "ok" : "unknown";
    const group = make("g", {class: "bar " + kind + (bar.minimal || !data.some(b => b.minimal)
      ? "" : " aside"), tabindex: 0}, svg);
    const size = Math.max(4, end - begin);
    make("rect", {x: begin, y, width: size, height: 12, rx: 3,
      "fill-opacity": bar.answered ? 1 : .55}, group);
    const label = make("text", {x: begin, y: y + 25}, group);
    label.textContent = `${bar.words} \u2192 ${bar.answer}`;
    if (!bar.minimal && label.getComputedTextLength() > size + 20) label.remove();
    make("title", {}, group).textContent = describe(bar);
    for (const event of ["mouseenter", "focus"]) {
      group.addEventListener(event, () => { detail.textContent = describe(bar); });
    }
  }
}
for (const control of [all, even, zoom]) control.addEventListener("input", draw);
draw();
</script></body></html>
)html";

std::string escaped(std::string_view text) {
  std::string html;
  for (const char c : text) {
    if (c == '&') {
      html += "&amp;";
    } else if (c == '<') {
      html += "&lt;";
    } else if (c == '>') {
      html += "&gt;";
    } else {
      html += c;
    }
  }
  return html;
}

/// JSON that may stand in a script element: no text in it can end the element.
std::string for_script(std::string_view json) {
  std::string safe;
  for (const char c : json) {
    if (c == '<') {
      safe += "\\u003c";
    } else {
      safe += c;
    }
  }
  return safe;
}

/// What is drawn: the violated partition until the answer that nothing explains,
/// or the whole history; of too many the last, or the first.
std::vector<std::size_t> drawn(const VerifyReport& report) {
  std::set<std::size_t> chosen;
  if (const auto& found = report.judgement.counterexample) {
    chosen.insert(found->minimal.begin(), found->minimal.end());
    for (std::size_t i = found->prefix.size(); i-- > 0 && chosen.size() < operations_drawn_max;) {
      chosen.insert(found->prefix[i]);
    }
  } else {
    const std::size_t count = std::min(report.history.operations.size(), operations_drawn_max);
    for (std::size_t i = 0; i < count; ++i) chosen.insert(i);
  }
  return {chosen.begin(), chosen.end()};
}

std::string data_of(const VerifyReport& report, const std::vector<std::size_t>& operations) {
  const auto& found = report.judgement.counterexample;
  std::set<std::size_t> minimal;
  if (found) minimal.insert(found->minimal.begin(), found->minimal.end());
  JsonWriter out;
  const auto time = [&](std::string_view name, const std::optional<std::int64_t>& at) {
    out.key(name);
    at ? out.number(*at) : out.null();
  };
  out.begin_array();
  for (const std::size_t number : operations) {
    const Operation& operation = report.history.operations[number];
    out.begin_object();
    out.key("line").number(operation.invoke.line);
    out.key("process").number(operation.invoke.process);
    out.key("words").text(words_of(operation));
    out.key("answer").text(answer_of(operation));
    out.key("answered").boolean(operation.answer.has_value());
    out.key("begin").number(static_cast<std::int64_t>(operation.begin));
    out.key("end").number(operation.answer ? static_cast<std::int64_t>(operation.end) : -1);
    time("from", operation.invoke.time);
    time("to", operation.answer ? operation.answer->time : std::nullopt);
    out.key("minimal").boolean(minimal.count(number) > 0);
    out.key("blocked").boolean(found && number == found->minimal_blocked);
    out.end_object();
  }
  out.end_array();
  return for_script(out.take());
}

}  // namespace

std::string as_html(const VerifyReport& report) {
  const std::vector<std::size_t> operations = drawn(report);
  const bool violated = report.judgement.counterexample.has_value();
  const std::size_t of =
      violated ? report.judgement.counterexample->prefix.size() : report.history.operations.size();
  std::string page{page_head};
  page += fmt::format("<h1>{}: {}</h1>\n", escaped(report.file), result_of(report));
  page += fmt::format("<pre>{}</pre>\n", escaped(as_text(report)));
  page += fmt::format(
      "<div class=\"controls\"><span class=\"key\" style=\"--colour:var(--ok)\">answered</span>\n"
      "<span class=\"key\" style=\"--colour:var(--unknown)\">outcome unknown</span>\n"
      "<span class=\"key\" style=\"--colour:var(--blocked)\">nothing explains it</span>\n"
      "<label><input type=\"checkbox\" id=\"all\"{}> all {} operations{}</label>\n"
      "<label><input type=\"checkbox\" id=\"even\" checked> evenly spaced events</label>\n"
      "<label>zoom <input type=\"range\" id=\"zoom\" min=\"1\" max=\"8\" step=\"0.5\" "
      "value=\"1\"></label></div>\n",
      violated ? "" : " checked disabled", operations.size(),
      operations.size() < of ? fmt::format(" drawn, of {}", of) : "");
  page += "<div id=\"scroll\"><svg id=\"timeline\"></svg></div>\n<p id=\"detail\"></p>\n";
  page += "<script type=\"application/json\" id=\"data\">" + data_of(report, operations) +
          "</script>\n";
  return page + std::string{page_script};
}

}  // namespace parley
