// Runs one case of `tallyman test`: feeds the answers to the collector as a poll would and compares
// what comes out with expected.prom, as sets: order, HELP and label order do not matter.
#pragma once
#include <string>
#include <vector>

#include "app_config.h"

namespace tallyman {

struct FixtureResult {
  bool ok = false;
  std::vector<std::string> differences;  // lines: "- expected", "+ unexpected", or what went wrong
  std::size_t samples = 0;
};

// `path` is the case.yaml.
FixtureResult run_fixture(const std::string& path, Catalogue& catalogue, const config::Sources& sources);

}  // namespace tallyman
