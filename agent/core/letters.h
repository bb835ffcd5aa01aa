// Letters of ASCII: names of headers, hosts and schemes are compared by these, whatever the locale.
#pragma once
#include <span>
#include <string>

namespace tallyman {

inline void make_small(std::span<char> text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

inline std::string small_letters(std::string text) {
  make_small(text);
  return text;
}

}  // namespace tallyman
