#include "app.h"

#include <malloc.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <ctime>

#include "app_explain.h"
#include "app_fleet.h"
#include "app_probe.h"
#include "app_reload.h"
#include "core/give_back.h"
#include "core/log.h"
#include "exposition/exposition.h"
#include "serve/server.h"
#include "store/self_metrics.h"
#include "store/store.h"

namespace tallyman {
namespace {

using store::Clock;

// After this long a target that has not answered does not keep the agent from being ready.
constexpr std::chrono::seconds ready_after(10);
// A loop that has not ticked for so long is stuck: the only reason to be restarted.
constexpr std::chrono::seconds stuck_after(30);

class Agent {
 public:
  Agent(Runnable runnable, AgentOptions options)
      : runnable_(std::move(runnable)),
        options_(std::move(options)),
        reload_(options_.origin, std::move(options_.files), runnable_.agent),
        self_(TALLYMAN_VERSION),
        self_builder_(store::own_common()),
        fleet_(store_, self_, resolver_, runnable_.agent.threads),
        prober_(resolver_) {}

  int run() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int s : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, s);
    ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // inherited by every thread made below
    std::signal(SIGPIPE, SIG_IGN);

    serve::Options options;
    options.listen = runnable_.agent.listen.text;
    auto server = serve::Server::listen(options, handlers());
    if (!server) {
      log::error(server.error().detail);
      return server.error().stage == Stage::config ? 2 : 1;
    }
    server_ = std::move(*server);
    started_ = Clock::now();
    for (const auto& [name, file] : runnable_.replaced)
      log::info("a collector of yours replaces the built-in one", {{"collector", name}, {"file", file}});
    prober_.apply(runnable_);
    fleet_.apply(std::move(runnable_.targets));
    give_back_free_memory();  // of what files were read to
    server_->start();
    log::info("listening",
              {{"address", server_->address()}, {"targets", store_.slots().size()}, {"version", TALLYMAN_VERSION}});
    fleet_.start();
    control(signals);
    stop();
    return 0;
  }

 private:
  // Until a signal says stop. A request to reload comes as SIGHUP too, so that all are worked off here, one after
  // the other, and many that come together are one.
  void control(const sigset_t& signals) {
    Clock::time_point look = Clock::now() + options_.auto_reload.value_or(Nanoseconds(0));
    for (;;) {
      int signal = next_signal(signals, look);
      if (signal == SIGHUP) signal = end_pending().value_or(SIGHUP);
      if (signal == SIGHUP) {
        reload();
      } else if (signal == SIGTERM || signal == SIGINT) {
        log::info("stopping", {{"signal", signal == SIGTERM ? "SIGTERM" : "SIGINT"}});
        return;
      }
      if (!options_.auto_reload || Clock::now() < look) continue;
      if (reload_.files_changed()) reload();
      look = Clock::now() + *options_.auto_reload;
    }
  }

  // Of pending signals the lowest number comes first, and that is SIGHUP: who sends it without end must not keep the
  // agent from stopping.
  static std::optional<int> end_pending() {
    sigset_t ends;
    sigemptyset(&ends);
    for (const int s : {SIGTERM, SIGINT}) sigaddset(&ends, s);
    const timespec at_once{0, 0};
    const int signal = ::sigtimedwait(&ends, nullptr, &at_once);
    return signal > 0 ? std::optional(signal) : std::nullopt;
  }

  // 0 when it is time to look at the files, or for nothing.
  int next_signal(const sigset_t& signals, Clock::time_point look) const {
    int signal = 0;
    if (!options_.auto_reload) return ::sigwait(&signals, &signal) == 0 ? signal : 0;
    const auto left = std::max(Nanoseconds(0), Nanoseconds(look - Clock::now()));
    const auto whole = std::chrono::duration_cast<std::chrono::seconds>(left);
    const timespec wait{static_cast<time_t>(whole.count()), static_cast<long>((left - whole).count())};
    signal = ::sigtimedwait(&signals, nullptr, &wait);
    return std::max(signal, 0);
  }

  void reload() {
    const std::vector<Waiting::Done> waiting = waiting_.take();
    const Clock::time_point began = Clock::now();
    serve::Reloaded outcome;
    std::optional<Runnable> wanted = reload_.read(outcome.text);
    outcome.ok = wanted.has_value();
    self_.reloaded(outcome.ok);
    if (outcome.ok) {
      log::configure(wanted->agent.log_level, wanted->agent.log_form);
      (void)ready();  // notes that it was, before there are targets that were not polled yet
      prober_.apply(*wanted);
      const Fleet::Change change = fleet_.apply(std::move(wanted->targets));
      give_back_free_memory();
      log::info("the configuration was reloaded", {{"added", change.added},
                                                   {"changed", change.changed},
                                                   {"removed", change.removed},
                                                   {"kept", change.kept},
                                                   {"took_ms", (Clock::now() - began) / std::chrono::milliseconds(1)}});
    } else {
      log::error("the configuration was not reloaded: the one before still runs");
    }
    for (const Waiting::Done& done : waiting) done(outcome);
  }

  void stop() {
    for (const Waiting::Done& done : waiting_.close()) done({false, "the agent stops\n"});
    fleet_.stop();
    prober_.stop();
    server_->stop();
    fleet_.join();
    log::info("stopped");
  }

  serve::Handlers handlers() {
    serve::Handlers h;
    h.version = TALLYMAN_VERSION;
    h.snapshots = [this](const std::string& target, bool own) { return snapshots(target, own); };
    if (options_.enable_lifecycle)
      h.reload = [this](Waiting::Done done) {
        if (!waiting_.add(done)) return done({false, "the agent stops\n"});
        ::kill(::getpid(), SIGHUP);  // blocked everywhere but in control()
      };
    h.probe = [this](serve::ProbeQuestion question, Prober::Done done) {
      prober_.ask(std::move(question), std::move(done));
    };
    h.explain = [this](const std::string& target, bool again) { return explaining_.ask(target, again); };
    h.live = [this] { return live(); };
    h.ready = [this] { return ready(); };
    h.configuration = [this] {
      serve::Configuration configuration = reload_.outcome();
      prober_.offer(configuration);
      return configuration;
    };
    h.target_health = [this](const std::string& target) { return target_health(target); };
    h.targets = [this] {
      std::vector<std::string> names;
      for (const auto& slot : store_.slots()) names.push_back(slot->target());
      return names;
    };
    h.conflicts = [this](const std::vector<std::string>& targets) {
      for (const auto& slot : store_.slots()) slot->conflicts = 0;
      for (const std::string& target : targets)
        if (const auto slot = store_.find(target)) ++slot->conflicts;
    };
    return h;
  }

  std::optional<std::vector<store::SnapshotPtr>> snapshots(const std::string& target, bool own) {
    if (!target.empty()) {
      const auto slot = store_.find(target);
      if (!slot) return std::nullopt;
      std::vector<store::SnapshotPtr> one;
      if (auto snapshot = slot->pin()) one.push_back(std::move(snapshot));
      return one;
    }
    auto all = store_.pin();
    if (own) all.push_back(own_snapshot());
    return all;
  }

  // On the serve thread only, as all handlers.
  store::SnapshotPtr own_snapshot() {
    SampleBatch batch;
    self_.collect(batch);
    auto snapshot = std::make_shared<store::Snapshot>();
    snapshot->blocks.push_back(self_builder_.build(batch, Clock::time_point::max()).block);
    return snapshot;
  }

  std::vector<serve::Check> live() {
    std::vector<serve::Check> checks;
    const std::int64_t now = Clock::now().time_since_epoch().count();
    for (std::size_t i = 0; i < self_.loops(); ++i) {
      const std::int64_t last = self_.loop(i).last_tick_ns;
      const auto silent = std::chrono::nanoseconds(now - last);
      checks.push_back({"loop-" + std::to_string(i), last == 0 || silent < stuck_after,
                        "no tick for " + std::to_string(silent / std::chrono::seconds(1)) + " s"});
    }
    return checks;
  }

  // Once ready, always: targets that a reload adds do not take the agent out of service. On any thread.
  std::vector<serve::Check> ready() {
    if (been_ready_) return {{"targets", true, ""}};
    constexpr std::size_t named = 5;
    std::size_t waiting = 0;
    std::string names;
    for (const auto& slot : store_.slots()) {
      if (slot->health().attempted) continue;
      if (++waiting <= named) names += (names.empty() ? "" : ", ") + slot->target();
    }
    if (waiting > named) names += " and " + std::to_string(waiting - named) + " more";
    const bool late = Clock::now() - started_ >= ready_after;
    if (waiting == 0 || late) been_ready_ = true;
    return {{"targets", been_ready_, "not polled yet: " + names}};
  }

  std::optional<serve::Check> target_health(const std::string& target) {
    const auto slot = store_.find(target);
    if (!slot) return std::nullopt;
    const store::Health health = slot->health();
    if (!health.attempted) return serve::Check{target, false, "not polled yet"};
    return serve::Check{target, health.up, std::string(to_string(health.reason)) + ": " + health.detail};
  }

  Runnable runnable_;
  AgentOptions options_;
  Reload reload_;
  Waiting waiting_;
  store::Store store_;
  store::SelfMetrics self_;
  store::BlockBuilder self_builder_;
  transport::Resolver resolver_;
  Fleet fleet_;
  Prober prober_;
  Explaining explaining_{store_};
  std::unique_ptr<serve::Server> server_;
  Clock::time_point started_;
  std::atomic<bool> been_ready_{false};
};

Task<> poll_into(poll::TargetPoller& poller, Result<>& out) { out = co_await poller.poll_once(); }

}  // namespace

// Large answers are freed to the system, not kept: without this glibc raises its own threshold with the
// first large block it frees, and keeps all that come after.
void keep_no_large_blocks() {
#ifdef __GLIBC__
  ::mallopt(M_MMAP_THRESHOLD, 512 * 1024);
  ::mallopt(M_TRIM_THRESHOLD, 1024 * 1024);
#endif
}

void raise_file_limit() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= files.rlim_max) return;
  files.rlim_cur = files.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &files) != 0)
    log::warn("cannot raise the limit of open files; many targets may run into it");
}

int run_agent(Runnable runnable, AgentOptions options) {
  raise_file_limit();
  keep_no_large_blocks();
  Agent agent(std::move(runnable), std::move(options));
  return agent.run();
}

namespace {

Result<> poll_alone(RunnableTarget target, store::SelfMetrics& self, std::shared_ptr<store::Slot> slot,
                    std::shared_ptr<poll::PollTrace> trace) {
  std::signal(SIGPIPE, SIG_IGN);
  Loop loop(1);
  transport::TimerWheel wheel(loop);
  transport::Resolver resolver;
  poll::LoopContext context{loop,         wheel, resolver, transport::make_shared_state(loop, wheel, resolver),
                            self.loop(0), self};
  Result<> polled = error(Stage::internal, "the poll did not end");
  poll::TargetPoller poller(context, std::make_shared<const config::Target>(std::move(target.target)),
                            std::move(target.collector), std::move(slot));
  poller.trace_next(std::move(trace));
  poll::Nursery nursery(loop);
  nursery.spawn(poll_into(poller, polled));
  loop.run();
  return polled;
}

}  // namespace

poll::PollTrace explain_target(RunnableTarget target) {
  store::SelfMetrics self(TALLYMAN_VERSION);
  const auto slot = std::make_shared<store::Slot>(target.target.name.text);
  const auto trace = std::make_shared<poll::PollTrace>();
  const Result<> polled = poll_alone(std::move(target), self, slot, trace);
  if (!polled) trace->failed = polled.error();
  return std::move(*trace);
}

ProbeResult probe_target(RunnableTarget target, bool openmetrics) {
  store::SelfMetrics self(TALLYMAN_VERSION);
  auto slot = std::make_shared<store::Slot>(target.target.name.text);
  ProbeResult out;
  const Result<> polled = poll_alone(std::move(target), self, slot, nullptr);
  out.ok = polled.has_value();
  if (!out.ok) out.reason = std::string(to_string(polled.error().stage)) + ": " + polled.error().detail;
  std::vector<store::SnapshotPtr> snapshots;
  if (auto snapshot = slot->pin()) snapshots.push_back(std::move(snapshot));
  const auto planned = exposition::plan_for(snapshots, nullptr);
  for (const auto& conflict : planned.conflicts) out.notes.push_back(conflict.family + ": " + conflict.why);
  exposition::Scrape scrape(snapshots, planned.plan,
                            openmetrics ? exposition::Format::openmetrics : exposition::Format::text, false,
                            Clock::now());
  for (std::string block; scrape.next(block);) out.text += block;
  for (const auto& note : self.rule_notes()) out.notes.push_back(note);
  return out;
}

}  // namespace tallyman
