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

void Slot::ask_explanation(double epoch_now) {
  std::lock_guard lock(mutex_);
  explanation_ = std::make_unique<Explanation>();
  explanation_->is = {Explained::State::asked, epoch_now, nullptr};
  explaining_ = Explained::State::asked;
}

void Slot::explain(std::string text, Clock::time_point kept_until) {
  auto shared = std::make_shared<const std::string>(std::move(text));
  std::lock_guard lock(mutex_);
  if (!explanation_) return;
  explanation_->is.state = Explained::State::ready;
  explanation_->is.text = std::move(shared);
  explanation_->until = kept_until;
  explaining_ = Explained::State::ready;
}

Explained Slot::explained(Clock::time_point now) {
  std::unique_ptr<Explanation> old;  // freed after the lock is gone
  std::lock_guard lock(mutex_);
  if (!explanation_) return {};
  if (explanation_->is.state == Explained::State::asked || now < explanation_->until) return explanation_->is;
  old = std::move(explanation_);
  explaining_ = Explained::State::none;
  return {};
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
