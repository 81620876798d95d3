// SPDX-License-Identifier: Apache-2.0
#include "core/host/runtime/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace parley {
namespace {

spdlog::logger& logger() {
  static const auto shared = [] {
    auto made = spdlog::stderr_logger_mt("parley");
    made->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
    return made;
  }();
  return *shared;
}

}  // namespace

bool set_log_level(std::string_view level) {
  const auto parsed = spdlog::level::from_str(std::string{level});
  // from_str answers "off" for what it does not know.
  if (parsed == spdlog::level::off && level != "off") return false;
  logger().set_level(parsed);
  return true;
}

void log_debug(std::string_view who, const std::string& message) {
  logger().debug("{}: {}", who, message);
}
void log_info(std::string_view who, const std::string& message) {
  logger().info("{}: {}", who, message);
}
void log_warning(std::string_view who, const std::string& message) {
  logger().warn("{}: {}", who, message);
}
void log_error(std::string_view who, const std::string& message) {
  logger().error("{}: {}", who, message);
}

}  // namespace parley
