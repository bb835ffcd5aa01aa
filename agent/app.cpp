#include "app.h"

#include <pthread.h>
#include <sys/resource.h>

#include <csignal>
#include <ctime>

#include "core/log.h"
#include "exposition/exposition.h"
#include "poll/poll_loop.h"
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
  explicit Agent(Runnable runnable)
      : runnable_(std::move(runnable)), self_(TALLYMAN_VERSION), self_builder_(store::Common{}) {}

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
    build_loops();
    server_->start();
    log::info("listening", {{"address", server_->address()},
                            {"targets", std::to_string(store_.slots().size())},
                            {"version", TALLYMAN_VERSION}});
    for (const auto& loop : loops_) loop->start();
    wait(signals);
    stop();
    return 0;
  }

 private:
  void build_loops() {
    for (const auto& [name, file] : runnable_.replaced)
      log::info("a collector of yours replaces the built-in one", {{"collector", name}, {"file", file}});
    const auto threads = static_cast<std::size_t>(runnable_.agent.threads);
    for (std::size_t i = 0; i < threads; ++i)
      loops_.push_back(std::make_unique<poll::PollLoop>(resolver_, self_, self_.loop(i)));
    self_.set_targets(runnable_.targets.size());
    std::size_t next = 0;
    for (RunnableTarget& runnable : runnable_.targets) {
      const Url& hop = runnable.target.endpoint.first_hop();
      if (!hop.host.empty()) resolver_.prefetch(hop.host);
      if (runnable.target.endpoint.tls.insecure)
        log::warn("certificates of this target are not verified", {{"target", runnable.target.name.text}});
      auto slot = store_.add(runnable.target.name.text);
      loops_[next++ % threads]->add(std::move(runnable.target), std::move(runnable.collector), std::move(slot));
    }
    runnable_.targets.clear();
  }

  void wait(const sigset_t& signals) {
    for (;;) {
      int signal = 0;
      if (::sigwait(&signals, &signal) != 0) continue;
      if (signal == SIGHUP) {
        log::warn("SIGHUP: the configuration is read at start only; restart to load a changed one");
        continue;
      }
      log::info("stopping", {{"signal", signal == SIGTERM ? "SIGTERM" : "SIGINT"}});
      return;
    }
  }

  void stop() {
    for (const auto& loop : loops_) loop->stop();
    server_->stop();
    for (const auto& loop : loops_) loop->join();
    loops_.clear();
    log::info("stopped");
  }

  serve::Handlers handlers() {
    serve::Handlers h;
    h.version = TALLYMAN_VERSION;
    h.snapshots = [this](const std::string& target, bool own) { return snapshots(target, own); };
    h.live = [this] { return live(); };
    h.ready = [this] { return ready(); };
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

  std::vector<serve::Check> ready() {
    constexpr std::size_t named = 5;
    std::size_t waiting = 0;
    std::string names;
    for (const auto& slot : store_.slots()) {
      if (slot->health().attempted) continue;
      if (++waiting <= named) names += (names.empty() ? "" : ", ") + slot->target();
    }
    if (waiting > named) names += " and " + std::to_string(waiting - named) + " more";
    const bool late = Clock::now() - started_ >= ready_after;
    return {{"targets", waiting == 0 || late, "not polled yet: " + names}};
  }

  std::optional<serve::Check> target_health(const std::string& target) {
    const auto slot = store_.find(target);
    if (!slot) return std::nullopt;
    const store::Health health = slot->health();
    if (!health.attempted) return serve::Check{target, false, "not polled yet"};
    return serve::Check{target, health.up, std::string(to_string(health.reason)) + ": " + health.detail};
  }

  Runnable runnable_;
  store::Store store_;
  store::SelfMetrics self_;
  store::BlockBuilder self_builder_;
  transport::Resolver resolver_;
  std::vector<std::unique_ptr<poll::PollLoop>> loops_;
  std::unique_ptr<serve::Server> server_;
  Clock::time_point started_;
};

Task<> poll_into(poll::TargetPoller& poller, Result<>& out) { out = co_await poller.poll_once(); }

}  // namespace

void raise_file_limit() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= files.rlim_max) return;
  files.rlim_cur = files.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &files) != 0)
    log::warn("cannot raise the limit of open files; many targets may run into it");
}

int run_agent(Runnable runnable) {
  raise_file_limit();
  Agent agent(std::move(runnable));
  return agent.run();
}

ProbeResult probe_target(RunnableTarget target, bool openmetrics) {
  std::signal(SIGPIPE, SIG_IGN);
  Loop loop(1);
  transport::TimerWheel wheel(loop);
  transport::Resolver resolver;
  store::SelfMetrics self(TALLYMAN_VERSION);
  auto slot = std::make_shared<store::Slot>(target.target.name.text);
  poll::LoopContext context{loop,         wheel, resolver, transport::make_shared_state(loop, wheel, resolver),
                            self.loop(0), self};
  ProbeResult out;
  Result<> polled = error(Stage::internal, "the poll did not end");
  {
    poll::TargetPoller poller(context, std::move(target.target), std::move(target.collector), slot);
    poll::Nursery nursery(loop);
    nursery.spawn(poll_into(poller, polled));
    loop.run();
  }
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
