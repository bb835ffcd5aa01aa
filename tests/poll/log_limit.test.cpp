#include "poll/log_limit.h"

#include "support/catch.h"

using namespace tallyman;
using poll::Clock;
using poll::LogLimit;

namespace {

// Tries at the given pace: `x` bad, `.` good. What was said: `-` bad, `+` good, with the number unsaid behind a `-`.
std::string said(LogLimit& limit, std::string_view tries, Nanoseconds pace, Clock::time_point& now) {
  std::string out;
  for (const char c : tries) {
    const auto line = limit.note(c == 'x', now);
    now += pace;
    if (!line)
      out += ' ';
    else if (!line->bad)
      out += '+';
    else
      out += line->unsaid == 0 ? '-' : static_cast<char>('0' + line->unsaid);
  }
  return out;
}

}  // namespace

TEST_CASE("log limit: the first turns are said, later ones once in a while with their number") {
  struct Row {
    const char* tries;
    const char* said;  // `1` to `9`: bad, and so many turns unsaid before
  };
  const Row rows[] = {
      {"....", "    "},
      {"xxx..", "-  + "},
      {"x.x.x.x.x.", "-+-+-+    "},          // a pace of 1 min, so far 10 min: see below
      {"x.x.x.xxxxxxx.", "-+-+-+    -  +"},  // what stays bad is said when a line is allowed
      {"x.x.x.x.x.x.x.", "-+-+-+    2+  "},  // four turns, of which two were not said
  };
  for (const Row& row : rows) {
    INFO(row.tries);
    LogLimit limit;
    Clock::time_point now{};
    CHECK(said(limit, row.tries, std::chrono::seconds(30), now) == row.said);
  }
}
