#include "decode/foreign_body.h"

#include <algorithm>
#include <cctype>

#include "core/labels.h"

namespace tallyman::decode {
namespace {

constexpr std::size_t max_title = 60;

bool starts_with_letters(std::string_view text, std::string_view start) {
  return equal_letters(text.substr(0, start.size()), start);
}

std::size_t find_letters(std::string_view text, std::string_view what) {
  const auto at = std::search(text.begin(), text.end(), what.begin(), what.end(),
                              [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
  return at == text.end() ? std::string_view::npos : static_cast<std::size_t>(at - text.begin());
}

}  // namespace

bool equal_letters(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](unsigned char x, unsigned char y) {
           return std::tolower(x) == std::tolower(y);
         });
}

std::string one_line(std::string_view text, std::size_t bytes) {
  std::string out;
  for (const char c : text) {
    const bool space = static_cast<unsigned char>(c) <= 0x20 || c == 0x7f;
    if (space && (out.empty() || out.back() == ' ')) continue;
    out += space ? ' ' : c;
  }
  if (!out.empty() && out.back() == ' ') out.pop_back();
  if (out.size() <= bytes) return out;
  out.resize(utf8_prefix(out, bytes).size());
  return out + "...";
}

std::optional<HtmlPage> html_page(std::string_view text) {
  if (!starts_with_letters(text, "<!doctype html") && !starts_with_letters(text, "<html")) return std::nullopt;
  text = text.substr(0, 4096);
  const std::size_t from = find_letters(text, "<title>");
  if (from == std::string_view::npos) return HtmlPage{};
  const std::string_view rest = text.substr(from + 7);
  return HtmlPage{one_line(rest.substr(0, rest.find('<')), max_title)};
}

}  // namespace tallyman::decode
