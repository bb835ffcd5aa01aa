#include "poll/drift.h"

#include "support/catch.h"

using tallyman::map::RuleFound;
using tallyman::poll::Drift;

namespace {

// One character per rule: `-` absent, `0` an empty list, `1` an item, `?` no answer.
std::vector<RuleFound> found(std::string_view rules) {
  std::vector<RuleFound> out;
  for (const char c : rules)
    out.push_back({c == '?'   ? RuleFound::Base::unasked
                   : c == '-' ? RuleFound::Base::absent
                              : RuleFound::Base::there,
                   c == '1' ? 1u : 0u});
  return out;
}

std::string said(Drift& drift, std::string_view rules) {
  std::string out;
  for (const Drift::Change& c : drift.note(found(rules))) out += (c.gone ? "-" : "+") + std::to_string(c.rule);
  return out;
}

std::string unmatched(const Drift& drift, std::uint32_t rule) {
  const Drift::Unmatched u = drift.unmatched(rule);
  return std::to_string(u.polls) + (u.absent ? " absent" : "");
}

}  // namespace

TEST_CASE("drift: three polls in a row, then once, and once when it is over") {
  Drift drift;
  CHECK(said(drift, "11").empty());
  CHECK(said(drift, "1-").empty());
  CHECK(said(drift, "1-").empty());
  CHECK(said(drift, "1-") == "-1");
  for (int i = 0; i < 10; ++i) CHECK(said(drift, "1-").empty());
  CHECK(unmatched(drift, 1) == "13 absent");
  CHECK(said(drift, "11") == "+1");
  CHECK(unmatched(drift, 1) == "0");
  CHECK(said(drift, "11").empty());
}

TEST_CASE("drift: what is there in between begins anew, each rule for itself") {
  Drift drift;
  said(drift, "-1-");
  said(drift, "-1-");
  CHECK(said(drift, "11-") == "-2");
  CHECK(said(drift, "-1-").empty());
  CHECK(said(drift, "-1-").empty());
  CHECK(said(drift, "-11") == "-0+2");
}

TEST_CASE("drift: an answer that did not come says nothing") {
  Drift drift;
  for (int i = 0; i < 3; ++i) said(drift, "1-");
  CHECK(said(drift, "??").empty());
  CHECK(said(drift, "-?").empty());
  CHECK(said(drift, "1-").empty());
  CHECK(unmatched(drift, 1) == "4 absent");
  CHECK(said(drift, "11") == "+1");
}

TEST_CASE("drift: an empty list matches nothing, but nothing is gone") {
  Drift drift;
  for (int i = 0; i < 5; ++i) CHECK(said(drift, "0").empty());
  CHECK(unmatched(drift, 0) == "5");
  CHECK(said(drift, "-").empty());
  CHECK(unmatched(drift, 0) == "6 absent");
  CHECK(said(drift, "0").empty());
  CHECK(said(drift, "-").empty());
  CHECK(said(drift, "-").empty());
  CHECK(said(drift, "-") == "-0");
  CHECK(said(drift, "0") == "+0");
  CHECK(unmatched(drift, 0) == "11");
  CHECK(said(drift, "1").empty());
  CHECK(unmatched(drift, 0) == "0");
}
