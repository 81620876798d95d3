// SPDX-License-Identifier: Apache-2.0
#include "apps/demo/redis_client.h"

#include <hiredis/hiredis.h>

#include <charconv>

namespace parley::demo {
namespace {

constexpr timeval patience{10, 0};  // Longer than the port's own request_timeout.

struct FreeReply {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};

Answer answer_of(const redisReply& reply) {
  switch (reply.type) {
    case REDIS_REPLY_STATUS:
    case REDIS_REPLY_STRING:
      return {Answer::Kind::Value, {reply.str, reply.len}};
    case REDIS_REPLY_NIL:
      return {Answer::Kind::Absent};
    case REDIS_REPLY_ERROR:
      return {Answer::Kind::Failed, {reply.str, reply.len}};
    default:
      return {Answer::Kind::Failed, "expected a string, found another type of reply"};
  }
}

}  // namespace

std::optional<Target> parse_target(std::string_view text) {
  const std::size_t sign = text.find('=');
  if (sign == std::string_view::npos || sign == 0) return std::nullopt;
  Target target{std::string{text.substr(0, sign)}};
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + sign + 1, end, target.port);
  if (error != std::errc{} || stop != end || target.port < 1 || target.port > 65535) {
    return std::nullopt;
  }
  return target;
}

void RedisClient::Close::operator()(redisContext* context) const {
  redisFree(context);
}

void RedisClient::connect(const Target& target) {
  context_.reset();
  context_.reset(redisConnectWithTimeout("127.0.0.1", target.port, patience));
  if (context_ && context_->err == 0) redisSetTimeout(context_.get(), patience);
}

std::vector<Answer> RedisClient::call(const std::vector<Words>& commands) {
  std::vector<Answer> answers(commands.size());
  if (!context_) return answers;
  for (const Words& words : commands) {
    std::vector<const char*> texts;
    std::vector<std::size_t> sizes;
    for (const std::string& word : words) {
      texts.push_back(word.data());
      sizes.push_back(word.size());
    }
    redisAppendCommandArgv(context_.get(), static_cast<int>(texts.size()), texts.data(),
                           sizes.data());
  }
  for (Answer& answer : answers) {
    void* given = nullptr;
    if (context_->err != 0 || redisGetReply(context_.get(), &given) != REDIS_OK) {
      answer.text = context_->errstr;
      continue;
    }
    const std::unique_ptr<redisReply, FreeReply> reply{static_cast<redisReply*>(given)};
    answer = answer_of(*reply);
  }
  return answers;
}

}  // namespace parley::demo
