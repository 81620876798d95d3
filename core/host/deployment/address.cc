// SPDX-License-Identifier: Apache-2.0
#include "core/host/deployment/address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace parley {
namespace {

constexpr std::size_t host_size_max = 253;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_host_character(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '-';
}

std::string port_fault(std::string_view text) {
  unsigned port = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), port);
  const bool number = status == std::errc{} && end == text.data() + text.size();
  if (!number || port < 1 || port > 65'535 || text.front() == '0') {
    return "the port is a number from 1 to 65535";
  }
  return {};
}

std::string host_fault(std::string_view host) {
  if (host.empty()) return "the host is missing";
  if (host.front() == '[') {
    in6_addr parsed{};
    const bool closed = host.size() > 2 && host.back() == ']';
    const std::string inner{closed ? host.substr(1, host.size() - 2) : ""};
    if (inet_pton(AF_INET6, inner.c_str(), &parsed) == 1) return {};
    return "not an IPv6 address";
  }
  if (host.find(':') != std::string_view::npos) return "an IPv6 address stands in brackets";
  if (host.size() > host_size_max || !std::all_of(host.begin(), host.end(), is_host_character)) {
    return "not a host name";
  }
  const bool dotted =
      std::all_of(host.begin(), host.end(), [](char c) { return is_digit(c) || c == '.'; });
  in_addr parsed{};
  if (dotted && inet_pton(AF_INET, std::string{host}.c_str(), &parsed) != 1) {
    return "not an IPv4 address";
  }
  return {};
}

}  // namespace

std::string address_fault(std::string_view address) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string_view::npos || colon + 1 == address.size()) return "the port is missing";
  const std::string fault = host_fault(address.substr(0, colon));
  return fault.empty() ? port_fault(address.substr(colon + 1)) : fault;
}

}  // namespace parley
