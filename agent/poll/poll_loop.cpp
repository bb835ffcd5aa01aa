#include "poll/poll_loop.h"

#include <pthread.h>

#include <boost/asio/post.hpp>
#include <utility>

namespace tallyman::poll {

PollLoop::PollLoop(transport::Resolver& resolver, store::SelfMetrics& self, store::LoopFigures& figures,
                   std::size_t loops)
    : figures_(figures),
      context_{loop_, wheel_, resolver, transport::make_shared_state(loop_, wheel_, resolver, loops), figures, self} {}

PollLoop::~PollLoop() {
  stop();
  join();
}

namespace {

// Polls to the end of `poller`, after that of the one whose place it takes.
Task<> live(std::shared_ptr<TargetPoller> poller, std::shared_ptr<TargetPoller> predecessor, bool same_workers) {
  if (predecessor) {
    co_await predecessor->ended();
    poller->take_over(*predecessor, same_workers);
    predecessor.reset();
  }
  co_await poller->run();
}

}  // namespace

void PollLoop::add(PolledTarget polled) {
  boost::asio::post(loop_, [this, polled = std::move(polled)]() mutable { take(std::move(polled)); });
}

void PollLoop::take(PolledTarget polled) {
  if (wheel_.stopped()) return;
  auto poller = std::make_shared<TargetPoller>(context_, std::move(polled.target), std::move(polled.collector),
                                               std::move(polled.slot));
  std::shared_ptr<TargetPoller>& place = pollers_[poller->target().name.text];
  std::shared_ptr<TargetPoller> predecessor = std::exchange(place, poller);
  if (predecessor) {
    predecessor->cancel();
    // Another collector has other rules: what those of the old one missed says nothing of this target any more.
    if (predecessor->target().collector != poller->target().collector)
      context_.self.forget_target(poller->target().name.text);
  }
  nursery_.spawn(live(std::move(poller), std::move(predecessor), polled.same_workers));
}

void PollLoop::remove(const std::string& target) {
  boost::asio::post(loop_, [this, target] {
    const auto at = pollers_.find(target);
    if (at == pollers_.end()) return;
    at->second->cancel();  // its coroutine keeps it until it has ended
    pollers_.erase(at);
    context_.self.forget_target(target);  // from here on nothing counts for it
  });
}

// A tick a second shows that the loop lives (for /livez) and how late it is.
Task<> PollLoop::heartbeat() {
  constexpr std::chrono::seconds rhythm(1);
  constexpr std::int64_t window = 60;
  std::int64_t worst_before = 0, worst = 0;
  for (std::int64_t tick = 1;; ++tick) {
    const Clock::time_point due = transport::TimerWheel::end_of_tick(Clock::now() + rhythm);
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
    for (const auto& [name, poller] : pollers_) poller->cancel();
  });
}

void PollLoop::join() {
  if (thread_.joinable()) thread_.join();
}

}  // namespace tallyman::poll
