#include "store/store.h"

#include <algorithm>

namespace tallyman::store {

void Slot::publish(SnapshotPtr snapshot, Health health) {
  // The old snapshot is destroyed after the lock is gone: freeing a large text takes time.
  std::lock_guard lock(mutex_);
  snapshot_.swap(snapshot);
  std::swap(health_, health);
}

SnapshotPtr Slot::pin() const {
  std::lock_guard lock(mutex_);
  return snapshot_;
}

Health Slot::health() const {
  std::lock_guard lock(mutex_);
  return health_;
}

namespace {

auto place(const std::vector<std::shared_ptr<Slot>>& slots, const std::string& target) {
  return std::lower_bound(slots.begin(), slots.end(), target,
                          [](const auto& slot, const std::string& name) { return slot->target() < name; });
}

}  // namespace

std::shared_ptr<Slot> Store::add(const std::string& target) {
  std::unique_lock lock(mutex_);
  const auto at = place(slots_, target);
  if (at != slots_.end() && (*at)->target() == target) return *at;
  return *slots_.insert(at, std::make_shared<Slot>(target));
}

void Store::remove(const std::string& target) {
  std::unique_lock lock(mutex_);
  const auto at = place(slots_, target);
  if (at != slots_.end() && (*at)->target() == target) slots_.erase(at);
}

std::shared_ptr<Slot> Store::find(const std::string& target) const {
  std::shared_lock lock(mutex_);
  const auto at = place(slots_, target);
  return at != slots_.end() && (*at)->target() == target ? *at : nullptr;
}

std::vector<std::shared_ptr<Slot>> Store::slots() const {
  std::shared_lock lock(mutex_);
  return slots_;
}

std::vector<SnapshotPtr> Store::pin() const {
  std::shared_lock lock(mutex_);
  std::vector<SnapshotPtr> out;
  out.reserve(slots_.size());
  for (const auto& slot : slots_)
    if (SnapshotPtr snapshot = slot->pin()) out.push_back(std::move(snapshot));
  return out;
}

}  // namespace tallyman::store
