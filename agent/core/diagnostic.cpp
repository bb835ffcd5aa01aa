#include "core/diagnostic.h"

#include <algorithm>

namespace tallyman {

std::string to_string(const Position& at) {
  std::string out = at.file ? *at.file : "?";
  if (at.line > 0) out += ":" + std::to_string(at.line) + ":" + std::to_string(at.column);
  return out;
}

std::string to_string(const Diagnostic& d) { return to_string(d.at) + ": " + (d.warning ? "warning: " : "") + d.what; }

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
