// RFC 9535's grammar, with its rules of types (section 2.4.3), by recursive descent.
#pragma once
#include <string_view>

#include "jsonpath/ast.h"
#include "jsonpath/query.h"

namespace tallyman::jsonpath {

// Filters, parentheses and function calls in one another.
inline constexpr int max_nesting = 100;

boost::system::result<ast::Path, SyntaxError> parse_path(std::string_view text);
boost::system::result<ast::Logical, SyntaxError> parse_logical(std::string_view text);

}  // namespace tallyman::jsonpath
