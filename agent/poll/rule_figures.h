// What the rules of one target gave, and what they did not, poll by poll: counted for the agent's own metrics, and said
// in the log when a rule finds nothing to read any more. Runs on the target's loop; knows no answer and no clock.
#pragma once
#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "map/collector.h"
#include "poll/drift.h"
#include "store/self_metrics.h"

namespace tallyman::poll {

class RuleFigures {
 public:
  // `collector` and `self` outlive it.
  RuleFigures(store::SelfMetrics& self, const map::Collector& collector, std::string target)
      : self_(self), collector_(collector), target_(std::move(target)) {}

  // After a good poll. `may_repeat`: it is remembered for again().
  void note(const map::Output& output, bool may_repeat);
  // After one that gave what the one before gave.
  void again() { note(last_.counts, last_.found); }
  // What that of the target's poller before this one still shows is gone on with, or ends.
  void take_over(RuleFigures& predecessor, bool same_rules);

 private:
  struct Given {
    std::vector<map::RuleCount> counts;
    std::vector<map::RuleFound> found;
  };
  void note(const std::vector<map::RuleCount>& counts, const std::vector<map::RuleFound>& found);
  void count(const std::vector<map::RuleCount>& counts, const std::vector<map::RuleFound>& found);
  void watch(const std::vector<map::RuleFound>& found);

  store::SelfMetrics& self_;
  const map::Collector& collector_;
  const std::string target_;
  Given last_;
  Drift drift_;
  // Counters of what rules did not give, by rule and reason; null until there was one.
  std::vector<std::array<std::atomic<std::uint64_t>*, map::reason_count>> lost_;
  std::vector<std::atomic<std::uint64_t>*> matched_;       // by rule
  std::vector<std::atomic<std::uint64_t>*> absent_;        // by rule; null until it was
  std::vector<store::SelfMetrics::Unmatched*> unmatched_;  // by rule; null until it was
};

}  // namespace tallyman::poll
