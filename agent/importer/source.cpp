#include "importer/source.h"

#include <array>
#include <cstdio>

namespace tallyman::importer {

std::string Notes::comments(std::size_t first, const std::string& indent) const {
  std::string out;
  for (std::size_t i = first; i < out_.size(); ++i)
    out += indent + "# " + (out_[i].warning ? "" : "LEFT OUT: ") + one_line(to_string(out_[i])) + "\n";
  return out;
}

std::string yaml_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      std::array<char, 8> escape{};
      std::snprintf(escape.data(), escape.size(), "\\x%02x", static_cast<unsigned>(static_cast<unsigned char>(c)));
      out += escape.data();
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string yaml_name(const std::string& name) {
  for (const char* word : {"null", "Null", "NULL", "true", "True", "TRUE", "false", "False", "FALSE"})
    if (name == word) return yaml_text(name);
  return name.find(':') == std::string::npos ? name : yaml_text(name);
}

std::string without_variables(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '{') {
      std::size_t end = i + 1;
      const auto of_name = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
      };
      while (end < text.size() && of_name(text[end])) ++end;
      if (end > i + 1 && end < text.size() && text[end] == '}') out += '{';
    }
    out += text[i];
  }
  return out;
}

}  // namespace tallyman::importer
