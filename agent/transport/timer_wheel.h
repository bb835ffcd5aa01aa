// All waits of one loop on one timer. Entries are due times and deadlines; the wheel keeps them
// ordered and arms a single steady timer for the earliest, so an idle loop sleeps. Used from its
// loop only.
//
// Time is cut into ticks of 10 ms and an entry fires at the end of its tick: what is due at about
// the same time is done in one wake-up (wake-ups cost more than polls do), and a deadline that is
// set and cancelled again moves the timer only if it is the earliest.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include "core/result.h"
#include "transport/one_shot.h"
#include "transport/task.h"

namespace tallyman::transport {

using Clock = std::chrono::steady_clock;

class TimerWheel {
 public:
  explicit TimerWheel(Loop& loop);
  ~TimerWheel();
  TimerWheel(const TimerWheel&) = delete;

  // When what is due at `when` fires, if nothing is late.
  static Clock::time_point end_of_tick(Clock::time_point when);

  // Calls `fire` on the loop at or soon after `at` (never before), once. Returns a token for
  // cancel(); cancelling one that fired is harmless.
  using Token = std::uint64_t;
  Token at(Clock::time_point when, std::function<void()> fire);
  void cancel(Token token);

  // Ends at `when`, or early with Stage::cancelled when stop() is called.
  Task<Result<>> sleep_until(Clock::time_point when);
  // The same for a wait that something else may end too: end(timed_out) at `when`, end(cancelled)
  // by stop(). The wheel keeps the wait alive until one of them, or until cancel().
  Token watch(std::shared_ptr<OneShot> wait, Clock::time_point when);

  // Ends every sleep and watched wait with Stage::cancelled, now and later. at() entries stay.
  void stop();
  bool stopped() const;

  struct Impl;  // shared with the sleeping coroutines

  // at() or watch() for a scope: cancels at its end, which may come after the wheel's.
  class Entry {
   public:
    Entry(TimerWheel& wheel, Clock::time_point when, std::function<void()> fire)
        : wheel_(wheel.impl_), token_(wheel.at(when, std::move(fire))) {}
    Entry(TimerWheel& wheel, Clock::time_point when, std::shared_ptr<OneShot> wait)
        : wheel_(wheel.impl_), token_(wheel.watch(std::move(wait), when)) {}
    ~Entry();
    Entry(const Entry&) = delete;

   private:
    std::shared_ptr<Impl> wheel_;
    Token token_;
  };

 private:
  std::shared_ptr<Impl> impl_;
};

}  // namespace tallyman::transport
