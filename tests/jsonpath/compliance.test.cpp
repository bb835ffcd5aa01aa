// The JSONPath compliance test suite, asked with our own queries: results, and normalized paths where it gives them.
#include "jsonpath/query.h"
#include "support/catch.h"
#include "support/compliance_suite.h"

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
  test::every_case("JSONPath compliance", wrong_with);
}
