// SPDX-License-Identifier: Apache-2.0
//
// A backend for benchmarks and tests of the host: no agreement, only traffic. A
// Submit asks for so many statements, so many at a time, to the next member of
// the order, which sends each back; the Reply comes when all are back. On port 2
// it also writes each Submit to its log before it replies.
#pragma once

#include <memory>

#include "core/api/backend.h"
#include "core/base/codec.h"

namespace parley::echo {

inline constexpr PortId port_ask{1};
inline constexpr PortId port_write{2};
inline constexpr StatementType type_ask{1};
inline constexpr StatementType type_answer{2};

inline Bytes ask(std::uint64_t total, std::uint64_t in_flight, std::uint64_t size) {
  Bytes out;
  Writer writer{out};
  writer.varint(total);
  writer.varint(in_flight);
  writer.varint(size);
  return out;
}

class Echo final : public Machine {
 public:
  void step(const Input& input, Effects& effects) override {
    if (const Start* start = std::get_if<Start>(&input)) return on_start(*start);
    if (const Submit* submit = std::get_if<Submit>(&input)) return on_submit(*submit, effects);
    if (const Deliver* deliver = std::get_if<Deliver>(&input)) on_deliver(*deliver, effects);
  }

  void encode(StateWriter& out) const override {
    out.varint(unsent_);
    out.varint(unanswered_);
    out.varint(written_);
  }

  std::unique_ptr<Machine> clone() const override { return std::make_unique<Echo>(*this); }

 private:
  void on_start(const Start& start) {
    const auto& order = start.membership->order;
    for (std::size_t i = 0; i < order.size(); ++i) {
      if (order[i] == start.self) next_ = order[(i + 1) % order.size()];
    }
    written_ = start.recovered.records.size();
  }

  void on_submit(const Submit& submit, Effects& effects) {
    if (submit.port == port_write) return write(submit, effects);
    Reader reader{submit.value};
    unsent_ = unanswered_ = reader.varint();
    const std::uint64_t in_flight = reader.varint();
    const std::uint64_t size = reader.varint();
    if (!reader.finished() || size > 4'096 || unanswered_ == 0) return;
    request_ = submit.request;
    record_ = SharedBytes{Bytes(size, 0x5A)};
    for (std::uint64_t i = 0; i < in_flight; ++i) send_next(effects);
  }

  void write(const Submit& submit, Effects& effects) {
    effects.push_back(Persist{Append{SharedBytes{submit.value}}});
    Bytes count;
    Writer{count}.varint(++written_);
    effects.push_back(Reply{submit.request, SharedBytes{count}});
  }

  void on_deliver(const Deliver& deliver, Effects& effects) {
    if (deliver.type == type_ask) {
      effects.push_back(Send{deliver.issuer, type_answer, SharedBytes{deliver.record}});
      return;
    }
    if (unanswered_ == 0) return;
    if (--unanswered_ == 0) effects.push_back(Reply{request_, SharedBytes{}});
    send_next(effects);
  }

  void send_next(Effects& effects) {
    if (unsent_ == 0) return;
    --unsent_;
    effects.push_back(Send{next_, type_ask, record_});
  }

  PrincipalId next_{};
  RequestId request_{};
  SharedBytes record_;
  std::uint64_t unsent_ = 0;
  std::uint64_t unanswered_ = 0;
  std::uint64_t written_ = 0;
};

class Factory final : public BackendFactory {
 public:
  std::uint32_t invokes_per_pull_max() const override { return 0; }
  std::unique_ptr<Machine> create(const BackendSpec& /*spec*/) const override {
    return std::make_unique<Echo>();
  }
};

}  // namespace parley::echo
