// SPDX-License-Identifier: Apache-2.0
//
// Throughput and latency against the number of clients, as SVG: both axes are
// logarithmic, a whisker spans the rounds.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "tests/bench/kv/setting.h"

namespace parley::bench {
namespace {

using nlohmann::json;

constexpr double panel_width = 380;
constexpr double panel_height = 320;
constexpr double margin = 60;
constexpr double legend_height = 60;

/// Told apart without seeing colours well (Okabe and Ito's palette).
constexpr const char* colours[] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                   "#e69f00", "#56b4e9", "#000000"};

struct Value {
  double clients;
  double median;
  double least;
  double most;
};
using Lines = std::map<std::string, std::vector<Value>>;

struct Panel {
  std::string title;
  std::string unit;
  Lines lines{};
  double left = 0;
};

Lines lines_of(const json& rows, const char* operation, const char* figure) {
  Lines lines;
  for (const json& row : rows) {
    if (row.at("operation") != operation || row.at("clients_at") != "leader") continue;
    if (row.at("pipeline") != 1) continue;
    const json& value = row.at(figure);
    lines[row.at("system")].push_back(
        {row.at("clients"), value.at("median"), value.at("min"), value.at("max")});
  }
  for (auto& [name, line] : lines) {
    std::sort(line.begin(), line.end(),
              [](const Value& a, const Value& b) { return a.clients < b.clients; });
  }
  return lines;
}

/// Whole decades around all values of a panel.
std::pair<double, double> decades(const Lines& lines) {
  double least = 1e12;
  double most = 1;
  for (const auto& [name, line] : lines) {
    for (const Value& value : line) {
      if (value.least > 0) least = std::min(least, value.least);
      most = std::max(most, value.most);
    }
  }
  const double low = std::floor(std::log10(std::min(least, most)));
  return {low, std::max(low + 1, std::ceil(std::log10(most)))};
}

class Drawing {
 public:
  Drawing(const Panel& panel, std::string& out)
      : panel_(panel), range_(decades(panel.lines)), out_(out) {}

  void draw(const std::map<std::string, const char*>& colour_of) {
    axes();
    for (const auto& [name, line] : panel_.lines) {
      std::string points;
      for (const Value& value : line) points += point(value.clients, value.median);
      const char* const colour = colour_of.at(name);
      out_ += fmt::format(
          "<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" "
          "stroke-width=\"2\"/>\n",
          points, colour);
      for (const Value& value : line) whisker(value, colour);
    }
  }

 private:
  double x(double clients) const {
    return panel_.left + margin + (panel_width - margin - 20) * std::log2(clients) / 8;
  }
  double y(double value) const {
    const double share =
        (std::log10(std::max(value, 1e-3)) - range_.first) / (range_.second - range_.first);
    return legend_height + panel_height - 40 - (panel_height - 80) * share;
  }
  std::string point(double clients, double value) const {
    return fmt::format("{:.1f},{:.1f} ", x(clients), y(value));
  }

  void text(double at_x, double at_y, const char* anchor, const std::string& words) {
    out_ += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>\n", at_x,
                        at_y, anchor, words);
  }

  void axes() {
    text(panel_.left + panel_width / 2, legend_height + 20, "middle",
         panel_.title + ", " + panel_.unit);
    for (double decade = range_.first; decade <= range_.second; ++decade) {
      const double value = std::pow(10, decade);
      out_ += fmt::format(
          "<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" "
          "stroke=\"#ddd\"/>\n",
          x(1), y(value), x(256), y(value));
      text(x(1) - 8, y(value) + 4, "end", fmt::format("{:g}", value));
    }
    for (const double clients : {1.0, 16.0, 64.0, 256.0}) {
      text(x(clients), legend_height + panel_height - 20, "middle", fmt::format("{}", clients));
    }
    text(panel_.left + panel_width / 2, legend_height + panel_height - 2, "middle", "clients");
  }

  void whisker(const Value& value, const char* colour) {
    out_ += fmt::format(
        "<line x1=\"{0:.1f}\" y1=\"{1:.1f}\" x2=\"{0:.1f}\" y2=\"{2:.1f}\" "
        "stroke=\"{3}\"/>\n<circle cx=\"{0:.1f}\" cy=\"{4:.1f}\" r=\"3\" "
        "fill=\"{3}\"/>\n",
        x(value.clients), y(value.least), y(value.most), colour, y(value.median));
  }

  const Panel& panel_;
  std::pair<double, double> range_;
  std::string& out_;
};

}  // namespace

std::string plot_throughput(const json& throughput, const json& machine) {
  const json& rows = throughput.at("rows");
  std::vector<Panel> panels = {
      {"durable puts", "per second", lines_of(rows, "put", "per_second")},
      {"linearizable gets", "per second", lines_of(rows, "get", "per_second")},
      {"puts, p99", "microseconds", lines_of(rows, "put", "p99_us")}};
  std::map<std::string, const char*> colour_of;
  for (const Panel& panel : panels) {
    for (const auto& [name, line] : panel.lines) {
      colour_of.emplace(name, colours[colour_of.size() % std::size(colours)]);
    }
  }
  const double width = panel_width * static_cast<double>(panels.size());
  std::string out = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" "
      "font-family=\"sans-serif\" "
      "font-size=\"12\">\n<rect width=\"{0}\" height=\"{1}\" fill=\"white\"/>\n",
      width, panel_height + legend_height);
  out += fmt::format(
      "<text x=\"20\" y=\"20\">{}, {} threads, {}; clients at the leader, "
      "{}-byte values, fsync on</text>\n",
      machine.at("processor").get<std::string>(), machine.at("threads").get<int>(),
      machine.at("file_system").get<std::string>(), value_size);
  double at = 20;
  for (const auto& [name, colour] : colour_of) {
    out += fmt::format(
        "<rect x=\"{0}\" y=\"34\" width=\"12\" height=\"12\" fill=\"{1}\"/>"
        "<text x=\"{2}\" y=\"45\">{3}</text>\n",
        at, colour, at + 17, name);
    at += 40 + 7.0 * static_cast<double>(name.size());
  }
  for (std::size_t i = 0; i < panels.size(); ++i) {
    panels[i].left = panel_width * static_cast<double>(i);
    Drawing{panels[i], out}.draw(colour_of);
  }
  return out + "</svg>\n";
}

}  // namespace parley::bench
