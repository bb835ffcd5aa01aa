#include "poll/schedule.h"

#include <set>

#include "support/catch.h"

using namespace std::chrono_literals;
using tallyman::Nanoseconds;
using tallyman::poll::Clock;
using tallyman::poll::Schedule;

namespace {

const Clock::time_point t0 = Clock::time_point() + 1000h;

}  // namespace

TEST_CASE("schedule: the first poll is within min(interval, 2 s)") {
  for (const Nanoseconds interval : {Nanoseconds(100ms), Nanoseconds(1s), Nanoseconds(15s), Nanoseconds(1h)})
    for (int i = 0; i < 200; ++i) {
      const Schedule s("target" + std::to_string(i), interval, t0, 1795310000s + i * 137ms);
      CHECK(s.first() >= t0);
      CHECK(s.first() - t0 <= std::min<Nanoseconds>(interval, 2s));
    }
}

TEST_CASE("schedule: places on the grid survive a restart and spread over the interval") {
  // Two starts 7 s apart: the second tick of each lies at the same wall-clock phase.
  const auto phase = [](const std::string& name, Nanoseconds wall) {
    Schedule s(name, 15s, t0, wall);
    const Clock::time_point next = s.after_success(s.first(), s.first() + 1ms);
    return (wall + (next - t0)) % Nanoseconds(15s);
  };
  std::set<std::int64_t> tenths;
  for (int i = 0; i < 300; ++i) {
    const std::string name = "t" + std::to_string(i);
    CHECK(phase(name, 1795310000s) == phase(name, 1795310007s));
    tenths.insert(phase(name, 1795310000s) / Nanoseconds(1500ms));
  }
  CHECK(tenths.size() == 10);
}

TEST_CASE("schedule: success keeps the grid, an overrun skips ticks and never overlaps") {
  Schedule s("a", 10s, t0, 1795310000s);
  const Clock::time_point one = s.after_success(s.first(), s.first() + 10ms);
  const Clock::time_point two = s.after_success(one, one + 10ms);
  CHECK(two - one == 10s);
  CHECK(s.skipped() == 0);
  const Clock::time_point late = s.after_success(two, two + 25s);
  CHECK(late - two == 30s);
  CHECK(s.skipped() == 2);
}

TEST_CASE("schedule: failures back off, doubling, capped, jittered; success ends it") {
  Schedule s("a", 15s, t0, 1795310000s);
  Clock::time_point due = s.after_success(s.first(), s.first() + 1ms);
  Clock::time_point next = s.after_failure(due, due + 1ms, std::nullopt);
  CHECK(next - due == 15s);  // the first failure keeps its tick
  const Nanoseconds waits[] = {30s, 60s, 60s, 60s};
  for (const Nanoseconds wait : waits) {
    due = next;
    next = s.after_failure(due, due + 1ms, std::nullopt);
    CHECK(next - due <= wait);
    CHECK(next - due >= wait - wait / 10);
  }
  CHECK(s.failures() == 5);
  due = next;
  next = s.after_success(due, due + 1ms);
  CHECK(s.failures() == 0);
  CHECK(next - due <= 16500ms);
}

TEST_CASE("schedule: jitter parts targets that failed together") {
  std::set<std::int64_t> waits;
  for (int i = 0; i < 50; ++i) {
    Schedule s("t" + std::to_string(i), 15s, t0, 1795310000s);
    const Clock::time_point due = s.first();
    s.after_failure(due, due, std::nullopt);
    waits.insert((s.after_failure(due, due, std::nullopt) - due).count());
  }
  CHECK(waits.size() > 45);
}

TEST_CASE("schedule: Retry-After is obeyed when longer, up to an hour") {
  Schedule s("a", 15s, t0, 1795310000s);
  const Clock::time_point due = s.first();
  CHECK(s.after_failure(due, due + 1s, std::chrono::seconds(120)) == due + 121s);
  CHECK(s.after_failure(due, due + 1s, std::chrono::seconds(1)) < due + 31s);
  CHECK(s.after_failure(due, due, std::chrono::seconds(86400)) == due + 1h);
}

TEST_CASE("schedule: long intervals do not back off beyond themselves") {
  CHECK(Schedule::longest_wait(5min) == 5min);
  CHECK(Schedule::longest_wait(1s) == 8s);
  CHECK(Schedule::longest_wait(15s) == 60s);
}
