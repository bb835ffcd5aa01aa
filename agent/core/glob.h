// `*` (any text) and `?` (any character) over a whole name, in time that grows with the name and not with how often `*`
// could stand for something else: names come from targets.
#pragma once
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace tallyman {

namespace glob_detail {

// `piece` has no `*`; `text` is as long or longer.
inline bool fits(std::string_view piece, std::string_view text) {
  for (std::size_t i = 0; i < piece.size(); ++i)
    if (piece[i] != '?' && piece[i] != text[i]) return false;
  return true;
}

inline std::size_t find(std::string_view text, std::string_view piece) {
  if (text.size() < piece.size()) return text.npos;
  if (piece.find('?') == piece.npos) {
    const void* const at = ::memmem(text.data(), text.size(), piece.data(), piece.size());  // linear
    return at ? static_cast<std::size_t>(static_cast<const char*>(at) - text.data()) : text.npos;
  }
  for (std::size_t at = 0; at + piece.size() <= text.size(); ++at)
    if (fits(piece, text.substr(at))) return at;
  return text.npos;
}

}  // namespace glob_detail

inline bool glob_match(std::string_view glob, std::string_view name) {
  const std::size_t first = glob.find('*'), last = glob.rfind('*');
  if (first == glob.npos) return glob.size() == name.size() && glob_detail::fits(glob, name);
  const std::string_view head = glob.substr(0, first), tail = glob.substr(last + 1);
  if (name.size() < head.size() + tail.size()) return false;
  if (!glob_detail::fits(head, name) || !glob_detail::fits(tail, name.substr(name.size() - tail.size()))) return false;
  name = name.substr(head.size(), name.size() - head.size() - tail.size());
  // Where a piece is first is the best place for it: it leaves the most to those behind it.
  for (std::size_t at = first + 1; at <= last;) {
    const std::size_t end = glob.find('*', at);
    const std::string_view piece = glob.substr(at, end - at);
    const std::size_t found = piece.empty() ? 0 : glob_detail::find(name, piece);
    if (found == name.npos) return false;
    name.remove_prefix(found + piece.size());
    at = end + 1;
  }
  return true;
}

inline bool any_glob(const std::vector<std::string>& globs, std::string_view name) {
  for (const std::string& glob : globs)
    if (glob_match(glob, name)) return true;
  return false;
}

}  // namespace tallyman
