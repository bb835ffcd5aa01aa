#include "core/diagnostic.h"

#include <algorithm>
#include <array>

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

constexpr std::size_t compared = 64;  // bytes of a name

// Edit distance where a swap of neighbours counts as one, as fingers do. At least `most` if it is that and more.
std::size_t distance(std::string_view a, std::string_view b, std::size_t most) {
  if (std::max(a.size(), b.size()) - std::min(a.size(), b.size()) >= most) return most;
  std::array<std::array<std::size_t, compared + 1>, 3> rows;  // of `a`: the last three
  for (std::size_t j = 0; j <= b.size(); ++j) rows[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    auto& row = rows[i % 3];
    const auto &last = rows[(i - 1) % 3], &before = rows[(i + 1) % 3];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  return rows[a.size() % 3][b.size()];
}

}  // namespace

std::string nearest(std::string_view word, const std::vector<std::string>& known) {
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string& k : known)
    if (const std::size_t d =
            distance(word.substr(0, compared), std::string_view(k).substr(0, compared), best_distance);
        d < best_distance) {
      best = k;
      best_distance = d;
    }
  return best;
}

}  // namespace tallyman
