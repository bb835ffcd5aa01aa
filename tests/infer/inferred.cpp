#include "inferred.h"

#include "config/collector_review.h"
#include "infer/yaml.h"
#include "support/catch.h"

namespace tallyman::infer::testing {

bool Inferred::has(const std::string& line) const {
  std::string_view rest = yaml;
  while (!rest.empty()) {
    std::string_view one = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(one.size() + 1, rest.size()));
    one.remove_prefix(std::min(one.find_first_not_of(' '), one.size()));
    if (one.starts_with("- ")) one.remove_prefix(2);
    if (one == line) return true;
  }
  return false;
}

const Rule* Inferred::rule(const std::string& kind, std::size_t nth) const {
  for (const Rule& rule : proposal.rules)
    if (rule.kind == kind && nth-- == 0) return &rule;
  return nullptr;
}

std::string Inferred::where(const std::string& kind, std::size_t nth) const {
  const Rule* const found = rule(kind, nth);
  if (!found) return "no such rule";
  std::string out;
  for (const std::string& step : found->each) out += (out.empty() ? "" : ", ") + step;
  return out + " | " + found->identity;
}

Inferred inferred(const std::string& json, const Options& options) {
  Inferred out;
  decode::Document document, later;
  REQUIRE(document.parse(json, {.depth = 200}).has_value());
  if (!options.later.empty()) REQUIRE(later.parse(options.later, {.depth = 200}).has_value());
  const Asked asked{options.name, "a test", options.hint};
  const Result<Proposal> proposal = infer(document.root(), later.root(), asked);
  if (!proposal) {
    out.failure = std::string(to_string(proposal.error().stage)) + ": " + proposal.error().detail;
    return out;
  }
  out.proposal = *proposal;
  out.yaml = to_yaml(*proposal);
  map::testing::Given given;
  given.yaml = out.yaml;
  given.bodies = {{"page", {json}}};
  given.now = 1'795'310'400;  // shortly after the captured answers
  INFO(out.yaml);
  const auto collector = map::testing::compiled(given, &out.messages, true);
  REQUIRE(out.messages == "");
  // What `check` would warn of: a proposal gives nobody that to clear up.
  Diagnostics warnings;
  const auto file = config::parse_collector(out.yaml, "c.yaml", "", warnings);
  REQUIRE(file);
  config::review_collector(*file, warnings);
  for (const Diagnostic& d : warnings) out.messages += to_string(d) + "\n";
  if (!options.warned) REQUIRE(out.messages == "");
  REQUIRE(collector);
  out.mapped = map::testing::mapped(given);
  return out;
}

}  // namespace tallyman::infer::testing
