#include "core/diagnostic.h"

#include <algorithm>

#include "core/labels.h"

namespace tallyman {

std::string to_string(const Position& at) {
  std::string out = at.file ? *at.file : "?";
  if (at.line > 0) out += ":" + std::to_string(at.line) + ":" + std::to_string(at.column);
  return out;
}

std::string one_line(std::string_view text) {
  std::string out;
  const auto escape = [&](std::string_view bytes) {
    static constexpr char digits[] = "0123456789abcdef";
    for (const char c : bytes) {
      const auto byte = static_cast<unsigned char>(c);
      out += {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
    }
  };
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t n = utf8_length(text, i);
    const std::string_view character = text.substr(i, n == 0 ? 1 : n);
    const auto first = static_cast<unsigned char>(character[0]);
    const bool c1 = n == 2 && first == 0xC2 && static_cast<unsigned char>(character[1]) < 0xA0;
    if (first == '\n' || first == '\t' || first == '\r')
      out += {'\\', first == '\n' ? 'n' : first == '\t' ? 't' : 'r'};
    else if (n == 0 || first < 0x20 || first == 0x7F || c1)
      escape(character);
    else
      out += character;
    i += character.size();
  }
  return out;
}

std::string to_string(const Diagnostic& d) {
  return one_line(to_string(d.at) + ": " + (d.warning ? "warning: " : "") + d.what);
}

bool has_errors(const Diagnostics& all) {
  return std::any_of(all.begin(), all.end(), [](const Diagnostic& d) { return !d.warning; });
}

namespace {

// Edit distance where a swap of neighbours counts as one, as fingers do.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i)
    for (std::size_t j = 1; j <= b.size(); ++j) {
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  return d[a.size()][b.size()];
}

}  // namespace

std::string nearest(std::string_view word, const std::vector<std::string>& known) {
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string& k : known)
    if (const std::size_t d = distance(word.substr(0, 64), std::string_view(k).substr(0, 64)); d < best_distance) {
      best = k;
      best_distance = d;
    }
  return best;
}

}  // namespace tallyman
