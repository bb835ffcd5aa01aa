#include "importer/kube_lexeme.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

namespace tallyman::importer {

bool is_shorthand(const std::string& name) {
  return !name.empty() && is_letter(name[0]) &&
         std::all_of(name.begin(), name.end(), [](char c) { return is_letter(c) || is_digit(c); });
}

std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) < 0x20) {
      std::array<char, 8> escape{};
      std::snprintf(escape.data(), escape.size(), "\\u%04x", static_cast<unsigned>(c));
      out += escape.data();
    } else {
      out += c;
    }
  }
  return out + "'";
}

Piece trimmed(Piece p) {
  while (!p.text.empty() && is_blank(p.text.front())) {
    p.text.remove_prefix(1);
    ++p.offset;
  }
  while (!p.text.empty() && is_blank(p.text.back())) p.text.remove_suffix(1);
  return p;
}

// Where `text[at]`, a quote, ends: the place of the closing one.
std::size_t quote_end(std::string_view text, std::size_t at) {
  for (std::size_t i = at + 1; i < text.size(); ++i) {
    if (text[i] == '\\')
      ++i;
    else if (text[i] == text[at])
      return i;
  }
  return std::string_view::npos;
}

std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    out += text[i];
  }
  return out;
}

std::optional<long long> integer(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  long long n = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), n);
  constexpr long long most = (1LL << 53) - 1;  // of RFC 9535
  if (text.empty() || ec != std::errc() || end != text.data() + text.size() || n > most || n < -most)
    return std::nullopt;
  return n;
}

// A number as RFC 9535 and JSON write it.
bool is_json_number(std::string_view s) {
  std::size_t i = 0;
  const auto digits = [&] {
    const std::size_t first = i;
    while (i < s.size() && is_digit(s[i])) ++i;
    return i > first;
  };
  if (i < s.size() && s[i] == '-') ++i;
  const std::size_t whole = i;
  if (!digits() || (s[whole] == '0' && i > whole + 1)) return false;
  if (i < s.size() && s[i] == '.') {
    ++i;
    if (!digits()) return false;
  }
  if (i < s.size() && (s[i] == 'e' || s[i] == 'E')) {
    ++i;
    if (i < s.size() && (s[i] == '+' || s[i] == '-')) ++i;
    if (!digits()) return false;
  }
  return i == s.size();
}

}  // namespace tallyman::importer
