// Owns coroutines of one loop: none outlives it, and join() tells when the last has ended. Used
// from its loop only, join() included; a nursery destroyed with children is a bug.
#pragma once
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <cassert>
#include <exception>
#include <functional>

#include "core/log.h"
#include "transport/timer_wheel.h"

namespace tallyman::poll {

class Nursery {
 public:
  explicit Nursery(Loop& loop) : loop_(loop), ended_(loop, Clock::time_point::max()) {}
  Nursery(const Nursery&) = delete;
  ~Nursery() { assert(children_ == 0); }

  void spawn(Task<> task) {
    ++children_;
    boost::asio::co_spawn(loop_.get_executor(), std::move(task), [this](std::exception_ptr failed) {
      // Our code reports failures as Results: an exception here is a bug, said once and loudly.
      if (failed) {
        try {
          std::rethrow_exception(failed);
        } catch (const std::exception& e) {
          log::error("a coroutine ended with an exception; this is a bug of Tallyman", {{"what", e.what()}});
        }
      }
      if (--children_ == 0) ended_.cancel();
    });
  }

  // Ends when no child is left; at once if there is none.
  Task<> join() {
    while (children_ > 0) {
      const auto [ec] = co_await ended_.async_wait(resumed);
      (void)ec;  // only cancel() ends this wait
    }
  }

  std::size_t children() const { return children_; }

 private:
  using Clock = transport::Clock;
  using Timer = boost::asio::basic_waitable_timer<Clock, boost::asio::wait_traits<Clock>, Executor>;
  Loop& loop_;
  Timer ended_;
  std::size_t children_ = 0;
};

}  // namespace tallyman::poll
