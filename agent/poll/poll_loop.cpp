#include "poll/poll_loop.h"

#include <pthread.h>

#include <boost/asio/post.hpp>

namespace tallyman::poll {

PollLoop::PollLoop(transport::Resolver& resolver, store::SelfMetrics& self, store::LoopFigures& figures)
    : figures_(figures),
      context_{loop_, wheel_, resolver, transport::make_shared_state(loop_, wheel_, resolver), figures, self} {}

PollLoop::~PollLoop() {
  stop();
  join();
}

void PollLoop::add(config::Target target, std::shared_ptr<const map::Collector> collector,
                   std::shared_ptr<store::Slot> slot) {
  pollers_.push_back(
      std::make_unique<TargetPoller>(context_, std::move(target), std::move(collector), std::move(slot)));
}

// A tick a second shows that the loop lives (for /livez) and how late it is.
Task<> PollLoop::heartbeat() {
  constexpr std::chrono::seconds rhythm(1);
  constexpr std::int64_t window = 60;
  std::int64_t worst_before = 0, worst = 0;
  for (std::int64_t tick = 1;; ++tick) {
    const Clock::time_point due = Clock::now() + rhythm;
    figures_.last_tick_ns = Clock::now().time_since_epoch().count();
    Result<> slept = co_await wheel_.sleep_until(due);
    if (!slept) co_return;
    worst = std::max<std::int64_t>(worst, (Clock::now() - due).count());
    figures_.lag_ns = std::max(worst, worst_before);
    if (tick % window == 0) {
      worst_before = worst;
      worst = 0;
    }
  }
}

void PollLoop::start() {
  figures_.last_tick_ns = Clock::now().time_since_epoch().count();
  nursery_.spawn(heartbeat());
  for (const auto& poller : pollers_) nursery_.spawn(poller->run());
  // The thread ends by itself when the nursery is empty: there is nothing else on the loop.
  thread_ = std::thread([this] {
    ::pthread_setname_np(::pthread_self(), "poll");
    loop_.run();
  });
}

void PollLoop::stop() {
  if (stopping_ || !thread_.joinable()) return;
  stopping_ = true;
  boost::asio::post(loop_, [this] {
    wheel_.stop();
    for (const auto& poller : pollers_) poller->cancel();
  });
}

void PollLoop::join() {
  if (thread_.joinable()) thread_.join();
}

}  // namespace tallyman::poll
