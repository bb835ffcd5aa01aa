// What a body is that was meant to be something else: the words for it. Private to decode/.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace tallyman::decode {

// One line of at most `bytes`, cut at a character, blanks and control characters as one blank.
std::string one_line(std::string_view text, std::size_t bytes);

// `HTML`, or `HTML` and what the page calls itself, for "the body is ..., not X"; none of what is no page.
// `text` starts after a byte order mark and blanks.
struct HtmlPage {
  std::string title;  // may be empty
};
std::optional<HtmlPage> html_page(std::string_view text);

// Letters are equal whatever their case.
bool equal_letters(std::string_view a, std::string_view b);

}  // namespace tallyman::decode
