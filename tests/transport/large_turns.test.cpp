// Room for large bodies: granted in order, waited for, given back, and taken from the slowest.
#include "transport/large_turns.h"

#include "rig.h"

namespace tallyman::test {
namespace {

using transport::Call;
using transport::LargeTurns;

constexpr std::size_t mib = 1u << 20;
constexpr std::size_t limit = 16 * mib;

// One body that arrives: its call, its room, and whether a wait for room has ended.
struct Body {
  Body(Rig& on, LargeTurns& turns, std::chrono::milliseconds timeout = 8s)
      : rig(on), call(on.wheel, Clock::now() + timeout, calls), turn(turns, call) {}

  void grow(std::size_t bytes) {
    ended = false;
    turn.received(bytes);
    boost::asio::co_spawn(rig.loop, wait(bytes), [](std::exception_ptr failure) {
      if (failure) std::rethrow_exception(failure);
    });
  }
  Task<> wait(std::size_t bytes) {
    co_await LargeTurns::grow(turn, bytes, limit, call);
    ended = true;
  }
  bool has(std::size_t bytes) const { return ended && !call.over() && turn.room() >= bytes; }

  Rig& rig;
  std::vector<Call*> calls;
  Call call;
  LargeTurns::Turn turn;
  bool ended = false;
};

TEST_CASE("large turns: room is waited for in order, and comes when another's is given back") {
  Rig rig;
  LargeTurns turns(rig.loop, rig.wheel);
  auto first = std::make_unique<Body>(rig, turns);
  first->grow(5 * mib);
  rig.run_until([&] { return first->ended; });
  CHECK(first->has(limit));
  first->turn.complete();  // whole: it is not told to give way
  Body second(rig, turns), third(rig, turns);
  second.grow(5 * mib);
  rig.run_until([&] { return turns.waiting() == 1; });
  third.grow(LargeTurns::small + 1);  // would fit, but comes after
  rig.run_until([&] { return turns.waiting() == 2; });
  CHECK(turns.used() <= LargeTurns::budget);
  first.reset();
  rig.run_until([&] { return second.ended && third.ended; });
  CHECK(second.has(limit));
  CHECK(third.has(LargeTurns::small + 1));
  CHECK(turns.waiting() == 0);
}

TEST_CASE("large turns: the slowest holder gives way to one that has waited") {
  Rig rig;
  LargeTurns turns(rig.loop, rig.wheel);
  auto slow = std::make_unique<Body>(rig, turns);
  Body quick(rig, turns);
  slow->grow(2 * mib);
  quick.grow(2 * mib);
  rig.run_until([&] { return slow->ended && quick.ended; });
  quick.turn.received(4 * mib);
  Body waiting(rig, turns);
  waiting.grow(5 * mib);
  rig.run_until([&] { return slow->call.over(); });
  CHECK_FALSE(quick.call.over());
  CHECK(slow->call.why("it").stage == Stage::limit);
  CHECK_FALSE(waiting.ended);
  slow.reset();  // as its exchange ends
  rig.run_until([&] { return waiting.ended; });
  CHECK(waiting.has(limit));
}

TEST_CASE("large turns: a deadline ends a wait, and the next in the queue comes up") {
  Rig rig;
  LargeTurns turns(rig.loop, rig.wheel);
  Body holder(rig, turns);
  holder.grow(5 * mib);
  rig.run_until([&] { return holder.ended; });
  holder.turn.complete();
  Body late(rig, turns, 50ms), next(rig, turns);
  late.grow(5 * mib);
  rig.run_until([&] { return turns.waiting() == 1; });
  next.grow(LargeTurns::small + 1);
  rig.run_until([&] { return late.ended && next.ended; });
  CHECK(late.call.over());
  CHECK(late.turn.room() == LargeTurns::small);
  CHECK(late.call.why("room").stage == Stage::timeout);
  CHECK(next.has(LargeTurns::small + 1));
}

TEST_CASE("large turns: loops share the budget evenly") {
  Rig rig;
  LargeTurns turns(rig.loop, rig.wheel, 4);
  auto first = std::make_unique<Body>(rig, turns);
  first->grow(3 * mib);  // in steps of four times the size it has room for 4 MiB
  rig.run_until([&] { return first->ended; });
  first->turn.complete();
  Body second(rig, turns);
  second.grow(2 * mib);  // would fit if the loop had all of it
  rig.run_until([&] { return turns.waiting() == 1; });
  CHECK(turns.used() <= LargeTurns::budget / 4);
  first.reset();
  rig.run_until([&] { return second.ended; });
  CHECK(second.has(2 * mib));
}

TEST_CASE("large turns: one beyond the budget is let in alone") {
  Rig rig;
  LargeTurns turns(rig.loop, rig.wheel);
  Body huge(rig, turns);
  huge.grow(LargeTurns::budget + mib);
  rig.run_until([&] { return huge.ended; });
  CHECK(huge.has(LargeTurns::budget + mib));
}

}  // namespace
}  // namespace tallyman::test
