// The values of RFC 9535's comparisons (section 2.3.5.2.2): scalars, structures, and Nothing.
#pragma once
#include <cstddef>
#include <string_view>

#include "core/number.h"
#include "decode/document.h"
#include "jsonpath/allowance.h"
#include "jsonpath/ast.h"

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

// Numbers are compared exactly over all their kinds, texts by code points, structures in depth.
// With the allowance exhausted the answer means nothing.
bool compare(const Value& left, ast::Comparison comparison, const Value& right, Allowance& allowance);

}  // namespace tallyman::jsonpath
