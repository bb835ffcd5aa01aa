// Why a value is missing or wrong, and where, in words for people: how far its path goes and what is there instead.
// Looks at one item with the evaluator's eyes and changes nothing of what it counts, but pays from its allowance.
#pragma once
#include <string>

#include "map/evaluate.h"
#include "map/explanation.h"
#include "map/program.h"

namespace tallyman::map {

// Where a header is looked for.
constexpr const char* whole_answer = "the answer";

class Why {
 public:
  Why(Evaluator& at, const WalkPlan& walk, const Program& program) : at_(at), walk_(walk), program_(program) {}

  // `is`: what value() gave: missing, or failed.
  Explanation::Example value(const ValuePlan& plan, const Datum& is);
  Explanation::Example query(const QueryPlan& query);  // that selects nothing
  Explanation::Example item() const;                   // where it is; the reason is left open
  std::string where(decode::Node node) const;

 private:
  Explanation::Example node(decode::Node node, const Modifiers* with, Want want, const Datum& is);
  Explanation::Example list(const ValuePlan& plan, const Datum& is);
  Explanation::Example nodes(const ValuePlan& plan, const Datum& is);

  Evaluator& at_;
  const WalkPlan& walk_;
  const Program& program_;
};

// Where a query ends that selects nothing: "has no member `workers`; nearest is `worker`; it has: ...".
std::string ends(const jsonpath::Query::Reach& reach, jsonpath::Allowance& allowance);
// Where the first step of a walk ends that gives no item. Nothing is known with the allowance exhausted.
std::string why_no_item(const WalkPlan& walk, decode::Node root, jsonpath::Allowance& allowance);
// A node as a sentence about it goes on: "is the text \"n/a\"", "is an object of 3 members".
std::string what_is(decode::Node node);

}  // namespace tallyman::map
