#include "poll/drift.h"

#include "support/catch.h"

using tallyman::poll::Drift;

namespace {

std::string said(Drift& drift, const std::vector<std::uint32_t>& absent, bool complete = true) {
  std::string out;
  for (const Drift::Change& c : drift.note(absent, complete)) out += (c.gone ? "-" : "+") + std::to_string(c.rule);
  return out;
}

}  // namespace

TEST_CASE("drift: three polls in a row, then once, and once when it is over") {
  Drift drift;
  CHECK(said(drift, {}).empty());
  CHECK(said(drift, {1}).empty());
  CHECK(said(drift, {1}).empty());
  CHECK(said(drift, {1}) == "-1");
  for (int i = 0; i < 10; ++i) CHECK(said(drift, {1}).empty());
  CHECK(said(drift, {}) == "+1");
  CHECK(said(drift, {}).empty());
}

TEST_CASE("drift: what is there in between begins anew, each rule for itself") {
  Drift drift;
  said(drift, {0, 2});
  said(drift, {0, 2});
  CHECK(said(drift, {2}) == "-2");
  CHECK(said(drift, {0, 2}).empty());
  CHECK(said(drift, {0, 2}).empty());
  CHECK(said(drift, {0}) == "+2-0");
}

TEST_CASE("drift: an answer that did not come says nothing") {
  Drift drift;
  for (int i = 0; i < 3; ++i) said(drift, {1});
  CHECK(said(drift, {}, false).empty());
  CHECK(said(drift, {2}, false).empty());
  CHECK(said(drift, {1}, true).empty());
  CHECK(said(drift, {}, true) == "+1");
}
