// One fetch in flight: its deadline, and the one thing it waits for at the moment, so that the
// deadline and a cancellation know what to end. After each wait its owner asks over() first.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "transport/one_shot.h"
#include "transport/stream.h"
#include "transport/timer_wheel.h"

namespace tallyman::transport {

class Call {
 public:
  // Registers itself in `calls` for as long as it lives.
  Call(TimerWheel& wheel, Clock::time_point deadline, std::vector<Call*>& calls);
  ~Call();
  Call(const Call&) = delete;

  void cancel();
  void give_way();  // others wait for the memory that this one holds: see large_turns.h
  bool over() const { return cancelled_ || timed_out_ || gave_way_; }
  Clock::time_point deadline() const { return deadline_; }

  // Of over(): Stage::cancelled, Stage::limit (gave way), or Stage::timeout that says what was waited for.
  Error why(std::string_view waited_for) const;

  // While one of these lives, an end of the call closes the socket or ends the wait. They may nest.
  class Watch {
   public:
    Watch(Call& call, Socket& socket) : Watch(call) { call_.socket_ = &socket; }
    Watch(Call& call, std::shared_ptr<OneShot> wait) : Watch(call) { call_.wait_ = std::move(wait); }
    ~Watch() {
      call_.socket_ = socket_before_;
      call_.wait_ = std::move(wait_before_);
    }
    Watch(const Watch&) = delete;

   private:
    explicit Watch(Call& call) : call_(call), socket_before_(call.socket_), wait_before_(call.wait_) {}
    Call& call_;
    Socket* const socket_before_;
    std::shared_ptr<OneShot> wait_before_;
  };

 private:
  void interrupt();

  std::vector<Call*>& calls_;
  const Clock::time_point started_, deadline_;
  const TimerWheel::Entry timer_;
  Socket* socket_ = nullptr;
  std::shared_ptr<OneShot> wait_;
  bool cancelled_ = false, timed_out_ = false, gave_way_ = false;
};

}  // namespace tallyman::transport
