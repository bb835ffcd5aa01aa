// Scalars by the core schema of YAML 1.2, section 10.3.2.
#include <charconv>
#include <limits>

#include "config/yaml_tree.h"

namespace tallyman::config {
namespace {

bool all_of(std::string_view s, std::string_view set) {
  return !s.empty() && s.find_first_not_of(set) == std::string_view::npos;
}

constexpr std::string_view digits = "0123456789";

// [-+]?[0-9]+, 0o[0-7]+, 0x[0-9a-fA-F]+; false if `s` is none of them.
bool read_integer(std::string_view s, Number& out) {
  int base = 10;
  bool negative = false;
  if (s.starts_with("0x") && all_of(s.substr(2), "0123456789abcdefABCDEF")) {
    base = 16;
    s.remove_prefix(2);
  } else if (s.starts_with("0o") && all_of(s.substr(2), "01234567")) {
    base = 8;
    s.remove_prefix(2);
  } else {
    if (s.starts_with('-') || s.starts_with('+')) {
      negative = s[0] == '-';
      s.remove_prefix(1);
    }
    if (!all_of(s, digits)) return false;
  }
  const char* const end = s.data() + s.size();
  std::uint64_t magnitude = 0;
  const bool fits = std::from_chars(s.data(), end, magnitude, base).ec == std::errc();
  if (fits && !negative) {
    out = Number::of_unsigned(magnitude);
  } else if (fits && magnitude <= std::uint64_t{1} << 63) {
    out = Number::of(static_cast<std::int64_t>(~magnitude + 1));
  } else if (base == 10) {  // over 64 bits: the nearest double; over that a text
    double real = 0;
    if (std::from_chars(s.data(), end, real).ec != std::errc()) return false;
    out = Number::of(negative ? -real : real);
  } else {
    return false;
  }
  return true;
}

// [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?, .inf, .nan
bool read_real(std::string_view s, Number& out) {
  if (s == ".nan" || s == ".NaN" || s == ".NAN") {
    out = Number::of(std::numeric_limits<double>::quiet_NaN());
    return true;
  }
  const bool negative = s.starts_with('-');
  if (negative || s.starts_with('+')) s.remove_prefix(1);
  double real = 0;
  if (s == ".inf" || s == ".Inf" || s == ".INF") {
    real = std::numeric_limits<double>::infinity();
  } else {
    const std::size_t exponent = s.find_first_of("eE");
    const std::string_view mantissa = s.substr(0, exponent);
    const std::size_t dot = mantissa.find('.');
    const std::string_view whole = mantissa.substr(0, dot);
    const std::string_view part = dot == std::string_view::npos ? "" : mantissa.substr(dot + 1);
    if (whole.empty() && part.empty()) return false;
    if (!whole.empty() && !all_of(whole, digits)) return false;
    if (!part.empty() && !all_of(part, digits)) return false;
    if (exponent != std::string_view::npos) {
      std::string_view e = s.substr(exponent + 1);
      if (e.starts_with('-') || e.starts_with('+')) e.remove_prefix(1);
      if (!all_of(e, digits)) return false;
    }
    const auto [end, ec] = std::from_chars(s.data(), s.data() + s.size(), real);
    if (end != s.data() + s.size()) return false;
    if (ec != std::errc()) return false;  // over the range of a double: stays a text
  }
  out = Number::of(negative ? -real : real);
  return true;
}

}  // namespace

Scalar scalar_of(const Node& node) {
  if (node.kind == Node::Kind::null) return std::monostate{};
  const std::string& s = node.text;
  if (node.quoted) return s;
  if (s == "true" || s == "True" || s == "TRUE") return true;
  if (s == "false" || s == "False" || s == "FALSE") return false;
  Number number;
  if (read_integer(s, number) || read_real(s, number)) return number;
  return s;
}

std::string to_text(const Scalar& scalar) {
  if (const auto* b = std::get_if<bool>(&scalar)) return *b ? "true" : "false";
  if (const auto* n = std::get_if<Number>(&scalar)) return tallyman::to_text(*n);
  if (const auto* s = std::get_if<std::string>(&scalar)) return *s;
  return "";
}

}  // namespace tallyman::config
