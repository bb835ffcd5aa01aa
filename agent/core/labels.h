// Label text: writing it escaped, reading it back, making names legal.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tallyman {

using Labels = std::vector<std::pair<std::string, std::string>>;  // name, value (plain text)

bool is_metric_name(std::string_view name);  // [a-zA-Z_:][a-zA-Z0-9_:]*
bool is_label_name(std::string_view name);   // [a-zA-Z_][a-zA-Z0-9_]*
// Every byte that may not stand becomes `_`; a leading digit gets one before it; "" becomes "_".
std::string legal_metric_name(std::string_view name);
std::string legal_label_name(std::string_view name);

// Appends `name="value"` with a comma before it if `out` is not empty. `\`, `"` and newline are
// escaped; bytes that are not UTF-8 become U+FFFD.
void append_label(std::string& out, std::string_view name, std::string_view value);

// Cuts a value of more than `limit` bytes at a character and appends `~` and 8 hex digits of its
// hash, so that different values stay different. True if it was cut.
bool limit_label_value(std::string& value, std::size_t limit);

// Reads label text back. Empty if it is not well formed (which our own text always is).
Labels parse_labels(std::string_view body);

// Length of the well-formed UTF-8 sequence at `at`, 0 if there is none.
std::size_t utf8_length(std::string_view text, std::size_t at);
bool is_utf8(std::string_view text);
// The longest beginning of at most `bytes` bytes that ends between characters.
std::string_view utf8_prefix(std::string_view text, std::size_t bytes);
std::string to_utf8(std::string_view text);  // what is not UTF-8 becomes U+FFFD

}  // namespace tallyman
