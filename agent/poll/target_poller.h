// One target: its schedule, its connection, its collector, what it showed last. Runs on one loop as
// one coroutine; what it learns it publishes to its slot in the store.
#pragma once
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "config/agent_config.h"
#include "map/collector.h"
#include "poll/gather.h"
#include "poll/log_limit.h"
#include "poll/poll_trace.h"
#include "poll/rule_figures.h"
#include "poll/schedule.h"
#include "poll/session.h"
#include "poll/target_status.h"
#include "store/self_metrics.h"
#include "store/shape_builder.h"
#include "store/store.h"
#include "store/workers.h"
#include "transport/channel.h"

namespace tallyman::poll {

// What the pollers of one loop share.
struct LoopContext {
  Loop& loop;
  transport::TimerWheel& wheel;
  transport::Resolver& resolver;
  std::shared_ptr<transport::Shared> shared;
  store::LoopFigures& figures;
  store::SelfMetrics& self;
  bool logs = true;  // when a target turns bad and good; not for probes, of which the asker is told
};

class TargetPoller {
 public:
  TargetPoller(LoopContext context, std::shared_ptr<const config::Target> target,
               std::shared_ptr<const map::Collector> collector, std::shared_ptr<store::Slot> slot);

  // Polls until the loop's wheel is stopped or cancel() was called.
  Task<> run();
  // Ends when run() has; for one waiter.
  Task<> ended();
  // Before run(): what that one, which has ended, showed and counted is gone on with. `same_workers`: it asks
  // the same, and so knows too which workers are gone, and the last good answers of optional requests.
  void take_over(TargetPoller& predecessor, bool same_workers);
  // One poll, now; what it gave is in the slot. Used by run() and by `tallyman probe`.
  // `within`: all its requests together, instead of what the interval allows.
  Task<Result<>> poll_once(std::optional<Nanoseconds> within = std::nullopt);
  // The next poll says what it did.
  void trace_next(std::shared_ptr<PollTrace> into) { trace_ = std::move(into); }
  void cancel();

  const config::Target& target() const { return *settings_; }

 private:
  using Blocks = std::vector<std::shared_ptr<const store::Block>>;

  Result<Blocks> build(Gathered& gathered, Clock::time_point now);
  Result<map::Output> mapped(const map::Collector::Answers& answers, const map::Collector::Lost& lost) const;
  void begin_trace();
  void explain_rest(const Gathered& gathered);
  void trace(const Gathered& gathered, const std::optional<Error>& failure);
  void keep_answers(Gathered& gathered);
  void use_held(Gathered& gathered, Clock::time_point now);
  void steady_start_times(SampleBatch& batch);
  void update_workers(map::Output& output, store::WorkerBook::Unknown unknown, Clock::time_point now);
  void show_again(Clock::time_point now);
  void publish(Clock::time_point began, const std::optional<Error>& failure);
  Nanoseconds max_age(std::size_t request) const;
  void log_change(const std::optional<Error>& failure, Clock::time_point now);
  void note_lost(const Gathered& gathered, Clock::time_point now);

  LoopContext context_;
  const std::shared_ptr<const config::Target> settings_;
  const config::Target& target_;  // *settings_
  const std::shared_ptr<const map::Collector> collector_;
  const std::shared_ptr<store::Slot> slot_;
  store::PollTimes& poll_times_;
  transport::Channel channel_;
  Session session_;
  Gatherer gatherer_;
  bool cancelled_ = false;
  std::shared_ptr<transport::OneShot> resting_;  // while it waits for its next poll
  const std::shared_ptr<transport::OneShot> ended_;

  std::vector<Kept> kept_;
  bool repeatable_ = false;   // an answer like the last one gives what is shown
  Clock::time_point read_{};  // when that was asked for
  const std::shared_ptr<const store::Common> common_;
  std::vector<std::unique_ptr<store::BlockBuilder>> builders_;  // per block of the collector's output
  store::WorkerBook workers_;
  RuleFigures rules_;
  std::shared_ptr<PollTrace> trace_;                // of this poll or the next; mostly none
  std::unordered_map<std::string, double> starts_;  // tally_worker_start as shown, by label text

  Blocks data_;  // of the last good poll, as shown
  TargetStatus status_;
  LogLimit log_limit_;
  std::vector<LogLimit> lost_limits_;  // per request: of optional ones that fail
};

}  // namespace tallyman::poll
