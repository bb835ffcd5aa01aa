#include "map/template_text.h"

namespace tallyman::map {
namespace {

bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
}

// Length of `{name}` at the front of `text`, 0 if there is none.
std::size_t variable_length(std::string_view text) {
  if (!text.starts_with('{')) return 0;
  std::size_t n = 1;
  while (n < text.size() && is_name_char(text[n])) ++n;
  return n > 1 && n < text.size() && text[n] == '}' ? n + 1 : 0;
}

}  // namespace

void split_template(std::string_view text, const std::function<void(std::string_view)>& literal,
                    const std::function<void(std::string_view, std::size_t)>& variable) {
  std::string plain;
  const auto flush = [&] {
    if (!plain.empty()) literal(plain);
    plain.clear();
  };
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] != '{') {
      plain += text[i++];
      continue;
    }
    if (const std::size_t escaped = variable_length(text.substr(i + 1)); escaped != 0) {  // {{name}
      plain += text.substr(i + 1, escaped);
      i += 1 + escaped;
    } else if (const std::size_t length = variable_length(text.substr(i)); length != 0) {
      flush();
      variable(text.substr(i + 1, length - 2), i);
      i += length;
    } else {
      plain += text[i++];
    }
  }
  flush();
}

std::optional<std::string_view> only_variable(std::string_view text) {
  const std::size_t length = variable_length(text);
  if (length == 0 || length != text.size()) return std::nullopt;
  return text.substr(1, length - 2);
}

}  // namespace tallyman::map
