// SPDX-License-Identifier: Apache-2.0
#include "apps/lab/history/event.h"

#include "core/base/overloaded.h"
#include "core/lang/json_writer.h"

namespace parley::history {
namespace {

std::string quoted(const std::string& text) {
  JsonWriter writer;
  std::string json = writer.text(text).take();
  json.pop_back();  // A history has one line per event, and a value no newline.
  return json;
}

}  // namespace

std::string_view name_of(EventType type) {
  switch (type) {
    case EventType::Invoke:
      return "invoke";
    case EventType::Ok:
      return "ok";
    case EventType::Fail:
      return "fail";
    case EventType::Info:
      return "info";
  }
  return "";
}

std::string as_json(const Scalar& scalar) {
  return std::visit(overloaded{
                        [](Null) { return std::string{"null"}; },
                        [](bool truth) { return std::string{truth ? "true" : "false"}; },
                        [](std::int64_t number) { return std::to_string(number); },
                        [](const std::string& text) { return quoted(text); },
                    },
                    scalar);
}

std::string as_json(const Value& value) {
  if (value.scalar() != nullptr) return as_json(*value.scalar());
  std::string text = "[";
  for (const Value& item : *value.list()) {
    text += (text.size() == 1 ? "" : ",") + as_json(item);
  }
  return text + ']';
}

std::string as_json_line(const Event& event) {
  std::string line = "{\"process\":" + std::to_string(event.process);
  line += ",\"type\":\"" + std::string{name_of(event.type)} + "\",\"f\":" + quoted(event.f);
  if (event.key) line += ",\"key\":" + as_json(*event.key);
  if (event.value) line += ",\"value\":" + as_json(*event.value);
  if (event.time) line += ",\"time\":" + std::to_string(*event.time);
  return line + "}\n";
}

}  // namespace parley::history
