// What the dummies have in common: repeatable randomness, smooth movement, JSON text.
#pragma once
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

namespace tallyman::transport::dummy {

// splitmix64's finish over a chain of numbers: the same everywhere, unlike std's distributions.
inline std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}
inline std::uint64_t roll(std::uint64_t seed, std::uint64_t a, std::uint64_t b = 0) {
  return mix(mix(mix(seed) ^ a) ^ b);
}
// In [low, high].
inline std::int64_t pick(std::uint64_t rolled, std::int64_t low, std::int64_t high) {
  return low + static_cast<std::int64_t>(rolled % static_cast<std::uint64_t>(high - low + 1));
}
// Between 0 and 1, once up and down in `period` seconds, with a phase of its own per `which`.
inline double wave(std::uint64_t seed, std::uint64_t which, double t, double period) {
  constexpr double pi = 3.14159265358979323846;
  const double phase = static_cast<double>(roll(seed, which, 77) % 1000) / 1000;
  return 0.5 + 0.5 * std::sin(2 * pi * (t / period + phase));
}

inline std::string json_quoted(std::string_view plain) { return '"' + std::string(plain) + '"'; }

// One JSON object, member by member; `json` is JSON text.
class Object {
 public:
  Object& raw(std::string_view name, std::string_view json) {
    out_ += out_.size() > 1 ? ",\"" : "\"";
    out_.append(name).append("\":").append(json);
    return *this;
  }
  Object& text(std::string_view name, std::string_view plain) { return raw(name, json_quoted(plain)); }
  Object& number(std::string_view name, std::int64_t value) { return raw(name, std::to_string(value)); }
  Object& flag(std::string_view name, bool value) { return raw(name, value ? "true" : "false"); }
  Object& real(std::string_view name, double value) {
    char digits[32];
    std::snprintf(digits, sizeof digits, "%.2f", value);
    return raw(name, digits);
  }
  std::string done() const { return out_ + '}'; }

 private:
  std::string out_ = "{";
};

inline void append_item(std::string& array, const std::string& item) {
  if (array.empty()) array = "[";
  if (array.size() > 1) array += ',';
  array += item;
}
inline std::string closed(std::string array) { return (array.empty() ? "[" : array) + ']'; }

std::optional<std::string> kobo_body(std::string_view path, std::uint64_t seed, std::int64_t now);
std::optional<std::string> broker_body(std::string_view path, std::string_view query, std::uint64_t seed,
                                       std::int64_t now);
std::string site_body(std::uint64_t seed, std::int64_t now);

}  // namespace tallyman::transport::dummy
