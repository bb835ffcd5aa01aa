#include "serve/finished.h"

#include "support/catch.h"

using namespace tallyman::serve;
using namespace std::chrono_literals;
using tallyman::exposition::Format;
using Clock = tallyman::store::Clock;

TEST_CASE("finished: is found while it is young, by its format") {
  const Clock::time_point made(100s);
  Finished kept;
  CHECK(kept.find(Format::text, made) == nullptr);
  kept.keep(Format::text, "bytes", made);
  REQUIRE(kept.find(Format::text, made + 999ms) != nullptr);
  CHECK(*kept.find(Format::text, made + 999ms) == "bytes");
  CHECK(kept.find(Format::openmetrics, made) == nullptr);
  CHECK(kept.find(Format::text, made + 1s) == nullptr);
  CHECK(kept.find(Format::text, made) == nullptr);  // freed
}

TEST_CASE("finished: what is being sent outlives its place") {
  const Clock::time_point made(100s);
  Finished kept;
  kept.keep(Format::text, "bytes", made);
  const Finished::Bytes sending = kept.find(Format::text, made);
  kept.expire(made + 1s);
  CHECK(*sending == "bytes");
}

TEST_CASE("finished: a huge one is not kept") {
  const Clock::time_point made(100s);
  Finished kept;
  kept.keep(Format::text, std::string(Finished::most_bytes + 1, 'x'), made);
  CHECK(kept.find(Format::text, made) == nullptr);
}
