// The collectors inside the binary: that they are those of the folder, and that each loads.
#include "config/builtin_collectors.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "config/collector_file.h"
#include "config/collector_schema.h"
#include "config/yaml_tree.h"
#include "support/catch.h"

using namespace tallyman;

TEST_CASE("builtin: the schema is embedded, byte for byte") {
  std::ifstream in(TALLYMAN_SOURCE_DIR "/collectors/collector.schema.json");
  std::ostringstream text;
  text << in.rdbuf();
  CHECK(text.str().size() > 10000);
  CHECK(config::collector_schema() == text.str());
}

namespace {

using Part = std::pair<std::string, config::Words>;

// Every `properties` that is not inside a list, in the order in which their first keys stand in the file.
void collect(const config::Node& node, const std::string& pointer, std::vector<Part>& out) {
  if (pointer.ends_with("/properties")) {
    out.push_back({pointer, {}});
    for (const config::Text& key : node.keys) out.back().second.push_back(key.text);
  }
  for (std::size_t i = 0; i < node.keys.size(); ++i) collect(node.items[i], pointer + "/" + node.keys[i].text, out);
}

}  // namespace

TEST_CASE("builtin: the lists of keys are those of the schema") {
  Diagnostics found;
  const auto schema = config::parse_yaml(std::string(config::collector_schema()), "schema", found);  // JSON is YAML
  REQUIRE(schema.has_value());
  std::vector<Part> expected;
  collect(*schema, "", expected);
  std::vector<Part> embedded;
  for (const config::SchemaPart& part : config::schema_parts())
    embedded.emplace_back(part.pointer, config::Words(part.keys.begin(), part.keys.end()));
  CHECK(expected.size() > 10);
  CHECK(embedded == expected);
  for (const auto& [pointer, keys] : expected) CHECK(config::schema_keys(pointer) == keys);
}

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

// A scrape shows what the last good poll read, and its HELP says so. Names that users know from another exporter
// keep that exporter's text, so that they are its families to the letter.
TEST_CASE("builtin: the help of own metrics says that they are cached, or is another exporter's") {
  struct Known {
    const char* collector;
    const char* prefix;
    const char* of;
  };
  const Known known[] = {{"kobo", "kobo_worker_", "django-kobo-exporter"},
                         {"kobo-demo", "kobo_worker_", "django-kobo-exporter"},
                         {"reva", "revad_", "revad"},
                         {"reva-plain", "cs3_", "revad, without its prefix"},
                         {"xcloud", "revad_", "revad"},
                         {"xcloud-plain", "cs3_", "revad, without its prefix"}};
  std::size_t cached = 0, exact = 0;
  for (const config::Builtin& builtin : config::builtin_collectors()) {
    const std::string name(builtin.name);
    Diagnostics found;
    const auto file = config::parse_collector(std::string(builtin.yaml), name + ".yaml", name, found);
    REQUIRE(file.has_value());
    for (const config::Rule& rule : file->rules)
      for (const config::Metric& metric : rule.metrics) {
        INFO(name << ": " << metric.name.text << ": " << metric.help.text);
        const bool is_known = std::any_of(std::begin(known), std::end(known), [&](const Known& k) {
          return name == k.collector && metric.name.text.starts_with(k.prefix);
        });
        const bool says = metric.help.text.ends_with(" (as of the last good poll).");
        CHECK(says != is_known);
        ++(is_known ? exact : cached);
      }
  }
  CHECK(cached >= 30);
  CHECK(exact >= 20);
}
