// SPDX-License-Identifier: Apache-2.0
#include "core/host/runtime/stores.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/host/runtime/cluster_record.h"

namespace parley {
namespace {

Status make_directory(const std::filesystem::path& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) {
    return Error{ErrorCode::Io, directory.string() + ": cannot create: " + error.message()};
  }
  return {};
}

/// Held until the process ends, however it ends.
Result<int> lock_directory(const std::filesystem::path& directory) {
  const std::filesystem::path path = directory / "lock";
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) return Error{ErrorCode::Io, path.string() + ": " + std::strerror(errno)};
  if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return fd;
  ::close(fd);
  return Error{ErrorCode::Io, directory.string() + ": another process runs this node"};
}

}  // namespace

Result<std::unique_ptr<Stores>> Stores::open(const Tables& tables, PrincipalId self,
                                             const std::filesystem::path& directory) {
  if (Status made = make_directory(directory); !made) return made.error();
  std::unique_ptr<Stores> stores{new Stores};
  Result<int> lock = lock_directory(directory);
  if (!lock) return lock.error();
  stores->lock_ = *lock;
  if (Status claimed = claim_directory(directory, cluster_record(tables, self)); !claimed) {
    return claimed.error();
  }
  for (const InstanceRoute& instance : tables.instances) {
    if (!instance.hosts.contains(self)) continue;
    const Result<std::size_t> place = stores->open_store(tables, instance, directory);
    if (!place) return place.error();
    stores->store_of_instance_[instance.id] = *place;
  }
  // Machine parts of mechanisms have no store of their own: they use the first.
  for (std::size_t i = 0; i < tables.mechanisms.size() && !stores->stores_.empty(); ++i) {
    if (!tables.mechanisms[i].interactive()) continue;
    stores->store_of_instance_[mechanism_instance(static_cast<std::uint8_t>(i))] = 0;
  }
  return stores;
}

Result<std::size_t> Stores::open_store(const Tables& tables, const InstanceRoute& instance,
                                       const std::filesystem::path& directory) {
  for (std::size_t i = 0; i < stores_.size(); ++i) {
    if (stores_[i].use.name != instance.store.name) continue;
    if (stores_[i].use.config == instance.store.config) return i;
    return Error{ErrorCode::Configuration, "[[object]] " + instance.name + ": store " +
                                               instance.store.name +
                                               " has other settings in another object"};
  }
  const StoreFactory* factory = tables.catalogue->store(instance.store.name);
  const std::filesystem::path place = directory / instance.store.name;
  if (Status made = make_directory(place); !made) return made.error();
  Result<std::unique_ptr<Store>> store = factory->open(place, instance.store.config);
  if (!store) return store.error();
  stores_.push_back({instance.store, std::move(*store)});
  durable_ = durable_ || factory->durable();
  return stores_.size() - 1;
}

Stores::~Stores() {
  stores_.clear();
  if (lock_ >= 0) ::close(lock_);
}

Result<std::map<InstanceId, Recovered>> Stores::recover() {
  std::map<InstanceId, Recovered> recovered;
  for (const auto& [instance, place] : store_of_instance_) {
    Result<Recovered> one = stores_[place].store->recover(instance);
    if (!one) return one.error();
    recovered[instance] = std::move(*one);
  }
  return recovered;
}

std::optional<std::size_t> Stores::place_of(InstanceId instance) const {
  const auto found = store_of_instance_.find(instance);
  if (found == store_of_instance_.end()) return std::nullopt;
  return found->second;
}

Status Stores::commit(std::span<const StoreChange> changes) {
  for (Opened& opened : stores_) opened.touched = false;
  while (!changes.empty()) {
    const std::optional<std::size_t> place = place_of(changes.front().instance);
    if (!place) return Error{ErrorCode::Io, "a machine writes, but its node has no store"};
    // Runs of one store go to it in one call.
    std::size_t count = 1;
    while (count < changes.size() && place_of(changes[count].instance) == place) ++count;
    if (Status done = stores_[*place].store->append(changes.first(count)); !done) return done;
    stores_[*place].touched = true;
    changes = changes.subspan(count);
  }
  for (Opened& opened : stores_) {
    if (!opened.touched) continue;
    if (Status done = opened.store->sync(); !done) return done;
  }
  return {};
}

}  // namespace parley
