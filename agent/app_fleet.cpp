#include "app_fleet.h"

#include <algorithm>
#include <set>

#include "core/log.h"

namespace tallyman {

Fleet::Fleet(store::Store& store, store::SelfMetrics& self, transport::Resolver& resolver, int threads)
    : store_(store), self_(self), targets_of_loop_(static_cast<std::size_t>(threads)) {
  for (std::size_t i = 0; i < targets_of_loop_.size(); ++i)
    loops_.push_back(std::make_unique<poll::PollLoop>(resolver, self_, self_.loop(i), targets_of_loop_.size()));
}

std::size_t Fleet::emptiest_loop() const {
  return static_cast<std::size_t>(std::min_element(targets_of_loop_.begin(), targets_of_loop_.end()) -
                                  targets_of_loop_.begin());
}

Fleet::Change Fleet::apply(std::vector<RunnableTarget> targets) {
  Change change;
  std::set<std::string> wanted;
  for (const RunnableTarget& runnable : targets) wanted.insert(runnable.target.name.text);
  for (auto at = running_.begin(); at != running_.end();) {
    if (wanted.contains(at->first)) {
      ++at;
      continue;
    }
    loops_[at->second.loop]->remove(at->first);
    store_.remove(at->first);
    self_.forget_target(at->first);  // at once; a poll that counts just now is forgotten by its loop
    --targets_of_loop_[at->second.loop];
    at = running_.erase(at);
    ++change.removed;
  }
  for (RunnableTarget& runnable : targets) poll(std::move(runnable), change);
  self_.set_targets(running_.size());
  return change;
}

void Fleet::poll(RunnableTarget runnable, Change& change) {
  const std::string name = runnable.target.name.text;
  const auto [at, added] = running_.try_emplace(name);
  Running& running = at->second;
  const bool same_collector = !added && running.collector_hash == runnable.collector_hash;
  if (same_collector && *running.target == runnable.target) {
    ++change.kept;
    return;
  }
  if (runnable.target.endpoint.tls.insecure)
    log::warn("certificates of this target are not verified", {{"target", name}});

  poll::PolledTarget polled;
  polled.target = std::make_shared<const config::Target>(std::move(runnable.target));
  polled.collector = std::move(runnable.collector);
  polled.slot = store_.add(name);
  if (added) {
    running.loop = emptiest_loop();
    ++targets_of_loop_[running.loop];
    ++change.added;
  } else {
    polled.same_workers = same_collector && running.target->endpoint.url == polled.target->endpoint.url &&
                          running.target->with == polled.target->with;
    ++change.changed;
  }
  running.target = polled.target;
  running.collector_hash = runnable.collector_hash;
  loops_[running.loop]->add(std::move(polled));
}

void Fleet::start() {
  for (const auto& loop : loops_) loop->start();
}

void Fleet::stop() {
  for (const auto& loop : loops_) loop->stop();
}

void Fleet::join() {
  for (const auto& loop : loops_) loop->join();
  loops_.clear();
}

}  // namespace tallyman
