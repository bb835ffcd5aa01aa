// The timer wheel: order, lateness, cancelling, stopping.
#include "transport/timer_wheel.h"

#include "rig.h"

namespace tallyman::test {
namespace {

using transport::TimerWheel;

TEST_CASE("timer wheel: fires in order of time, never early") {
  Rig rig;
  const Clock::time_point start = Clock::now();
  std::vector<int> order;
  bool early = false;
  const auto set = [&](std::chrono::milliseconds after, int which) {
    rig.wheel.at(start + after, [&, after, which] {
      early = early || Clock::now() < start + after;
      order.push_back(which);
    });
  };
  set(45ms, 4);
  set(1ms, 1);
  set(3ms, 2);  // mostly in the same tick as 1
  set(30ms, 3);
  set(-5ms, 0);
  rig.run_until([&] { return order.size() == 5; });
  CHECK(order == std::vector<int>{0, 1, 2, 3, 4});
  CHECK_FALSE(early);
  CHECK(Clock::now() - start < 1s);
}

TEST_CASE("timer wheel: equal times fire in the order of being set") {
  Rig rig;
  const Clock::time_point when = Clock::now() + 5ms;
  std::vector<int> order;
  for (int i = 0; i < 100; ++i) rig.wheel.at(when, [&order, i] { order.push_back(i); });
  rig.run_until([&] { return order.size() == 100; });
  CHECK(std::is_sorted(order.begin(), order.end()));
}

TEST_CASE("timer wheel: cancelled entries do not fire") {
  Rig rig;
  const Clock::time_point when = Clock::now() + 5ms;
  std::vector<int> fired;
  std::vector<TimerWheel::Token> tokens;
  for (int i = 0; i < 6; ++i) tokens.push_back(rig.wheel.at(when, [&fired, i] { fired.push_back(i); }));
  // One that cancels a later one of the same batch.
  rig.wheel.at(when - 1ms, [&] { rig.wheel.cancel(tokens[5]); });
  rig.wheel.cancel(tokens[0]);
  rig.wheel.cancel(tokens[2]);
  rig.wheel.cancel(tokens[2]);
  rig.wheel.cancel(0);
  bool end = false;
  rig.wheel.at(when + 20ms, [&] { end = true; });
  rig.run_until([&] { return end; });
  CHECK(fired == std::vector<int>{1, 3, 4});
  rig.wheel.cancel(tokens[1]);  // harmless
}

TEST_CASE("timer wheel: a token of a fired entry does not cancel the next in its place") {
  Rig rig;
  bool first = false, second = false;
  const TimerWheel::Token old = rig.wheel.at(Clock::now(), [&] { first = true; });
  rig.run_until([&] { return first; });
  const TimerWheel::Token reused = rig.wheel.at(Clock::now(), [&] { second = true; });
  CHECK(old != reused);
  rig.wheel.cancel(old);
  rig.run_until([&] { return second; });
  CHECK(second);
}

TEST_CASE("timer wheel: entries may be set and cancelled while it fires") {
  Rig rig;
  int count = 0;
  std::function<void()> again = [&] {
    if (++count < 50) rig.wheel.at(Clock::now(), again);
  };
  rig.wheel.at(Clock::now(), again);
  rig.run_until([&] { return count == 50; });
  CHECK(count == 50);
}

TEST_CASE("timer wheel: an empty wheel does not keep the loop") {
  Loop loop{1};
  TimerWheel wheel(loop);
  wheel.cancel(wheel.at(Clock::now() + 1h, [] {}));
  CHECK(loop.run_for(5s) <= 1);  // the aborted timer's handler
  CHECK(loop.stopped());
}

TEST_CASE("timer wheel: sleeps end at their time, or with stop()") {
  Rig rig;
  const Clock::time_point start = Clock::now();
  CHECK(rig.run(rig.wheel.sleep_until(start + 20ms)));
  CHECK(Clock::now() - start >= 20ms);
  CHECK_FALSE(rig.wheel.stopped());

  bool entry = false;
  rig.wheel.at(Clock::now() + 60ms, [&] { entry = true; });
  rig.wheel.at(Clock::now() + 10ms, [&] { rig.wheel.stop(); });
  const Result<> slept = rig.run(rig.wheel.sleep_until(Clock::now() + 1h));
  REQUIRE_FALSE(slept);
  CHECK(to_string(slept.error().stage) == "cancelled");
  CHECK(rig.wheel.stopped());
  CHECK(to_string(rig.run(rig.wheel.sleep_until(Clock::now())).error().stage) == "cancelled");
  rig.run_until([&] { return entry; });  // at() entries stay
}

TEST_CASE("timer wheel: a loop may end with sleepers in it") {
  auto wheel_first = std::make_unique<Rig>();
  boost::asio::co_spawn(wheel_first->loop, wheel_first->wheel.sleep_until(Clock::now() + 1h),
                        [](std::exception_ptr, Result<>) {});
  wheel_first->loop.run_one_for(10ms);
  wheel_first.reset();
  SUCCEED("no leak, no crash: the sanitizers say so");
}

TEST_CASE("timer wheel: many deadlines set and cancelled leave nothing behind") {
  Rig rig;
  const Clock::time_point end = Clock::now() + 30ms;
  bool done = false;
  rig.wheel.at(end, [&] { done = true; });
  for (int i = 0; i < 100'000; ++i) rig.wheel.cancel(rig.wheel.at(end + std::chrono::milliseconds(i % 5000), [] {}));
  rig.run_until([&] { return done; });
  CHECK(Clock::now() >= end);
}

}  // namespace
}  // namespace tallyman::test
