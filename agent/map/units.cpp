#include "map/units.h"

#include <charconv>
#include <cmath>

namespace tallyman::map {
namespace {

__extension__ typedef __int128 Wide;

struct Named {
  std::string_view name;
  Unit unit;
};

constexpr std::int64_t kilo = 1000, kibi = 1024;

const Named units[] = {
    {"ns", {Unit::Kind::scale, 1, 1'000'000'000, {}}},
    {"us", {Unit::Kind::scale, 1, 1'000'000, {}}},
    {"ms", {Unit::Kind::scale, 1, 1000, {}}},
    {"s", {Unit::Kind::scale, 1, 1, {}}},
    {"min", {Unit::Kind::scale, 60, 1, {}}},
    {"h", {Unit::Kind::scale, 3600, 1, {}}},
    {"d", {Unit::Kind::scale, 86400, 1, {}}},
    {"kB", {Unit::Kind::scale, kilo, 1, {}}},
    {"MB", {Unit::Kind::scale, kilo* kilo, 1, {}}},
    {"GB", {Unit::Kind::scale, kilo* kilo* kilo, 1, {}}},
    {"TB", {Unit::Kind::scale, kilo* kilo* kilo* kilo, 1, {}}},
    {"KiB", {Unit::Kind::scale, kibi, 1, {}}},
    {"MiB", {Unit::Kind::scale, kibi* kibi, 1, {}}},
    {"GiB", {Unit::Kind::scale, kibi* kibi* kibi, 1, {}}},
    {"TiB", {Unit::Kind::scale, kibi* kibi* kibi* kibi, 1, {}}},
    {"percent", {Unit::Kind::scale, 1, 100, {}}},
    {"unix", {Unit::Kind::epoch, 1, 1, {}}},
    {"unix_ms", {Unit::Kind::epoch, 1, 1000, {}}},
    {"unix_us", {Unit::Kind::epoch, 1, 1'000'000, {}}},
    {"unix_ns", {Unit::Kind::epoch, 1, 1'000'000'000, {}}},
    {"duration", {Unit::Kind::duration, 1, 1, {}}},
    {"size", {Unit::Kind::size, 1, 1, {}}},
    {"time", {Unit::Kind::time, 1, 1, {}}},
};

Number scale(Number n, std::int64_t multiply, std::int64_t divide) {
  if (multiply == 1 && divide == 1) return n;
  if (n.is_integer()) {
    const Wide wide = (n.kind() == Number::Kind::int64 ? Wide(n.int64()) : Wide(n.uint64())) * multiply;
    if (wide % divide == 0) {
      const Wide whole = wide / divide;
      if (whole >= INT64_MIN && whole <= INT64_MAX) return Number::of(static_cast<std::int64_t>(whole));
      if (whole >= 0 && whole <= UINT64_MAX) return Number::of_unsigned(static_cast<std::uint64_t>(whole));
    }
  }
  return Number::of(n.real() * static_cast<double>(multiply) / static_cast<double>(divide));
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Reads digits with an optional fraction from the front of `text`.
bool take_amount(std::string_view& text, double& out) {
  std::size_t n = 0;
  while (n < text.size() && is_digit(text[n])) ++n;
  const std::size_t whole = n;
  if (n < text.size() && (text[n] == '.' || text[n] == ',')) {
    ++n;
    while (n < text.size() && is_digit(text[n])) ++n;
  }
  if (whole == 0 && n < 2) return false;
  std::string digits(text.substr(0, n));
  if (whole < n) digits[whole] = '.';
  if (std::from_chars(digits.data(), digits.data() + digits.size(), out).ec != std::errc()) return false;
  text.remove_prefix(n);
  return true;
}

std::optional<double> iso_length(std::string_view text) {
  double total = 0;
  bool time = false, any = false;
  while (!text.empty()) {
    if (text.front() == 'T' && !time) {
      time = true;
      text.remove_prefix(1);
      continue;
    }
    double amount = 0;
    if (!take_amount(text, amount) || text.empty()) return std::nullopt;
    double unit = 0;
    switch (text.front()) {  // years and months have no fixed length
      case 'W':
        unit = time ? 0 : 604800;
        break;
      case 'D':
        unit = time ? 0 : 86400;
        break;
      case 'H':
        unit = time ? 3600 : 0;
        break;
      case 'M':
        unit = time ? 60 : 0;
        break;
      case 'S':
        unit = time ? 1 : 0;
        break;
      default:
        break;
    }
    if (unit == 0) return std::nullopt;
    text.remove_prefix(1);
    total += amount * unit;
    any = true;
  }
  if (!any) return std::nullopt;
  return total;
}

}  // namespace

std::optional<Unit> find_unit(std::string_view name) {
  for (const Named& n : units)
    if (n.name == name) return n.unit;
  return std::nullopt;
}

// No moment and no length of time that anybody writes takes so many bytes.
constexpr std::size_t longest_time = 256;

std::optional<double> parse_length(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const double sign = negative ? -1 : 1;
  if (text == "0") return 0.0;
  if (text.starts_with('P')) {
    const auto length = iso_length(text.substr(1));
    if (!length) return std::nullopt;
    return sign * *length;
  }
  struct Part {
    std::string_view name;
    double divide, multiply;
  };
  static constexpr Part parts[] = {{"ns", 1e9, 1}, {"us", 1e6, 1},  {"\xC2\xB5s", 1e6, 1}, {"\xCE\xBCs", 1e6, 1},
                                   {"ms", 1e3, 1}, {"min", 1, 60},  {"s", 1, 1},           {"m", 1, 60},
                                   {"h", 1, 3600}, {"d", 1, 86400}, {"w", 1, 604800}};
  double total = 0;
  bool any = false;
  while (!text.empty()) {
    double amount = 0;
    if (!take_amount(text, amount)) return std::nullopt;
    std::size_t n = 0;
    while (n < text.size() && !is_digit(text[n]) && text[n] != '.' && text[n] != ' ') ++n;
    const Part* found = nullptr;
    for (const Part& p : parts)
      if (p.name == text.substr(0, n)) found = &p;
    if (!found) return std::nullopt;
    total += amount * found->multiply / found->divide;
    text.remove_prefix(n);
    any = true;
  }
  if (!any) return std::nullopt;
  return sign * total;
}

std::optional<Number> parse_size(std::string_view text) {
  std::string_view rest = text;
  double amount = 0;
  if (!take_amount(rest, amount)) return std::nullopt;
  const std::string_view digits = text.substr(0, text.size() - rest.size());
  while (rest.starts_with(' ')) rest.remove_prefix(1);
  std::int64_t unit = 0;
  if (rest.empty() || rest == "B" || rest == "b" || rest == "bytes") {
    unit = 1;
  } else {
    static constexpr std::string_view prefixes = "kmgtp";
    const std::size_t power = prefixes.find(static_cast<char>(rest.front() | 0x20));
    const std::string_view tail = rest.substr(1);
    if (power == std::string_view::npos) return std::nullopt;
    std::int64_t base = 0;
    if (tail.empty() || tail == "i" || tail == "iB" || tail == "ib")
      base = kibi;
    else if (tail == "B" || tail == "b")
      base = kilo;
    else
      return std::nullopt;
    unit = 1;
    for (std::size_t i = 0; i <= power; ++i) unit *= base;
  }
  const Datum exact = decimal(digits);
  if (exact.kind == Datum::Kind::number) return scale(exact.number, unit, 1);
  return Number::of(amount * static_cast<double>(unit));
}

Datum decimal(std::string_view text) {
  if (text.empty()) return Datum::missing();
  std::size_t i = text.front() == '-' || text.front() == '+' ? 1 : 0;
  const std::size_t from = text.front() == '+' ? 1 : 0;
  const std::size_t first = i;
  while (i < text.size() && is_digit(text[i])) ++i;
  if (i == first) return Datum::failed(Reason::type);
  const char* const begin = text.data() + from;
  const char* const end = text.data() + text.size();
  if (i == text.size()) {
    std::int64_t whole = 0;
    if (std::from_chars(begin, end, whole).ec == std::errc()) return Datum::of(Number::of(whole), text);
    std::uint64_t large = 0;
    if (text.front() != '-' && std::from_chars(begin, end, large).ec == std::errc())
      return Datum::of(Number::of_unsigned(large), text);
  } else {
    if (text[i] == '.') {
      const std::size_t fraction = ++i;
      while (i < text.size() && is_digit(text[i])) ++i;
      if (i == fraction) return Datum::failed(Reason::type);
    }
    if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
      ++i;
      if (i < text.size() && (text[i] == '-' || text[i] == '+')) ++i;
      const std::size_t exponent = i;
      while (i < text.size() && is_digit(text[i])) ++i;
      if (i == exponent) return Datum::failed(Reason::type);
    }
    if (i != text.size()) return Datum::failed(Reason::type);
  }
  double value = 0;
  const auto [after, ec] = std::from_chars(begin, end, value);
  if (ec == std::errc::result_out_of_range) return Datum::failed(Reason::range);
  if (ec != std::errc() || after != end) return Datum::failed(Reason::type);
  return Datum::of(Number::of(value), text);
}

Datum convert(const Unit& unit, const Datum& source) {
  if (source.is_missing() || source.is_failed()) return source;
  const bool is_text = source.kind == Datum::Kind::text;
  if (is_text && source.text.empty()) return Datum::missing();
  switch (unit.kind) {
    case Unit::Kind::none:
      return source;
    case Unit::Kind::scale:
    case Unit::Kind::epoch: {
      const Datum number = is_text ? decimal(source.text) : source;
      if (number.is_failed()) return number;
      const Number seconds = scale(number.number, unit.multiply, unit.divide);
      if (unit.kind == Unit::Kind::epoch && !(seconds.real() > 0)) return Datum::missing();
      return Datum::of(seconds);
    }
    case Unit::Kind::duration: {
      if (!is_text || source.text.size() > longest_time) return Datum::failed(Reason::type);
      const auto length = parse_length(source.text);
      return length ? Datum::of(Number::of(*length)) : Datum::failed(Reason::type);
    }
    case Unit::Kind::size: {
      if (!is_text) return Datum::of(source.number);
      const auto bytes = parse_size(source.text);
      return bytes ? Datum::of(*bytes) : Datum::failed(Reason::type);
    }
    case Unit::Kind::time: {
      if (!is_text || source.text.size() > longest_time) return Datum::failed(Reason::type);
      const auto moment = parse_time(source.text, unit.zone);
      if (!moment) return Datum::failed(Reason::type);
      if (!(moment->real() > 0)) return Datum::missing();
      return Datum::of(*moment);
    }
  }
  return source;
}

}  // namespace tallyman::map
