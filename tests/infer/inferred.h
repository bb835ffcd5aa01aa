// What infer makes of a body given as text, and what the collector it writes then shows of that body:
// shared by the tests of infer/.
#pragma once
#include <string>
#include <vector>

#include "infer/infer.h"
#include "map/mapping.h"

namespace tallyman::infer::testing {

struct Inferred {
  Proposal proposal;
  std::string yaml, failure;
  std::string messages;         // of loading and compiling the YAML: must be empty, warnings included
  map::testing::Mapped mapped;  // of the body by the YAML

  bool has(const std::string& line) const;  // one whole line of the YAML, whatever its indentation
  bool shows(const std::string& line) const { return mapped.has(line); }
  const Rule* rule(const std::string& kind, std::size_t nth = 0) const;
  std::string where(const std::string& kind, std::size_t nth = 0) const;  // "each | identity"
};

struct Options {
  std::string hint;
  std::string later;  // a second sample
  std::string name = "x";
  bool warned = false;  // `check` may warn of what the notes of the proposal warn of too
};
Inferred inferred(const std::string& json, const Options& options = {});

}  // namespace tallyman::infer::testing
