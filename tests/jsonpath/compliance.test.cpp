// The JSONPath compliance test suite (github.com/jsonpath-standard/jsonpath-compliance-test-suite),
// read with our own Document and asked with our own queries. It is not part of this repository:
// $JSONPATH_CTS names cts.json, else it is looked for beside the source tree.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "jsonpath/query.h"
#include "support/catch.h"

using namespace tallyman;
using decode::Document;
using decode::Node;

namespace {

std::string json_of(Node node) {
  std::string out;
  decode::append_json(out, node);
  return out;
}

// The nodes as one JSON array, as the suite writes its results.
std::string json_of(const std::vector<Node>& nodes) {
  std::string out = "[";
  for (const Node node : nodes) {
    if (out.size() > 1) out += ',';
    decode::append_json(out, node);
  }
  return out + "]";
}

std::string json_of(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const std::string& text : texts) {
    if (out.size() > 1) out += ',';
    decode::append_json_string(out, text);
  }
  return out + "]";
}

// "" if the case is as it should be.
std::string wrong_with(Node test) {
  const auto query = jsonpath::Query::parse(test.member("selector").text());
  if (test.member("invalid_selector")) return query ? "accepted, though invalid" : "";
  if (!query) return "refused at " + std::to_string(query.error().offset) + ": " + query.error().what;
  const Node document = test.member("document");
  std::vector<std::string> paths;
  const std::string nodes = json_of(query->nodes(document, document, &paths));
  const std::string places = json_of(paths);
  if (const Node result = test.member("result"))
    return nodes == json_of(result) && places == json_of(test.member("result_paths")) ? "" : nodes + " " + places;
  const Node results = test.member("results"), results_paths = test.member("results_paths");
  for (const Node::Child c : results.children())
    if (json_of(c.node) == nodes && json_of(results_paths.element(c.index)) == places) return "";
  return nodes + " " + places;
}

}  // namespace

TEST_CASE("jsonpath: the compliance test suite passes, every case of it") {
  const char* const named = std::getenv("JSONPATH_CTS");
  const std::string path = named ? named : TALLYMAN_SOURCE_DIR "/../shared/conformance/jsonpath/cts.json";
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    if (named) FAIL("JSONPATH_CTS names " << path << ", which cannot be read");
    std::printf("SKIPPED: JSONPath compliance: no %s (set JSONPATH_CTS to the suite's cts.json)\n", path.c_str());
    return;
  }
  std::stringstream text;
  text << file.rdbuf();
  Document suite;
  const auto parsed = suite.parse(text.str());
  INFO((parsed ? "" : parsed.error().detail));
  REQUIRE(parsed.has_value());

  std::size_t passed = 0, all = 0;
  for (const Node::Child c : suite.root().member("tests").children()) {
    ++all;
    const std::string wrong = wrong_with(c.node);
    passed += wrong.empty();
    if (wrong.empty()) continue;
    std::string_view name = c.node.member("name").text(), selector = c.node.member("selector").text();
    UNSCOPED_INFO(name << ": " << selector);
    CHECK(wrong == "");
  }
  std::printf("JSONPath compliance: %zu of %zu\n", passed, all);
  CHECK(all >= 703);
  CHECK(passed == all);
}
