// `*` (any text) and `?` (any character) over a whole name.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace tallyman {

inline bool glob_match(std::string_view glob, std::string_view name) {
  std::size_t g = 0, n = 0, star = std::string_view::npos, mark = 0;
  while (n < name.size()) {
    if (g < glob.size() && (glob[g] == '?' || (glob[g] == name[n] && glob[g] != '*'))) {
      ++g, ++n;
    } else if (g < glob.size() && glob[g] == '*') {
      star = g++;
      mark = n;
    } else if (star != std::string_view::npos) {
      g = star + 1;
      n = ++mark;
    } else {
      return false;
    }
  }
  while (g < glob.size() && glob[g] == '*') ++g;
  return g == glob.size();
}

inline bool any_glob(const std::vector<std::string>& globs, std::string_view name) {
  for (const std::string& glob : globs)
    if (glob_match(glob, name)) return true;
  return false;
}

}  // namespace tallyman
