// The JSONPath compliance test suite (github.com/jsonpath-standard/jsonpath-compliance-test-suite), read with our own
// Document. It is not part of this repository: $JSONPATH_CTS names cts.json, else it is looked for beside the source
// tree.
#pragma once
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "decode/document.h"
#include "support/catch.h"

namespace tallyman::test {

// Asks `wrong_with` for each case of the suite, "" if it is as it should be, and prints how many are. Where there is no
// suite it says so.
template <class WrongWith>
void every_case(const char* what, WrongWith wrong_with) {
  const char* const named = std::getenv("JSONPATH_CTS");
  const std::string path = named ? named : TALLYMAN_SOURCE_DIR "/../shared/conformance/jsonpath/cts.json";
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    if (named) FAIL("JSONPATH_CTS names " << path << ", which cannot be read");
    std::printf("SKIPPED: %s: no %s (set JSONPATH_CTS to the suite's cts.json)\n", what, path.c_str());
    return;
  }
  std::stringstream text;
  text << file.rdbuf();
  decode::Document suite;
  const auto parsed = suite.parse(text.str());
  INFO((parsed ? "" : parsed.error().detail));
  REQUIRE(parsed.has_value());
  std::size_t passed = 0, all = 0;
  for (const decode::Node::Child c : suite.root().member("tests").children()) {
    ++all;
    const std::string wrong = wrong_with(c.node);
    passed += wrong.empty();
    if (wrong.empty()) continue;
    UNSCOPED_INFO(c.node.member("name").text() << ": " << c.node.member("selector").text());
    CHECK(wrong == "");
  }
  std::printf("%s: %zu of %zu\n", what, passed, all);
  CHECK(all >= 703);
  CHECK(passed == all);
}

}  // namespace tallyman::test
