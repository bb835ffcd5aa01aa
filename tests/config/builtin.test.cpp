// The collectors inside the binary: that they are those of the folder, and that each loads.
#include "config/builtin_collectors.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "config/collector_file.h"
#include "support/catch.h"

using namespace tallyman;

TEST_CASE("builtin: every collector of the folder is embedded, byte for byte") {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(TALLYMAN_SOURCE_DIR "/collectors")) {
    if (entry.path().extension() != ".yaml") continue;
    ++files;
    INFO(entry.path().filename().string());
    std::ifstream in(entry.path());
    std::ostringstream text;
    text << in.rdbuf();
    const auto& all = config::builtin_collectors();
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const auto& b) { return b.name == entry.path().stem().string(); });
    REQUIRE(found != all.end());
    CHECK(found->yaml == text.str());
  }
  CHECK(files == config::builtin_collectors().size());
  CHECK(files >= 9);
}

TEST_CASE("builtin: every collector loads without a word") {
  for (const config::Builtin& builtin : config::builtin_collectors()) {
    const std::string name(builtin.name);
    Diagnostics found;
    const auto file = config::parse_collector(std::string(builtin.yaml), name + ".yaml", name, found);
    INFO(name << (found.empty() ? "" : ": " + to_string(found[0])));
    CHECK(file.has_value());
    CHECK(found.empty());
  }
}
