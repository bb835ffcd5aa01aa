#include "config/collector_schema.h"

#include <cstdlib>
#include <map>
#include <string>

#include "config/builtin_collectors.h"
#include "config/yaml_tree.h"
#include "core/log.h"

namespace tallyman::config {

namespace {

using Lists = std::map<std::string, Words, std::less<>>;

// Of every `properties` of the schema, by pointer. The tree itself would take half a MiB for as long as the agent runs.
void collect(const Node& node, const std::string& pointer, Lists& out) {
  if (pointer.ends_with("/properties"))
    for (const Text& key : node.keys) out[pointer].push_back(key.text);
  for (std::size_t i = 0; i < node.keys.size(); ++i) collect(node.items[i], pointer + "/" + node.keys[i].text, out);
}

}  // namespace

Words schema_keys(std::string_view pointer) {
  static const Lists lists = [] {
    Lists out;
    Diagnostics found;
    const std::string text(collector_schema());  // JSON is YAML
    if (const auto schema = parse_yaml(text, "collector.schema.json", found)) collect(*schema, "", out);
    return out;
  }();
  const auto at = lists.find(pointer);
  if (at != lists.end()) return at->second;
  log::error("the built-in schema of collectors lacks a part; this is a bug of Tallyman",
             {{"part", std::string(pointer)}});
  std::abort();
}

}  // namespace tallyman::config
