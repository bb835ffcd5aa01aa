// The collectors the language was tried on: seventeen files that must load. They lie outside the
// project, so the test says loudly when they are not there.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "config/collector_file.h"
#include "support/catch.h"

using namespace tallyman;

namespace {

std::string read(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

std::filesystem::path examples() {
  if (const char* given = std::getenv("TALLYMAN_EXAMPLES")) return given;
  return std::filesystem::path(TALLYMAN_SOURCE_DIR) / ".." / "shared" / "language-examples";
}

}  // namespace

TEST_CASE("collector: the language's examples load without a word") {
  const std::filesystem::path folder = examples();
  if (!std::filesystem::exists(folder)) {
    std::cerr << "SKIPPED: no language examples in " << folder << " (set TALLYMAN_EXAMPLES)\n";
    return;
  }
  int loaded = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".yaml") continue;
    Diagnostics found;
    const auto file = config::parse_collector(read(entry.path()), entry.path().filename().string(),
                                              entry.path().stem().string(), found);
    loaded += file.has_value();
    for (const Diagnostic& d : found) FAIL_CHECK(to_string(d));
  }
  CHECK(loaded == 17);
}
