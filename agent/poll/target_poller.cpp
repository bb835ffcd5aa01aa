#include "poll/target_poller.h"

#include <algorithm>
#include <cmath>

#include "core/give_back.h"
#include "core/labels.h"
#include "core/log.h"
#include "poll/common_labels.h"
#include "poll/status_families.h"
#include "poll/unknown_workers.h"

namespace tallyman::poll {
namespace {

// Bytes of its answers beyond which a poll leaves so much behind that it is worth looking for.
constexpr std::size_t large_poll = 4u << 20;

Endpoint endpoint_of(const config::Target& target, const map::Collector& collector) {
  Endpoint endpoint = target.endpoint;
  if (Session::logs_in(collector, target) && collector.login()->uses_auth) endpoint.auth = {};  // for the login only
  endpoint.body_limit = target.limits.body_bytes;
  return endpoint;
}

Gatherer::Options options_of(const config::Target& target) {
  return {.timeout = target.timeout,
          .pages = target.limits.pages,
          .follow_ups = target.limits.follow_ups,
          .memory = target.limits.memory()};
}

}  // namespace

TargetPoller::TargetPoller(LoopContext context, std::shared_ptr<const config::Target> target,
                           std::shared_ptr<const map::Collector> collector, std::shared_ptr<store::Slot> slot)
    : context_(context),
      settings_(std::move(target)),
      target_(*settings_),
      collector_(std::move(collector)),
      slot_(std::move(slot)),
      poll_times_(context.self.poll_times(collector_->name())),
      channel_(context.shared, endpoint_of(target_, *collector_)),
      session_(context.loop, collector_, target_,
               [this](std::shared_ptr<const Request> request, Clock::time_point by) {
                 return channel_.fetch(std::move(request), by);
               }),
      gatherer_(
          collector_,
          [this](std::shared_ptr<const Request> request, Clock::time_point by) {
            return session_.fetch(std::move(request), by);
          },
          options_of(target_)),
      ended_(std::make_shared<transport::OneShot>(context.loop.get_executor())),
      common_(std::make_shared<const store::Common>(common_of(target_, *collector_))),
      rules_(context.self, *collector_, target_.name.text),
      status_(status_common(*common_)) {}

void TargetPoller::cancel() {
  cancelled_ = true;
  channel_.cancel();
  if (resting_) resting_->end_later(transport::OneShot::Why::cancelled);
}

void TargetPoller::take_over(TargetPoller& predecessor, bool same_workers) {
  data_ = std::move(predecessor.data_);
  status_.take_over(predecessor.status_);
  starts_ = std::move(predecessor.starts_);
  log_limit_ = predecessor.log_limit_;
  if (same_workers) {
    workers_ = std::move(predecessor.workers_);
    // For the case that an optional request fails. What is asked less often than polled is asked anew.
    kept_ = std::move(predecessor.kept_);
    for (std::size_t i = 0; i < kept_.size(); ++i)
      if (collector_->requests()[i].every) kept_[i] = Kept{};
  }
  channel_.take_over(predecessor.channel_);
  session_.take_over(predecessor.session_);
  rules_.take_over(predecessor.rules_, same_workers);
}

Task<> TargetPoller::ended() { co_await transport::OneShot::wait(ended_); }

// One frame for all of a target's life, as thousands of them wait.
Task<> TargetPoller::run() {
  const auto wall = std::chrono::duration_cast<Nanoseconds>(std::chrono::system_clock::now().time_since_epoch());
  Schedule schedule(target_.name.text, target_.interval, Clock::now(), wall);
  Clock::time_point due = schedule.first();
  // A target is first due when the lookup of its name, started at load, has ended: a slow name
  // server costs the poll none of its time. Whether it failed the poll will tell.
  if (const std::string& host = target_.endpoint.first_hop().host; !cancelled_ && !host.empty()) {
    resting_ = std::make_shared<transport::OneShot>(context_.loop.get_executor());
    (void)co_await context_.resolver.resolve(host, Clock::now() + target_.timeout, context_.wheel, resting_);
    resting_.reset();
  }
  while (!cancelled_) {
    resting_ = std::make_shared<transport::OneShot>(context_.loop.get_executor());
    transport::OneShot::Why why;
    {
      const transport::TimerWheel::Entry entry(context_.wheel, due, resting_);
      why = co_await transport::OneShot::wait(resting_);
    }
    resting_.reset();
    if (why == transport::OneShot::Why::cancelled || cancelled_) break;
    const std::uint64_t skipped_before = schedule.skipped();
    Result<> polled = co_await poll_once();
    if (cancelled_) break;
    const Clock::time_point ended = Clock::now();
    if (polled)
      due = schedule.after_success(due, ended);
    else
      due = schedule.after_failure(due, ended, polled.error().retry_after);
    context_.figures.skipped += schedule.skipped() - skipped_before;
  }
  ended_->end_later(transport::OneShot::Why::done);
}

Task<Result<>> TargetPoller::poll_once(std::optional<Nanoseconds> within) {
  const Clock::time_point began = Clock::now();
  // Requests one after the other, pages and follow-ups may each need their time-out; together they
  // end before the next poll is due, or after three time-outs where that is longer.
  const Clock::time_point deadline = began + within.value_or(std::max(target_.interval, target_.timeout * 3));
  session_.begin_poll(deadline);
  if (slot_->explains()) begin_trace();
  ++context_.figures.in_flight;
  const bool known = std::exchange(repeatable_, false) && !trace_;
  Gathered gathered = co_await gatherer_.gather(context_.loop, began, deadline, kept_, known);
  --context_.figures.in_flight;
  if (cancelled_) co_return error(Stage::cancelled, "the agent stops or reloads");

  if (session_.failure() && !gathered.failed) gathered.failed = session_.failure();
  if (gathered.failed && gathered.failed->stage == Stage::cancelled) {
    keep_answers(gathered);
    co_return *gathered.failed;
  }
  status_.answered(gathered.body_bytes);
  std::optional<Error> failure = gathered.failed;
  if (failure && trace_) explain_rest(gathered);
  if (!failure && gathered.as_before) {
    show_again(began);
  } else if (!failure) {
    Result<Blocks> built = build(gathered, began);
    if (built)
      data_ = std::move(*built);
    else
      failure = built.error();
  }
  keep_answers(gathered);

  if (trace_) trace(gathered, failure);
  if (!gathered.failed) note_lost(gathered, began);
  publish(began, failure);
  if (gathered.memory > large_poll) give_back_free_memory();
  if (failure) co_return *failure;
  co_return Result<>();
}

Nanoseconds TargetPoller::max_age(std::size_t request) const {
  const Nanoseconds rhythm = std::max(target_.interval, collector_->requests()[request].every.value_or(Nanoseconds(0)));
  // What was set for the target holds for what is asked each interval; slower requests get their own.
  if (target_.max_age && rhythm == target_.interval) return *target_.max_age;
  return std::max(target_.max_age.value_or(Nanoseconds(0)), rhythm * 2);
}

// The answer is the one before, and so is what it gives; only its age is another.
void TargetPoller::show_again(Clock::time_point now) {
  for (const auto& block : data_)
    block->expires.store(block->expires.load(std::memory_order_relaxed) + (now - read_), std::memory_order_relaxed);
  for (Kept& kept : kept_) kept.read = now;
  read_ = now;
  repeatable_ = true;
  rules_.again();
}

// An optional request that failed: its last answers, while they are young enough.
void TargetPoller::use_held(Gathered& gathered, Clock::time_point now) {
  for (std::size_t i = 0; i < gathered.lost.size(); ++i) {
    if (!gathered.lost[i] || !kept_[i].valid) continue;
    if (target_.on_failure == config::OnFailure::drop || now - kept_[i].read >= max_age(i)) {
      kept_[i] = Kept{};
      continue;
    }
    gathered.answers[i] = std::move(kept_[i].answers);
    gathered.read[i] = kept_[i].read;
    gathered.lost_items[i] = std::move(kept_[i].lost_items);
    kept_[i] = Kept{};
  }
}

// Answers that may be used again: of requests with `every`, and of optional ones.
void TargetPoller::keep_answers(Gathered& gathered) {
  if (gathered.answers.empty()) return;  // done already
  const auto& requests = collector_->requests();
  for (std::size_t i = 0; i < requests.size(); ++i) {
    if (!requests[i].every && !requests[i].optional) continue;
    if (gathered.answers[i].empty()) continue;
    kept_[i] = Kept{std::move(gathered.answers[i]), gathered.read[i], true, gathered.lost_items[i]};
  }
}

Result<TargetPoller::Blocks> TargetPoller::build(Gathered& gathered, Clock::time_point now) {
  use_held(gathered, now);
  map::Collector::Lost lost(gathered.lost.size());
  for (std::size_t i = 0; i < lost.size(); ++i) lost[i] = gathered.lost[i] && gathered.answers[i].empty();
  Result<map::Output> result = mapped(gathered.answers, lost);
  if (!result) return result.error();
  map::Output& output = *result;
  // What is not kept goes before the layout, which takes as much again.
  keep_answers(gathered);
  map::Collector::Answers().swap(gathered.answers);
  if (gathered.memory > large_poll) give_back_free_memory();
  // What stays as it is until the answer is another: nothing went wrong, which is counted at each poll, nobody is
  // gone, whose grace passes, and all was read now.
  bool repeatable = collector_->body_only() && gathered.complete();
  rules_.note(output, repeatable);

  Blocks data;
  std::size_t samples = 0;
  while (builders_.size() < output.blocks.size())
    builders_.push_back(
        std::make_unique<store::BlockBuilder>(common_, builders_.empty() ? nullptr : builders_.back().get()));
  for (std::size_t i = 0; i < output.blocks.size(); ++i) {
    map::Block& block = output.blocks[i];
    Clock::time_point expires = Clock::time_point::max();
    for (const std::size_t request : block.requests)
      expires = std::min(expires, gathered.read[request] + max_age(request));
    if (i == 0) update_workers(output, unknown_workers(collector_->requests(), gathered), now);
    steady_start_times(block.batch);
    store::BlockBuilder::Built built = builders_[i]->build(std::move(block.batch), expires);
    samples += built.block->shape->prefix_bytes.size();
    const std::string where =
        i == 0 ? "target" : "target (" + collector_->requests()[block.requests.front()].name + ")";
    const auto count = [&](std::string_view reason, std::size_t n) {
      if (n == 0) return;
      repeatable = false;
      context_.self.rule_counter(collector_->name(), target_.name.text, where, reason) += n;
    };
    count("duplicate", built.duplicates);
    count("name", built.sanitised);
    count("limit", built.cut);
    count("conflict", built.clashes);
    count("orphan", built.orphans);
    data.push_back(std::move(built.block));
  }
  status_.gave(samples);
  repeatable_ = repeatable && workers_.tombstones() == 0;
  read_ = now;
  return data;
}

void TargetPoller::update_workers(map::Output& output, store::WorkerBook::Unknown unknown, Clock::time_point now) {
  if (!output.has_workers) return;
  // An answer without the list of workers at all, such as `{"error": ...}` with status 200, does not
  // say that they are gone; an empty list does.
  unknown.all = unknown.all || output.no_worker_list;
  const Nanoseconds grace = target_.worker_grace.value_or(output.grace.value_or(std::chrono::minutes(5)));
  SampleBatch& batch = output.blocks[0].batch;
  std::vector<store::WorkerBook::Known> known;
  known.reserve(output.workers.size());
  for (const map::WorkerEntry& worker : output.workers)
    known.push_back({batch.labels(worker.labels), batch.labels(worker.info), worker.enabled, worker.item});
  // Within the limits too: those that are gone give way to what the answers said.
  const std::size_t text = target_.limits.text();
  const store::Room room{target_.limits.samples - std::min(target_.limits.samples, output.samples),
                         text - std::min(text, output.text)};
  if (const std::size_t forgotten = workers_.update(known, unknown, grace, now, room, batch))
    context_.self.rule_counter(collector_->name(), target_.name.text, "target", "limit") += forgotten;
  workers_.count_gone(output.blocks[output.count_block].batch, output.offline_counts);
}

// Uptimes in whole seconds make start times jitter: within 2 s of the one shown, that one stays.
void TargetPoller::steady_start_times(SampleBatch& batch) {
  for (std::uint32_t f = 0; f < batch.families().size(); ++f) {
    const std::string& name = batch.families()[f].name;
    if (name != "tally_worker_start_timestamp_seconds" && name != "tally_target_start_timestamp_seconds") continue;
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const SampleBatch::Series& series = batch.series()[i];
      if (series.family != f) continue;
      const double value = batch.values()[i].real();
      const auto [shown, added] =
          starts_.try_emplace(name.substr(6, 6) + std::string(batch.labels(series.labels)), value);
      if (!added && std::abs(shown->second - value) <= 2.0)
        batch.set_value(i, Number::of(shown->second));
      else
        shown->second = value;
    }
  }
  if (starts_.size() > 2 * batch.size() + 1000) starts_.clear();  // workers that are long gone
}

// One line when the target turns bad and one when it is good again; never one per poll.
void TargetPoller::log_change(const std::optional<Error>& failure, Clock::time_point now) {
  if (!context_.logs) return;
  const std::optional<LogLimit::Line> line = log_limit_.note(failure.has_value(), now);
  if (!line) return;
  std::vector<log::Field> fields = {{"target", target_.name.text}};
  if (failure) {
    const bool drops = target_.on_failure == config::OnFailure::drop;
    fields.push_back({"reason", std::string(to_string(failure->stage))});
    fields.push_back({"detail", failure->detail});
    fields.push_back({"shown", drops || data_.empty() ? "nothing" : "last good values"});
    if (line->unsaid > 0) fields.push_back({"repeats", line->unsaid});
    log::write(log::Level::warn, "target is down", fields);
  } else {
    fields.push_back({"failed_polls", status_.health().failures});
    log::write(log::Level::info, "target is up again", fields);
  }
}

// Optional requests and follow-ups that failed: counted at every poll, logged when they turn.
void TargetPoller::note_lost(const Gathered& gathered, Clock::time_point now) {
  lost_limits_.resize(gathered.lost.size());
  for (std::size_t i = 0; i < lost_limits_.size(); ++i) {
    const std::optional<Error>& lost = gathered.lost[i];
    if (lost) status_.count(lost->stage);
    const std::optional<LogLimit::Line> line = lost_limits_[i].note(lost.has_value(), now);
    if (!line || !context_.logs) continue;
    std::vector<log::Field> fields = {{"target", target_.name.text}, {"request", collector_->requests()[i].name}};
    if (lost) {
      fields.push_back({"reason", std::string(to_string(lost->stage))});
      fields.push_back({"detail", lost->detail});
      if (line->unsaid > 0) fields.push_back({"repeats", line->unsaid});
      log::write(log::Level::warn, "an optional request failed", fields);
    } else {
      log::write(log::Level::info, "an optional request is answered again", fields);
    }
  }
  if (gathered.item_error) status_.count(gathered.item_error->stage, gathered.items_lost);
}

void TargetPoller::publish(Clock::time_point began, const std::optional<Error>& failure) {
  const Clock::time_point now = Clock::now();
  const double took = std::chrono::duration<double>(now - began).count();
  poll_times_.observe(took);
  ++context_.figures.polls;
  log_change(failure, now);

  if (failure) {
    ++context_.figures.failed;
    if (target_.on_failure == config::OnFailure::drop) data_.clear();
    status_.bad(*failure);
  } else {
    status_.good();
  }
  if (const std::uint32_t conflicts = slot_->conflicts.load(std::memory_order_relaxed))
    status_.count(Stage::conflict, conflicts);

  auto snapshot = std::make_shared<store::Snapshot>();
  snapshot->target = target_.name.text;
  snapshot->blocks.reserve(data_.size() + 1);
  snapshot->blocks = data_;
  snapshot->blocks.push_back(status_.block(took));
  slot_->publish(std::move(snapshot), status_.health());
}

}  // namespace tallyman::poll
