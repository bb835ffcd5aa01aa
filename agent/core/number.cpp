#include "core/number.h"

#include <array>
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

namespace {

// Two digits at a time; most numbers of an exposition have one to four.
constexpr auto digit_pairs = [] {
  std::array<char, 200> pairs{};
  for (std::size_t i = 0; i < 100; ++i) {
    pairs[2 * i] = static_cast<char>('0' + i / 10);
    pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}();

char* write_small(char* out, std::uint32_t v) {  // below 10,000
  if (v < 10) return *out = static_cast<char>('0' + v), out + 1;
  if (v < 100) return std::memcpy(out, &digit_pairs[2 * v], 2), out + 2;
  if (v < 1000) {
    *out = static_cast<char>('0' + v / 100);
    return std::memcpy(out + 1, &digit_pairs[2 * (v % 100)], 2), out + 3;
  }
  std::memcpy(out, &digit_pairs[2 * (v / 100)], 2);
  return std::memcpy(out + 2, &digit_pairs[2 * (v % 100)], 2), out + 4;
}

char* write_whole(char* out, std::uint64_t v) {
  return v < 10000 ? write_small(out, static_cast<std::uint32_t>(v)) : std::to_chars(out, out + max_number_text, v).ptr;
}

char* write_whole(char* out, std::int64_t v) {
  if (v >= 0) return write_whole(out, static_cast<std::uint64_t>(v));
  *out = '-';
  return write_whole(out + 1, -static_cast<std::uint64_t>(v));
}

// Decimals of at most three fraction digits: percentages, load averages, milliseconds. Null if
// `d` is none. A decimal of at most 15 digits is the only one of that length near its double, so
// it is the shortest text, if dividing gives the double back.
char* write_thousandths(char* out, double d) {
  const double scaled = d * 1000;
  if (!(scaled > -1e15 && scaled < 1e15)) return nullptr;
  const auto thousandths = static_cast<std::int64_t>(scaled + (d < 0 ? -0.5 : 0.5));
  if (static_cast<double>(thousandths) / 1000 != d || thousandths == 0) return nullptr;
  std::uint64_t rest = static_cast<std::uint64_t>(thousandths);
  if (d < 0) {
    *out++ = '-';
    rest = -rest;
  }
  out = write_whole(out, rest / 1000);
  const auto fraction = static_cast<std::uint32_t>(rest % 1000);
  if (fraction == 0) return out;
  *out = '.';
  out[1] = static_cast<char>('0' + fraction / 100);
  std::memcpy(out + 2, &digit_pairs[2 * (fraction % 100)], 2);
  return out + (fraction % 10 != 0 ? 4 : fraction % 100 != 0 ? 3 : 2);
}

}  // namespace

std::size_t write_number(char* out, Number value) {
  switch (value.kind()) {
    case Number::Kind::int64:
      return write_whole(out, value.int64()) - out;
    case Number::Kind::uint64:
      return write_whole(out, value.uint64()) - out;
    case Number::Kind::real:
      break;
  }
  const double d = value.real();
  if (char* const end = write_thousandths(out, d)) return end - out;
  if (std::isnan(d)) return std::memcpy(out, "NaN", 3), 3;
  if (std::isinf(d)) return std::memcpy(out, d > 0 ? "+Inf" : "-Inf", 4), 4;
  // Whole doubles up to 2^53 are written as integers.
  if (d >= -9007199254740992.0 && d <= 9007199254740992.0) {
    const auto whole = static_cast<std::int64_t>(d);
    if (static_cast<double>(whole) == d && (whole != 0 || !std::signbit(d))) return write_whole(out, whole) - out;
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
