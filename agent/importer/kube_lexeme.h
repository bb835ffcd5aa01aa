// The small parts of path templates and of queries: quotes, numbers, blanks. Pure.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace tallyman::importer {

inline bool is_digit(char c) { return c >= '0' && c <= '9'; }
inline bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
inline bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool is_shorthand(const std::string& name);               // may stand after a dot in RFC 9535; ours are ASCII
std::string quoted(const std::string& text);              // as a string of RFC 9535, in single quotes
std::string unescaped(std::string_view text);             // `\x` is x
bool is_json_number(std::string_view s);                  // as RFC 9535 and JSON write it
std::optional<long long> integer(std::string_view text);  // within RFC 9535's range; `+` may stand before it

// Leaves the reader of a template; caught in read_template.
struct Untranslatable {
  std::size_t offset;  // in the template
  std::string what;
};

struct Piece {
  std::size_t offset;  // in the template
  std::string_view text;
};
Piece trimmed(Piece p);

// Where `text[at]`, a quote, ends: the place of the closing one, or npos.
std::size_t quote_end(std::string_view text, std::size_t at);

}  // namespace tallyman::importer
