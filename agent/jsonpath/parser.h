// RFC 9535's grammar, with its rules of types (section 2.4.3), by recursive descent.
#pragma once
#include <string_view>
#include <vector>

#include "jsonpath/ast.h"
#include "jsonpath/query.h"

namespace tallyman::jsonpath {

// Filters, parentheses and function calls in one another.
inline constexpr int max_nesting = 100;

// `notes`, if given, gets what is legal and never true.
using Notes = std::vector<SyntaxError>;
boost::system::result<ast::Path, SyntaxError> parse_path(std::string_view text, Notes* notes = nullptr);
boost::system::result<ast::Logical, SyntaxError> parse_logical(std::string_view text, Notes* notes = nullptr);

}  // namespace tallyman::jsonpath
