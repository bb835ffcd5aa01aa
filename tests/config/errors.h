// What the tables of mistakes share: one row is a file and every line that is said of it.
#pragma once
#include <string>
#include <vector>

#include "core/diagnostic.h"

struct Mistake {
  std::string yaml;
  std::vector<std::string> said;  // to_string() of each diagnostic, in order
};

inline std::vector<std::string> lines(const tallyman::Diagnostics& all) {
  std::vector<std::string> out;
  for (const tallyman::Diagnostic& d : all) out.push_back(tallyman::to_string(d));
  return out;
}
