#include "config/expand.h"

namespace tallyman::config {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

Error bad(std::string what) { return error(Stage::config, std::move(what)); }

}  // namespace

bool is_variable_name(std::string_view name) {
  if (name.empty() || !is_letter(name[0])) return false;
  for (char c : name)
    if (!is_letter(c) && !(c >= '0' && c <= '9')) return false;
  return true;
}

Result<std::string> expand(std::string_view text, const Environment& environment) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    if (text[i] != '$' || (next != '$' && next != '{' && !is_letter(next))) {
      out += text[i++];
      continue;
    }
    if (next == '$') {
      out += '$';
      i += 2;
      continue;
    }
    if (next != '{') {
      std::size_t end = i + 1;
      while (end < text.size() && (is_letter(text[end]) || (text[end] >= '0' && text[end] <= '9'))) ++end;
      const std::string name(text.substr(i + 1, end - i - 1));
      return bad("`$" + name + "` is not a variable; write `${" + name + "}`, or `$$` for a dollar sign");
    }
    const std::size_t close = text.find('}', i);
    if (close == std::string_view::npos) return bad("`${` without `}`; write `$$` for a dollar sign");
    const std::string_view inside = text.substr(i + 2, close - i - 2);
    const std::size_t colon = inside.find(":-");
    const std::string name(inside.substr(0, colon));
    if (!is_variable_name(name))
      return bad("`${" + std::string(inside) + "}` is not a variable; expected ${NAME} or ${NAME:-default}");
    if (colon != std::string_view::npos && inside.find("${", colon) != std::string_view::npos)
      return bad("`${` in the default of `${" + name +
                 ":-..}`: variables are not filled in there; write the default out, or set `" + name +
                 "` and write ${" + name + "}");
    const std::optional<std::string> value = environment(name);
    const bool has_default = colon != std::string_view::npos;
    if (value && !(value->empty() && has_default))
      out += *value;
    else if (has_default)
      out += inside.substr(colon + 2);
    else
      return bad("the environment variable `" + name + "` is not set; set it, or write ${" + name + ":-default}");
    i = close + 1;
  }
  return out;
}

}  // namespace tallyman::config
