// The memory of large bodies that arrive on one loop at the same time, rationed: up to `small` bytes
// a body needs no leave; beyond, its exchange takes room out of one budget in steps of four times the
// size, and while there is none it waits and reads nothing, so that the peer's window closes. Its
// deadline goes on. Knows no HTTP. Used from its loop only.
//
// Nobody keeps others waiting by being slow: when the first in the queue has waited for `patience`,
// the holder that received the least per second since it was given room, and has had it for as long,
// gives way: its call ends with Stage::limit. So a queue moves at least once per `patience`, and one
// that drips loses against one that sends.
#pragma once
#include <cstddef>
#include <deque>
#include <memory>
#include <vector>

#include "transport/call.h"
#include "transport/one_shot.h"
#include "transport/task.h"
#include "transport/timer_wheel.h"

namespace tallyman::transport {

class LargeTurns {
 public:
  static constexpr std::size_t small = 256u << 10;
  static constexpr std::size_t budget = 20u << 20;  // of all loops together
  static constexpr std::chrono::milliseconds patience{500};

  // `loops`: how many there are, each with turns of its own; they share the budget evenly.
  LargeTurns(Loop& loop, TimerWheel& wheel, std::size_t loops = 1)
      : loop_(loop), wheel_(wheel), share_(budget / loops) {}
  LargeTurns(const LargeTurns&) = delete;

  // The room of one body. Whoever holds the body holds this with it.
  class Turn {
   public:
    Turn(LargeTurns& all, Call& call);
    ~Turn();
    Turn(const Turn&) = delete;
    std::size_t room() const { return small + held_; }
    void received(std::size_t bytes) { received_ = bytes; }  // so far
    void complete();  // the body is whole, or the call ends: it cannot be told to give way any more

   private:
    friend class LargeTurns;
    LargeTurns& all_;
    Call* call_;
    std::size_t held_ = 0, received_ = 0, wanted_ = 0;
    Clock::time_point since_{};
    std::shared_ptr<OneShot> wait_;
  };

  // Room for at least `bytes`, of a body that may become `limit` bytes. Returns when there is room or
  // the call is over: ask call.over() next.
  static Task<> grow(Turn& turn, std::size_t bytes, std::size_t limit, Call& call);

  std::size_t used() const { return used_; }
  std::size_t waiting() const { return queue_.size(); }

 private:
  bool fits(const Turn& turn) const;
  void grant(Turn& turn);
  void admit();
  void press();  // arms the clock of the first in the queue
  void out_of_patience();

  Loop& loop_;
  TimerWheel& wheel_;
  const std::size_t share_;
  std::size_t used_ = 0;
  std::vector<Turn*> holders_;
  std::deque<Turn*> queue_;
  std::unique_ptr<TimerWheel::Entry> pressing_;
};

}  // namespace tallyman::transport
