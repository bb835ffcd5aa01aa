// collector.schema.json, which editors use, and the loader know the same keys. The loader is asked
// with a key that is none: it answers with those that are.
#include <fstream>
#include <set>
#include <sstream>

#include "config/collector_file.h"
#include "config/yaml_tree.h"
#include "support/catch.h"

using namespace tallyman;
using namespace tallyman::config;

namespace {

using Keys = std::set<std::string>;

// "...; expected a, b or c" -> {a, b, c}
Keys keys_of_loader(const std::string& yaml) {
  Diagnostics found;
  parse_collector(yaml, "x.yaml", "x", found);
  for (const Diagnostic& d : found) {
    if (d.what.find("unknown key `zzzzzzzzzzzz`") == std::string::npos) continue;
    std::string list = d.what.substr(d.what.find("; expected ") + 11);
    if (const std::size_t last = list.rfind(" or "); last != std::string::npos) list.replace(last, 4, ", ");
    Keys out;
    std::istringstream words(list);
    for (std::string word; words >> word;) out.insert(word.ends_with(',') ? word.substr(0, word.size() - 1) : word);
    return out;
  }
  return {};
}

// JSON is YAML.
Keys keys_of_schema(const Node& root, const std::vector<std::string>& path) {
  const Node* at = &root;
  for (const std::string& key : path) {
    at = at->find(key);
    REQUIRE(at != nullptr);
  }
  Keys out;
  for (const Text& key : at->keys) out.insert(key.text);
  return out;
}

}  // namespace

TEST_CASE("schema: it has the keys that the loader has") {
  std::ifstream in(TALLYMAN_SOURCE_DIR "/collectors/collector.schema.json");
  std::ostringstream text;
  text << in.rdbuf();
  Diagnostics found;
  const std::optional<Node> schema = parse_yaml(text.str(), "collector.schema.json", found);
  for (const Diagnostic& d : found) UNSCOPED_INFO(to_string(d));
  REQUIRE(schema.has_value());

  const std::string head = "collector: x\nabout: t\nrequests: { r: {} }\n";
  struct Row {
    std::string yaml;
    std::vector<std::string> path;
  };
  const Row rows[] = {
      {head + "zzzzzzzzzzzz: 1\n", {"properties"}},
      {"login: { zzzzzzzzzzzz: 1 }", {"properties", "login", "properties"}},
      {"requests: { r: { zzzzzzzzzzzz: 1 } }", {"$defs", "request", "properties"}},
      {"requests: { r: { for_each: { zzzzzzzzzzzz: 1 } } }",
       {"$defs", "request", "properties", "for_each", "properties"}},
      {"tables: { t: { zzzzzzzzzzzz: 1 } }", {"properties", "tables", "additionalProperties", "properties"}},
      {"limits: { zzzzzzzzzzzz: 1 }", {"properties", "limits", "properties"}},
      {head + "workers: { zzzzzzzzzzzz: 1 }", {"$defs", "worker", "properties"}},
      {head + "queues: { zzzzzzzzzzzz: 1 }", {"$defs", "queue", "properties"}},
      {head + "service: { zzzzzzzzzzzz: 1 }", {"$defs", "service", "properties"}},
      {head + "service: { flatten: { zzzzzzzzzzzz: 1 } }", {"$defs", "service", "properties", "flatten", "properties"}},
      {head + "passthrough: { zzzzzzzzzzzz: 1 }", {"$defs", "passthrough", "properties"}},
      {head + "passthrough: { labels: { zzzzzzzzzzzz: 1 } }",
       {"$defs", "passthrough", "properties", "labels", "properties"}},
  };
  for (const Row& row : rows) {
    INFO(row.yaml);
    const Keys loader = keys_of_loader(row.yaml);
    CHECK_FALSE(loader.empty());
    CHECK(keys_of_schema(*schema, row.path) == loader);
  }
}
