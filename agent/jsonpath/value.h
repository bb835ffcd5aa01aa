// The values of RFC 9535's comparisons (section 2.3.5.2.2): scalars, structures, and Nothing.
#pragma once
#include <cstddef>
#include <string_view>

#include "core/number.h"
#include "decode/document.h"
#include "jsonpath/ast.h"
#include "jsonpath/search.h"

namespace tallyman::jsonpath {

struct Value {
  enum class Kind : std::uint8_t {
    nothing,
    null,
    boolean,
    number,
    big,  // a number out of range: text is how it was written
    string,
    structure,  // an array or an object
  };
  Kind kind = Kind::nothing;
  bool boolean = false;
  Number number;
  std::string_view text;
  decode::Node node;

  static Value of(decode::Node node);  // nothing if no node
  static Value of(const ast::Literal& literal);
  static Value of(std::size_t count);
};

// What is left of the nodes an evaluation may look at.
class Budget {
 public:
  explicit Budget(std::size_t visits) : left_(visits) {}
  bool charge(std::size_t visits) {
    if (visits > left_) {
      left_ = 0;
      exhausted_ = true;
      return false;
    }
    left_ -= visits;
    return true;
  }
  bool charge(const Searched& search) {
    searching_ = !charge(search.visits);
    return !searching_;
  }
  bool exhausted() const { return exhausted_; }
  bool by_search() const { return searching_; }  // what exhausted it
  std::size_t left() const { return left_; }
  void exhaust() { exhausted_ = true; }

 private:
  std::size_t left_;
  bool exhausted_ = false;
  bool searching_ = false;
};

// Numbers are compared exactly over all their kinds, texts by code points, structures in depth.
// With the budget exhausted the answer means nothing.
bool compare(const Value& left, ast::Comparison comparison, const Value& right, Budget& budget);

}  // namespace tallyman::jsonpath
