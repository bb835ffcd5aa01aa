// The text of a query under the parser's hand: characters, blanks, and the tokens of RFC 9535
// (names, integers, numbers, strings). The first error stays.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "jsonpath/ast.h"
#include "jsonpath/query.h"

namespace tallyman::jsonpath {

class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}

  bool end() const { return at_ >= text_.size(); }
  char now() const { return end() ? '\0' : text_[at_]; }  // NUL stands in no query outside strings
  bool next_is(std::string_view token) const { return text_.substr(at_, token.size()) == token; }
  bool take(std::string_view token);  // true and behind it if it comes next
  void blanks();
  std::size_t offset() const { return at_; }
  std::string_view rest() const { return text_.substr(at_); }
  void back_to(std::size_t offset) { at_ = offset; }
  std::string_view text_from(std::size_t offset) const { return text_.substr(offset, at_ - offset); }

  // These return false, for `return cursor.fail(...)`.
  bool fail(std::size_t offset, std::string what);
  bool expected(std::string_view what, std::string_view hint = {});  // "... but found 'x'"
  const std::optional<SyntaxError>& error() const { return error_; }

  bool check_utf8();
  bool name_ahead() const;           // the first character of a member name shorthand
  std::string shorthand();           // after name_ahead()
  bool integer(std::int64_t& out);   // of an index or a slice: the exact range of I-JSON
  bool number(ast::Literal& out);    // a literal
  bool string(std::string& out);     // a literal, at its quote
  std::string_view function_name();  // letters, digits, `_` after a lower-case letter; "" if none

 private:
  bool digit_ahead() const { return now() >= '0' && now() <= '9'; }
  bool digits(std::string_view after);
  bool escape(std::string& out, char quote);
  bool hex4(unsigned& unit);
  std::string found() const;
  std::string_view word_ahead() const;  // the name or character that comes, cut when it is long

  std::string_view text_;
  std::size_t at_ = 0;
  bool in_text_ = false;  // between quotes: no names there
  std::optional<SyntaxError> error_;
};

}  // namespace tallyman::jsonpath
