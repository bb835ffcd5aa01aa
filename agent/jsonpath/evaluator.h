// Walks one document for one query or expression. Depth first: a node that the whole path
// selected is handed on at once, nothing is collected, so evaluation allocates nothing (but for
// slices that go backwards and patterns that come from the document).
//
// An Evaluator is a call's own: it has the patterns compiled on the way.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "jsonpath/ast.h"
#include "jsonpath/query.h"
#include "jsonpath/regex.h"
#include "jsonpath/value.h"

namespace tallyman::jsonpath {

// A node on the way of the walk; `parent` leads back to where the walk started.
struct Step : Located {
  const Step* parent = nullptr;
};

// As Visit, with the way to the node.
class StepVisit {
 public:
  template <class F>
    requires(!std::is_same_v<std::remove_cvref_t<F>, StepVisit>)
  StepVisit(F&& function)  // NOLINT: implicit, as Visit
      : object_(const_cast<void*>(static_cast<const void*>(std::addressof(function)))),
        call_([](void* object, const Step& step) -> bool {
          return (*static_cast<std::remove_reference_t<F>*>(object))(step);
        }) {}
  bool operator()(const Step& step) const { return call_(object_, step); }

 private:
  void* object_;
  bool (*call_)(void*, const Step&);
};

class Evaluator {
 public:
  Evaluator(decode::Node root, Allowance& allowance) : root_(root), allowance_(allowance) {}
  Evaluator(const Evaluator&) = delete;

  // Walks `path` from its segment `segment`, which starts at `start`.
  void walk(const ast::Path& path, std::size_t segment, const Step& start, StepVisit visit);
  // The node of a singular path, from its segment `segment`.
  decode::Node resolve(const ast::Path& path, std::size_t segment, decode::Node start);

  using Truth = Expression::Truth;
  // `test_rule`: comparisons of the expression itself may be missing (LANGUAGE 4.1).
  Truth evaluate(const ast::Logical& logical, decode::Node current, bool test_rule);

  bool exhausted() const { return allowance_.exhausted; }

 private:
  bool follow(const ast::Path& path, std::size_t segment, const Step& at, StepVisit visit);
  bool descend(const ast::Path& path, std::size_t segment, const Step& at, StepVisit visit);
  bool select(const ast::Path& path, std::size_t segment, const Step& at, StepVisit visit);
  bool select_slice(const ast::Path& path, std::size_t segment, const ast::Selector& slice, const Step& at,
                    StepVisit visit);

  decode::Node start_of(const ast::Path& path, decode::Node current) const { return path.relative ? current : root_; }
  // The node of a singular path within an expression.
  decode::Node singular(const ast::Path& path, decode::Node current);
  decode::Node child(const ast::Selector& selector, decode::Node parent);
  bool exists(const ast::Path& path, decode::Node current);
  Value value(const ast::Operand& operand, decode::Node current);
  Value call(const ast::Function& function, decode::Node current);
  bool matches(const ast::Function& function, decode::Node current);
  const Pattern* pattern(std::string_view text, bool anchored);

  struct Compiled {
    std::string text;
    bool anchored;
    std::unique_ptr<const Pattern> pattern;
  };

  decode::Node root_;
  Allowance& allowance_;
  int depth_ = 0;                   // of the recursion
  std::vector<Compiled> compiled_;  // patterns of the document, the last few
  std::size_t oldest_ = 0;
};

}  // namespace tallyman::jsonpath
