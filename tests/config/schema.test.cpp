// collector.schema.json, which editors use, and the loader know the same keys and words. The loader is asked
// with a word that is none: it answers with those that are.
#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "config/collector_file.h"
#include "config/yaml_tree.h"
#include "support/catch.h"

using namespace tallyman;
using namespace tallyman::config;

namespace {

using Words = std::set<std::string>;
using Path = std::vector<std::string>;

const std::string no_word = "zzzzzzzzzzzz";

// "...; expected a, b or c" -> {a, b, c}
Words words_of_loader(const std::string& yaml) {
  Diagnostics found;
  parse_collector(yaml, "x.yaml", "x", found);
  for (const Diagnostic& d : found) {
    if (d.what.find("`" + no_word + "`") == std::string::npos) continue;
    const std::size_t at = d.what.find("; expected ");
    if (at == std::string::npos) continue;
    std::string list = d.what.substr(at + 11);
    if (const std::size_t last = list.rfind(" or "); last != std::string::npos) list.replace(last, 4, ", ");
    Words out;
    std::istringstream words(list);
    for (std::string word; words >> word;) out.insert(word.ends_with(',') ? word.substr(0, word.size() - 1) : word);
    return out;
  }
  return {};
}

// JSON is YAML. A number in the path is an index.
const Node& node_at(const Node& root, const Path& path) {
  const Node* at = &root;
  for (const std::string& key : path) {
    INFO(key);
    const Node* next = nullptr;
    if (at->kind == Node::Kind::map)
      next = at->find(key);
    else if (at->kind == Node::Kind::list && std::stoul(key) < at->items.size())
      next = &at->items[std::stoul(key)];
    REQUIRE(next != nullptr);
    at = next;
  }
  return *at;
}

// The keys of a map of the schema, the words of an `enum`, or the keys of all alternatives of a `oneOf`.
Words words_of_schema(const Node& node) {
  Words out;
  if (node.kind == Node::Kind::map)
    for (const Text& key : node.keys) out.insert(key.text);
  for (const Node& item : node.kind == Node::Kind::list ? node.items : std::vector<Node>()) {
    if (item.kind == Node::Kind::scalar)
      out.insert(item.text);
    else if (const Node* properties = item.find("properties"))
      out.merge(words_of_schema(*properties));
  }
  return out;
}

Node read_schema() {
  std::ifstream in(TALLYMAN_SOURCE_DIR "/collectors/collector.schema.json");
  std::ostringstream text;
  text << in.rdbuf();
  Diagnostics found;
  const std::optional<Node> schema = parse_yaml(text.str(), "collector.schema.json", found);
  for (const Diagnostic& d : found) UNSCOPED_INFO(to_string(d));
  REQUIRE(schema.has_value());
  return *schema;
}

const std::string start = "collector: x\nabout: t\n";
const std::string head = start + "requests: { r: {} }\n";
const std::string bad = no_word + ": 1";
const Path request = {"$defs", "request", "properties"}, forms = {"$defs", "value", "anyOf", "1", "oneOf"};

Path operator/(Path path, const Path& more) {
  path.insert(path.end(), more.begin(), more.end());
  return path;
}

std::string of_request(const std::string& keys) {
  return start + "requests: { r: { " + keys + " } }\nservice: { load: 1 }";
}
std::string of_metric(const std::string& keys) { return head + "service: { metrics: { m: { " + keys + " } } }"; }

}  // namespace

TEST_CASE("schema: it has the keys that the loader has") {
  const Node schema = read_schema();
  struct Row {
    std::string yaml;
    Path path;
  };
  const Path metric = {"$defs", "metric", "oneOf"}, step = {"$defs", "step", "oneOf"};
  const Row rows[] = {
      {head + bad, {"properties"}},
      {start + "login: { " + bad + " }", {"properties", "login", "properties"}},
      {of_request(bad), request},
      {of_request("for_each: { " + bad + " }"), request / Path{"for_each", "properties"}},
      {of_request("pages: { last: 1, " + bad + " }"), request / Path{"pages", "oneOf"}},
      {of_request("body: { " + bad + " }"), request / Path{"body", "oneOf"}},
      {of_request("body: { xmlrpc: { call: c, " + bad + " } }"),
       request / Path{"body", "oneOf", "3", "properties", "xmlrpc", "properties"}},
      {start + "tables: { t: { " + bad + " } }", {"properties", "tables", "additionalProperties", "properties"}},
      {start + "limits: { " + bad + " }", {"properties", "limits", "properties"}},
      {head + "workers: { " + bad + " }", {"$defs", "worker", "properties"}},
      {head + "queues: { " + bad + " }", {"$defs", "queue", "properties"}},
      {head + "service: { " + bad + " }", {"$defs", "service", "properties"}},
      {head + "service: { flatten: { " + bad + " } }", {"$defs", "service", "properties", "flatten", "properties"}},
      {head + "service: { load: 1, each: { first: [$.a], " + bad + " } }", step / Path{"1", "properties"}},
      {head + "service: { load: 1, each: { json: $.a, " + bad + " } }", step / Path{"2", "properties"}},
      {head + "service: { load: 1, each: { keys: $.a, match: a, " + bad + " } }", step / Path{"3", "properties"}},
      {of_metric("gauge: 1, help: h, " + bad), metric},
      {of_metric("help: h, histogram: { buckets: $.a, le: 1, " + bad + " }"),
       metric / Path{"4", "properties", "histogram", "properties"}},
      {head + "passthrough: { " + bad + " }", {"$defs", "passthrough", "properties"}},
      {head + "passthrough: { labels: { " + bad + " } }",
       {"$defs", "passthrough", "properties", "labels", "properties"}},
  };
  for (const Row& row : rows) {
    INFO(row.yaml);
    const Words loader = words_of_loader(row.yaml);
    CHECK_FALSE(loader.empty());
    CHECK(words_of_schema(node_at(schema, row.path)) == loader);
  }
}

TEST_CASE("schema: each operation has the modifiers that the loader has") {
  const Node schema = read_schema();
  Diagnostics found;
  parse_collector(head + "service: { load: { " + bad + " } }", "x.yaml", "x", found);
  REQUIRE(found.size() == 1);
  const std::string& all = found[0].what;  // names all operations, since it is near to none
  Words operations;
  for (const Node& form : node_at(schema, forms).items) {
    const std::string operation = node_at(form, {"required", "0"}).text;
    INFO(operation);
    CHECK(operations.insert(operation).second);
    Words loader = words_of_loader(head + "service: { load: { " + operation + ": $.a, " + bad + " } }");
    CHECK_FALSE(loader.empty());
    loader.insert(operation);
    CHECK(words_of_schema(node_at(form, {"properties"})) == loader);
    CHECK(all.find(operation) != std::string::npos);
  }
  CHECK(static_cast<std::size_t>(std::count(all.begin(), all.end(), ',')) + 2 == operations.size());
}

TEST_CASE("schema: it has the words that the loader has") {
  const Node schema = read_schema();
  struct Row {
    std::string yaml;
    Path path;
  };
  const Path rule = {"$defs"};
  const Path word = {"else", "enum"};
  const std::string value = ": " + no_word;
  std::vector<Row> rows = {
      {of_request("method" + value), request / Path{"method", "enum"}},
      {of_request("format" + value), request / Path{"format", "enum"}},
      {head + "workers: { worker: a, fold" + value + " }", rule / Path{"worker", "properties", "fold", "enum"}},
      {head + "queues: { queue: a, fold" + value + " }", rule / Path{"queue", "properties", "fold", "enum"}},
      {head + "service: { load: 1, fold" + value + " }", rule / Path{"service", "properties", "fold", "enum"}},
      {head + "passthrough: { fold" + value + " }", rule / Path{"passthrough", "properties", "fold", "enum"}},
      {head + "queues: { queue: a, tasks: { " + bad + " } }",
       rule / Path{"queue", "properties", "tasks", "anyOf", "0", "propertyNames", "enum"}},
      {head + "service: { tasks: { " + bad + " } }",
       rule / Path{"service", "properties", "tasks", "propertyNames", "enum"}},
      {head + "service: { workers: { " + bad + " } }",
       rule / Path{"service", "properties", "workers", "propertyNames", "enum"}},
      {head + "workers: { worker: a, state" + value + " }", rule / Path{"worker_state", "allOf", "1", "then"} / word},
      {head + "queues: { queue: a, tasks: 1, state" + value + " }",
       rule / Path{"task_state", "allOf", "1", "then"} / word},
      {of_metric("help: h, histogram: { buckets: $.a, le: 1, as" + value + " }"),
       rule / Path{"metric", "oneOf", "4", "properties", "histogram", "properties", "as", "enum"}},
  };
  const std::vector<Node>& all = node_at(schema, forms).items;
  for (std::size_t i = 0; i < all.size(); ++i)
    if (node_at(all[i], {"properties"}).find("as"))
      rows.push_back({head + "service: { load: { path: $.a, as" + value + " } }",
                      forms / Path{std::to_string(i), "properties", "as", "enum"}});
  for (const Row& row : rows) {
    INFO(row.yaml);
    const Words loader = words_of_loader(row.yaml);
    CHECK_FALSE(loader.empty());
    CHECK(words_of_schema(node_at(schema, row.path)) == loader);
  }
}
