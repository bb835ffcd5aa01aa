// The agent's own figures, `tallyman_*` and `process_*`. Counted where things happen, by any
// thread; rendered when they are asked for.
#pragma once
#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "core/batch.h"
#include "store/snapshot.h"

namespace tallyman::store {

// What the polls of one collector cost, a histogram in seconds.
class PollTimes {
 public:
  static constexpr std::array<double, 12> bounds = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                                    0.1,   0.25,   0.5,   1,    2.5,   10};
  void observe(double seconds);

 private:
  friend class SelfMetrics;
  std::array<std::atomic<std::uint64_t>, bounds.size() + 1> counts_{};
  std::atomic<std::uint64_t> nanoseconds_{0};
};

// One poll loop, as it sees itself.
struct LoopFigures {
  std::atomic<std::int64_t> last_tick_ns{0};  // steady clock; for /livez
  std::atomic<std::int64_t> lag_ns{0};        // largest lateness of a tick in the last minute
  std::atomic<std::uint64_t> polls{0};        // ended, well or not
  std::atomic<std::uint64_t> failed{0};
  std::atomic<std::uint64_t> skipped{0};  // ticks that passed while a poll was still running
  std::atomic<std::int64_t> in_flight{0};
};

class SelfMetrics {
 public:
  explicit SelfMetrics(std::string version);

  // Live as long as this object.
  PollTimes& poll_times(const std::string& collector);
  LoopFigures& loop(std::size_t index);
  std::size_t loops() const;

  // What a rule did not give, by reason (`type`, `missing`, ...). The counter lives as long as this
  // object: a caller that counts at every poll keeps the reference.
  std::atomic<std::uint64_t>& rule_counter(const std::string& collector, const std::string& target,
                                           const std::string& rule, std::string_view reason);
  // Items that a rule found, of all targets of the collector together. Lives as long as this object.
  std::atomic<std::uint64_t>& rule_matched(const std::string& collector, const std::string& rule);
  // Good polls in a row in which a rule of a target found nothing; shown while there are some.
  struct Unmatched {
    std::atomic<std::uint64_t> polls{0};
    std::atomic<bool> absent{false};  // nothing is where it looks; else it is there and empty
  };
  Unmatched& rule_unmatched(const std::string& collector, const std::string& target, const std::string& rule);
  // One line per rule and reason, for people: `workers[0]: 3 x type (..)`.
  std::vector<std::string> rule_notes() const;
  void set_targets(std::size_t count) { targets_ = count; }
  // What was counted of its rules is no longer shown, until one counts again.
  void forget_target(const std::string& target);
  // The configuration was read again; before, it is as it was at the start: well.
  void reloaded(bool well);

  // Everything, as samples without `system` and `target`.
  void collect(SampleBatch& batch) const;

 private:
  const std::string version_;
  std::atomic<std::size_t> targets_{0};
  mutable std::mutex mutex_;
  std::map<std::string, std::unique_ptr<PollTimes>> poll_times_;
  std::vector<std::unique_ptr<LoopFigures>> loops_;
  struct RuleCounter {
    std::atomic<std::uint64_t> n{0};
    bool shown = true;  // else its target is gone; who holds the reference may still count
  };
  std::map<std::tuple<std::string, std::string, std::string, std::string>, RuleCounter> rules_;
  std::map<std::pair<std::string, std::string>, std::atomic<std::uint64_t>> matched_;  // collector, rule
  std::map<std::tuple<std::string, std::string, std::string>, Unmatched> unmatched_;   // and target between them
  std::atomic<bool> reload_well_{true};
  std::atomic<double> reload_time_;  // epoch seconds, of the last that was well
};

}  // namespace tallyman::store
