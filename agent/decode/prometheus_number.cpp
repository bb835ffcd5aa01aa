#include <charconv>
#include <cmath>
#include <cstdlib>

#include "decode/prometheus_internal.h"

namespace tallyman::decode {

std::optional<Number> parse_prom_number(std::string_view text) {
  const bool minus = text.starts_with('-');
  if (minus || text.starts_with('+')) text.remove_prefix(1);
  if (text.empty() || text[0] == '-' || text[0] == '+') return {};
  const char* const end = text.data() + text.size();

  std::uint64_t digits = 0;
  if (const auto r = std::from_chars(text.data(), end, digits); r.ec == std::errc() && r.ptr == end) {
    if (!minus) return Number::of_unsigned(digits);
    if (digits == 0) return Number::of(-0.0);
    if (digits <= static_cast<std::uint64_t>(INT64_MAX) + 1) return Number::of(static_cast<std::int64_t>(0 - digits));
  }

  double d = 0;
  const auto r = std::from_chars(text.data(), end, d);
  if (r.ptr != end || text.back() == ')') return {};  // `nan(...)` is C's
  if (r.ec == std::errc::result_out_of_range) {
    d = std::strtod(std::string(text).c_str(), nullptr);  // tells too small from too large
    if (std::isinf(d)) return {};
  } else if (r.ec != std::errc()) {
    return {};
  }
  return Number::of(minus && !std::isnan(d) ? -d : d);
}

std::string canonical_float(std::string_view text) {
  const auto number = parse_prom_number(text);
  if (!number) return std::string(text);
  const double d = number->real();
  if (std::isnan(d)) return "NaN";
  if (std::isinf(d)) return d > 0 ? "+Inf" : "-Inf";
  if (d == 0) return "0.0";
  char buffer[40];
  const auto scientific = std::to_chars(buffer, buffer + sizeof buffer, d, std::chars_format::scientific);
  const std::string_view s(buffer, static_cast<std::size_t>(scientific.ptr - buffer));
  const std::size_t e = s.find('e');
  int exponent = 0;
  std::from_chars(s.data() + e + (s[e + 1] == '+' ? 2 : 1), s.data() + s.size(), exponent);
  if (exponent < -4 || exponent >= 6) return std::string(s);
  const auto fixed = std::to_chars(buffer, buffer + sizeof buffer, d, std::chars_format::fixed);
  std::string out(buffer, fixed.ptr);
  if (out.find('.') == std::string::npos) out += ".0";
  return out;
}

}  // namespace tallyman::decode
