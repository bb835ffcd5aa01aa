// Code points to UTF-8.
#pragma once
#include <string>

namespace tallyman::jsonpath {

inline void append_utf8(std::string& out, unsigned c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
    return;
  }
  if (c < 0x800) {
    out += static_cast<char>(0xC0 | c >> 6);
  } else {
    if (c < 0x10000) {
      out += static_cast<char>(0xE0 | c >> 12);
    } else {
      out += static_cast<char>(0xF0 | c >> 18);
      out += static_cast<char>(0x80 | (c >> 12 & 63));
    }
    out += static_cast<char>(0x80 | (c >> 6 & 63));
  }
  out += static_cast<char>(0x80 | (c & 63));
}

}  // namespace tallyman::jsonpath
