// The JSONPath compliance test suite through what collectors run: each selector is compiled as an `each` step and as
// the query of a value, and asked the way a poll asks. Results only: rules have no normalized paths (tests/jsonpath
// has).
#include "map/compile.h"
#include "map/item_walk.h"
#include "support/catch.h"
#include "support/compliance_suite.h"

using namespace tallyman;
using namespace tallyman::map;
using decode::Node;

namespace {

void append(std::string& list, Node node) {
  if (list.size() > 1) list += ',';
  decode::append_json(list, node);
}

// A rule's ways through one document.
class Rule {
 public:
  explicit Rule(std::string_view selector) {
    Compiling compiling{file_, nullptr, found_, program_, {}, {}, {}, {}};
    config::Step step;
    step.queries.push_back({std::string(selector), {}});
    each_ = compile_walk(compiling, 0, {step});
    whole_ = compile_walk(compiling, 0, {});
    Scope scope;
    scope.walk = &whole_;
    value_ = compile_query(compiling, {std::string(selector), {}}, 0, scope);
    program_.tables.clear();
  }
  const Diagnostics& found() const { return found_; }

  // The nodes as a JSON array: those the step gives as items, those a value reads.
  std::string items(const Answer& answer) {
    std::string out = "[";
    run(each_, answer, [&] { append(out, at_.item(1).node); });
    return out + "]";
  }
  std::string values(const Answer& answer) {
    std::string out = "[";
    run(whole_, answer,
        [&] { at_.nodes(value_, [&](const jsonpath::Located& l) { return append(out, l.node), true; }); });
    return out + "]";
  }

 private:
  void run(const WalkPlan& plan, const Answer& answer, const std::function<void()>& visit) {
    RuleCounter counter{};
    at_.reset(program_);
    at_.begin(plan, answer, counter);
    walk(at_, plan, answer, counter, visit);
    CHECK_FALSE(at_.exhausted());
  }

  config::CollectorFile file_;
  Diagnostics found_;
  Program program_;
  WalkPlan each_, whole_;
  QueryPlan value_;
  Evaluator at_;
};

// What rules are to find of a result: all of it, but for the null that a single place holds, which is no value.
std::string wanted(Node result, bool singular) {
  std::string out = "[";
  for (const Node::Child c : result.children())
    if (!singular || !c.node.is_null()) append(out, c.node);
  return out + "]";
}

std::string wrong_with(Node test) {
  const std::string_view selector = test.member("selector").text();
  Rule rule(selector);
  if (test.member("invalid_selector")) {
    if (rule.found().size() < 2) return "accepted, though invalid";
    return rule.found()[0].what.find(", at its character ") == std::string::npos ? "no place: " + rule.found()[0].what
                                                                                 : "";
  }
  if (!rule.found().empty()) return rule.found()[0].what;
  const bool singular = jsonpath::Query::parse(selector)->singular();
  Answer answer;
  answer.document = std::make_unique<decode::Document>();
  std::string json;
  decode::append_json(json, test.member("document"));
  if (!answer.document->parse(std::move(json))) return "the document cannot be read again";
  const std::string items = rule.items(answer), values = rule.values(answer);
  if (items != values) return "items " + items + ", values " + values;
  if (const Node result = test.member("result")) return items == wanted(result, singular) ? "" : items;
  for (const Node::Child c : test.member("results").children())
    if (items == wanted(c.node, singular)) return "";
  return items;
}

}  // namespace

TEST_CASE("map: the compliance test suite passes through compiled rules, every case of it") {
  test::every_case("JSONPath compliance of compiled rules", wrong_with);
}
