// Runs one case of `tallyman test`: feeds the answers to the collector as a poll would and compares
// what comes out with expected.prom, as sets: order, HELP and label order do not matter. Writes nothing.
#pragma once
#include <string>
#include <vector>

#include "app_config.h"

namespace tallyman {

struct FixtureResult {
  bool ok() const { return differences.empty() && wrong.empty(); }
  // Lines "- expected" and "+ unexpected" next to each other, by series: what another expected.prom would settle.
  std::vector<std::string> differences;
  std::vector<std::string> wrong;  // what none would settle
  std::size_t samples = 0;
  std::string golden;      // the file that this collector passes; empty if the case does not run
  bool has_golden = true;  // there is one now
};

// `path` is the case.yaml.
FixtureResult run_fixture(const std::string& path, Catalogue& catalogue, const config::Sources& sources);

}  // namespace tallyman
