#include "core/number.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>

namespace tallyman {

Number Number::of(double v) { return Number(Kind::real, std::bit_cast<std::uint64_t>(v)); }

double Number::real() const {
  switch (kind_) {
    case Kind::int64:
      return static_cast<double>(int64());
    case Kind::uint64:
      return static_cast<double>(bits_);
    case Kind::real:
      break;
  }
  return std::bit_cast<double>(bits_);
}

namespace {

__extension__ typedef __int128 Wide;

Wide wide(Number n) { return n.kind() == Number::Kind::int64 ? Wide(n.int64()) : Wide(n.uint64()); }

Number narrow(Wide w) {
  if (w >= INT64_MIN && w <= INT64_MAX) return Number::of(static_cast<std::int64_t>(w));
  if (w >= 0 && w <= UINT64_MAX) return Number::of_unsigned(static_cast<std::uint64_t>(w));
  return Number::of(static_cast<double>(w));
}

// An integer against a double, without rounding the integer.
int compare_mixed(Wide i, double d) {
  if (std::isnan(d)) return 1;
  if (d >= 18446744073709551616.0) return -1;
  if (d < -9223372036854775808.0) return 1;
  const double whole = std::trunc(d);
  const Wide w = static_cast<Wide>(whole);
  if (i != w) return i < w ? -1 : 1;
  const double rest = d - whole;
  return rest > 0 ? -1 : rest < 0 ? 1 : 0;
}

}  // namespace

Number add(Number a, Number b) {
  if (a.is_integer() && b.is_integer()) return narrow(wide(a) + wide(b));
  return Number::of(a.real() + b.real());
}

Number subtract(Number a, Number b) {
  if (a.is_integer() && b.is_integer()) return narrow(wide(a) - wide(b));
  return Number::of(a.real() - b.real());
}

int compare(Number a, Number b) {
  if (a.is_integer() && b.is_integer()) {
    const Wide x = wide(a), y = wide(b);
    return x < y ? -1 : x > y ? 1 : 0;
  }
  if (a.is_integer()) return compare_mixed(wide(a), b.real());
  if (b.is_integer()) return -compare_mixed(wide(b), a.real());
  const double x = a.real(), y = b.real();
  if (std::isnan(x) || std::isnan(y)) return std::isnan(x) && std::isnan(y) ? 0 : std::isnan(x) ? -1 : 1;
  return x < y ? -1 : x > y ? 1 : 0;
}

std::size_t write_number(char* out, Number value) {
  switch (value.kind()) {
    case Number::Kind::int64:
      return std::to_chars(out, out + max_number_text, value.int64()).ptr - out;
    case Number::Kind::uint64:
      return std::to_chars(out, out + max_number_text, value.uint64()).ptr - out;
    case Number::Kind::real:
      break;
  }
  const double d = value.real();
  if (std::isnan(d)) return std::memcpy(out, "NaN", 3), 3;
  if (std::isinf(d)) return std::memcpy(out, d > 0 ? "+Inf" : "-Inf", 4), 4;
  // Whole doubles up to 2^53 are written as integers; the common case of rates and loads.
  if (d >= -9007199254740992.0 && d <= 9007199254740992.0) {
    const auto whole = static_cast<std::int64_t>(d);
    if (static_cast<double>(whole) == d && (whole != 0 || !std::signbit(d)))
      return std::to_chars(out, out + max_number_text, whole).ptr - out;
  }
  return std::to_chars(out, out + max_number_text, d).ptr - out;
}

void append_number(std::string& out, Number value) {
  char text[max_number_text];
  out.append(text, write_number(text, value));
}

std::string to_text(Number value) {
  std::string out;
  append_number(out, value);
  return out;
}

}  // namespace tallyman
