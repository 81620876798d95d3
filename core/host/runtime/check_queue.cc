// SPDX-License-Identifier: Apache-2.0
#include "core/host/runtime/check_queue.h"

#include <utility>

#include "core/base/assert.h"
#include "core/host/runtime/workers.h"

namespace parley {
namespace {

constexpr std::size_t items_per_peer_max = 1'024;
constexpr std::size_t bytes_per_peer_max = std::size_t{32} << 20;

}  // namespace

CheckQueue::CheckQueue(EventLoop& loop, Workers& workers, const Node& node,
                       const SealDomain& domain, std::size_t peers_count, Deliver deliver,
                       Finished finished)
    : loop_(loop),
      workers_(workers),
      node_(node),
      domain_(domain),
      peers_(peers_count),
      deliver_(std::move(deliver)),
      finished_(std::move(finished)) {}

bool CheckQueue::congested(PrincipalId from) const {
  const Peer& peer = peers_[from.value];
  return peer.waiting.size() >= items_per_peer_max || peer.bytes >= bytes_per_peer_max;
}

void CheckQueue::submit(PrincipalId from, ByteView frame, bool costly) {
  // The job's views must point into bytes that stay: inspect the copy again.
  Bytes bytes = to_bytes(frame);
  auto inspected = node_.inspect(from, bytes);
  CheckJob* job = std::get_if<CheckJob>(&inspected);
  PARLEY_ASSERT(job != nullptr);
  const auto item = std::make_shared<Item>(Item{.bytes = {}, .job = *job});
  item->bytes = std::move(bytes);  // Moving a vector keeps its bytes in place.
  peers_[from.value].waiting.push_back(item);
  peers_[from.value].bytes += item->bytes.size();
  ++unfinished_;
  if (!costly) {
    item->convinced = item->job.run(domain_, scratch_);
    item->done = true;
    return;
  }
  workers_.submit([this, from, item, loop = &loop_, domain = &domain_] {
    Bytes scratch;
    item->convinced = item->job.run(*domain, scratch);
    loop->post([this, from, item] {
      item->done = true;
      hand_on(from);
    });
  });
}

void CheckQueue::forget(PrincipalId from) {
  Peer& peer = peers_[from.value];
  unfinished_ -= peer.waiting.size();
  peer = {};
}

void CheckQueue::hand_on(PrincipalId from) {
  Peer& peer = peers_[from.value];
  const bool was_congested = congested(from);
  while (!peer.waiting.empty() && peer.waiting.front()->done) {
    const std::shared_ptr<Item> item = std::move(peer.waiting.front());
    peer.waiting.pop_front();
    peer.bytes -= item->bytes.size();
    --unfinished_;
    deliver_(from, item->job.frame, item->convinced);
  }
  finished_(from, was_congested && !congested(from));
}

}  // namespace parley
