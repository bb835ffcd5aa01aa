#include "config/collector_schema.h"

#include <cstdlib>
#include <optional>
#include <string>

#include "config/builtin_collectors.h"
#include "config/yaml_tree.h"
#include "core/log.h"

namespace tallyman::config {

Words schema_keys(std::string_view pointer) {
  static const std::optional<Node> schema = [] {  // JSON is YAML
    Diagnostics found;
    return parse_yaml(std::string(collector_schema()), "collector.schema.json", found);
  }();
  const Node* at = schema ? &*schema : nullptr;
  for (std::string_view rest = pointer; at != nullptr && !rest.empty();) {
    rest.remove_prefix(1);
    const std::string_view name = rest.substr(0, rest.find('/'));
    at = at->find(name);
    rest.remove_prefix(name.size());
  }
  if (at == nullptr || at->kind != Node::Kind::map) {
    log::error("the built-in schema of collectors lacks a part; this is a bug of Tallyman",
               {{"part", std::string(pointer)}});
    std::abort();
  }
  Words out;
  for (const Text& key : at->keys) out.push_back(key.text);
  return out;
}

}  // namespace tallyman::config
