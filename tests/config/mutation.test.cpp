// Broken files must end in diagnostics: the built-in collectors and targets.yaml with bytes cut,
// doubled and swapped, always the same ones. Worth most under the asan preset.
#include <fstream>
#include <random>
#include <sstream>

#include "config/builtin_collectors.h"
#include "config/collector_file.h"
#include "config/world.h"
#include "support/catch.h"

using namespace tallyman;
using namespace tallyman::config;

namespace {

std::string mutated(std::string text, std::mt19937& random) {
  static constexpr std::string_view bytes = "{}[]:,-\"'\n \t*&!|>%@#$?0a~<\\\xc3";
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  for (std::size_t changes = 1 + below(4); changes > 0 && !text.empty(); --changes) {
    const std::size_t at = below(text.size());
    switch (below(4)) {
      case 0:
        text.erase(at, 1 + below(20));
        break;
      case 1:
        text.insert(at, 1, bytes[below(bytes.size())]);
        break;
      case 2:
        text[at] = bytes[below(bytes.size())];
        break;
      default:
        text.insert(at, text.substr(below(text.size()), below(40)));
    }
  }
  return text;
}

}  // namespace

TEST_CASE("mutation: a broken collector is refused or read, with a place for every error") {
  std::mt19937 random(1);
  std::size_t refused = 0, total = 0;
  for (const Builtin& builtin : builtin_collectors())
    for (int i = 0; i < 150; ++i, ++total) {
      const std::string yaml = mutated(std::string(builtin.yaml), random);
      Diagnostics found;
      const auto file = parse_collector(yaml, "f.yaml", "", found);
      INFO(yaml);
      REQUIRE(file.has_value() != has_errors(found));
      for (const Diagnostic& d : found) REQUIRE((d.at.file && d.at.line > 0 && d.at.column > 0 && !d.what.empty()));
      refused += !file;
    }
  CHECK(refused > total / 4);  // the changes do reach what is checked
  CHECK(refused < total);
}

TEST_CASE("mutation: a broken targets.yaml is refused or read, with a place for every error") {
  std::ifstream in(TALLYMAN_SOURCE_DIR "/targets.yaml");
  std::ostringstream text;
  text << in.rdbuf();
  std::mt19937 random(2);
  for (int i = 0; i < 500; ++i) {
    const std::string yaml = mutated(text.str(), random);
    Diagnostics found;
    const auto config = load_agent("f.yaml", World{{{"f.yaml", yaml}}, {}}.sources(), found);
    INFO(yaml);
    REQUIRE(config.has_value() != has_errors(found));
    for (const Diagnostic& d : found) REQUIRE((d.at.file && d.at.line > 0 && d.at.column > 0 && !d.what.empty()));
  }
}
