#include "map/kube_text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>
#include <vector>

namespace tallyman::map {
namespace {

// Go writes numbers in JSON without an exponent from 1e-6 to 1e21, and others as 1e-7 and 1e+21.
void append_number_in_json(std::string& out, Number number) {
  const double value = number.real();
  const double size = std::abs(value);
  if (number.kind() != Number::Kind::real || value == 0 || (size >= 1e-6 && size < 1e21))
    return append_decimal(out, number);
  char digits[64];
  const char* const end = std::to_chars(digits, digits + sizeof digits, value, std::chars_format::scientific).ptr;
  std::string text(digits, static_cast<std::size_t>(end - digits));
  if (const std::size_t zero = text.find("e-0"); zero != std::string::npos) text.erase(zero + 2, 1);
  out += text;
}

void append_string_in_json(std::string& out, std::string_view text) {
  const std::size_t from = out.size();
  decode::append_json_string(out, text);
  constexpr std::string_view special = "<>&\xE2";
  if (out.find_first_of(special, from) == std::string::npos) return;
  std::string escaped;
  for (std::size_t at = from; at < out.size(); ++at) {
    const std::string_view rest = std::string_view(out).substr(at);
    if (rest[0] == '<' || rest[0] == '>' || rest[0] == '&') {
      escaped += rest[0] == '<' ? "\\u003c" : rest[0] == '>' ? "\\u003e" : "\\u0026";
    } else if (rest.starts_with("\xE2\x80\xA8") || rest.starts_with("\xE2\x80\xA9")) {
      escaped += rest[2] == '\xA8' ? "\\u2028" : "\\u2029";
      at += 2;
    } else {
      escaped += rest[0];
    }
  }
  out.replace(from, std::string::npos, escaped);
}

}  // namespace

void append_decimal(std::string& out, Number number) {
  if (number.kind() != Number::Kind::real) return append_number(out, number);
  char digits[512];  // 1e308 has 309
  const char* const end = std::to_chars(digits, digits + sizeof digits, number.real(), std::chars_format::fixed).ptr;
  out.append(digits, static_cast<std::size_t>(end - digits));
}

// Recursive: a document is at most decode::max_depth deep.
void append_kube_json(std::string& out, decode::Node node) {
  using decode::Kind;
  switch (node.kind()) {
    case Kind::number:
      return append_number_in_json(out, node.number());
    case Kind::string:
      return append_string_in_json(out, node.text());
    case Kind::array: {
      out += '[';
      bool first = true;
      for (const decode::Node::Child child : node.children()) {
        if (!std::exchange(first, false)) out += ',';
        append_kube_json(out, child.node);
      }
      out += ']';
      return;
    }
    case Kind::object: {
      std::vector<std::pair<std::string_view, decode::Node>> members;
      members.reserve(node.size());
      for (const decode::Node::Child child : node.children()) members.emplace_back(child.key, child.node);
      std::sort(members.begin(), members.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
      out += '{';
      bool first = true;
      for (const auto& [name, value] : members) {
        if (!std::exchange(first, false)) out += ',';
        append_string_in_json(out, name);
        out += ':';
        append_kube_json(out, value);
      }
      out += '}';
      return;
    }
    case Kind::null:
    case Kind::boolean:
    case Kind::out_of_range:
      decode::append_json(out, node);
  }
}

}  // namespace tallyman::map
