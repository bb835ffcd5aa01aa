// Letters of ASCII: names of headers, hosts and schemes are compared by these, whatever the locale.
#pragma once
#include <string>

namespace tallyman {

inline std::string small_letters(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return text;
}

}  // namespace tallyman
