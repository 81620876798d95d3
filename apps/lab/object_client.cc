// SPDX-License-Identifier: Apache-2.0
#include "apps/lab/object_client.h"

namespace parley {

std::optional<ObjectClient::Call> ObjectClient::next() {
  if (waiting_ || done()) return std::nullopt;
  waiting_ = true;
  switch (stage_) {
    case Stage::Pull:
      --attempts_left_;
      return Call{port_pull, encode_call(pull_)};
    case Stage::Invoke:
      return Call{port_invoke, encode_call(InvokeCall{branch_, method_})};
    case Stage::Push:
    case Stage::Done:
      break;
  }
  return Call{port_push, encode_call(PushCall{branch_})};
}

void ObjectClient::on_reply(ByteView outcome) {
  if (!waiting_) return;
  waiting_ = false;
  std::optional<Outcome> decoded = decode_outcome(outcome);
  if (decoded && decoded->kind == OutcomeKind::Ok) return advance(std::move(*decoded));
  start_over(decoded ? std::move(*decoded) : Outcome{.kind = OutcomeKind::Unknown});
}

void ObjectClient::on_lost() {
  if (!waiting_) return;
  waiting_ = false;
  start_over({.kind = OutcomeKind::Unknown});
}

void ObjectClient::advance(Outcome outcome) {
  switch (stage_) {
    case Stage::Pull:
      branch_ = outcome.branch;
      stage_ = Stage::Invoke;
      return;
    case Stage::Invoke:
      returned_ = std::move(outcome.value);
      stage_ = Stage::Push;
      return;
    case Stage::Push:
    case Stage::Done:
      perhaps_pushed_ = true;
      result_ = std::move(outcome);
      stage_ = Stage::Done;
      return;
  }
}

void ObjectClient::start_over(Outcome failure) {
  // Any answer but Stale leaves open whether the branch is committed.
  if (stage_ == Stage::Push && failure.kind != OutcomeKind::Stale) perhaps_pushed_ = true;
  returned_.clear();
  branch_ = 0;
  stage_ = Stage::Pull;
  if (attempts_left_ > 0) return;
  result_ = std::move(failure);
  stage_ = Stage::Done;
}

void ObjectClient::encode(Writer& out) const {
  out.u8(static_cast<std::uint8_t>(stage_));
  out.u8(waiting_ ? 1 : 0);
  out.varint(attempts_left_);
  out.varint(branch_);
  out.bytes(encode_call(pull_));
  out.bytes(method_);
  out.bytes(returned_);
  out.bytes(result_ ? encode_outcome(*result_) : Bytes{});
}

}  // namespace parley
