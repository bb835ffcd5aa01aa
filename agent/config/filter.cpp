#include "config/agent_config.h"

namespace tallyman::config {
namespace {

bool glob_matches(std::string_view pattern, std::string_view text) {
  // The classic walk with one point of return: linear but for the star in hand.
  std::size_t p = 0, t = 0, star = std::string_view::npos, mark = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      mark = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p, ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++mark;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

bool any_matches(const std::vector<std::string>& patterns, std::string_view text) {
  for (const std::string& pattern : patterns)
    if (glob_matches(pattern, text)) return true;
  return false;
}

}  // namespace

bool Filter::keeps_family(std::string_view name) const {
  return (keep.empty() || any_matches(keep, name)) && !any_matches(drop, name);
}

bool Filter::keeps_label(std::string_view name) const {
  return (keep_labels.empty() || any_matches(keep_labels, name)) && !any_matches(drop_labels, name);
}

}  // namespace tallyman::config
