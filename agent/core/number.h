// A number as a source gave it: 64-bit integers stay exact, everything else is a double.
#pragma once
#include <cstdint>
#include <string>

namespace tallyman {

class Number {
 public:
  enum class Kind : std::uint8_t { int64, uint64, real };

  constexpr Number() = default;
  static constexpr Number of(std::int64_t v) { return Number(Kind::int64, static_cast<std::uint64_t>(v)); }
  // Values up to INT64_MAX become int64, so that equal integers are equal Numbers.
  static constexpr Number of_unsigned(std::uint64_t v) {
    return v <= static_cast<std::uint64_t>(INT64_MAX) ? Number(Kind::int64, v) : Number(Kind::uint64, v);
  }
  static Number of(double v);

  Kind kind() const { return kind_; }
  bool is_integer() const { return kind_ != Kind::real; }
  std::int64_t int64() const { return static_cast<std::int64_t>(bits_); }  // only if kind() == int64
  std::uint64_t uint64() const { return bits_; }                           // only if kind() == uint64
  double real() const;                                                     // any kind; integers over 2^53 are rounded

  // Bit for bit: NaN equals NaN, 1 (integer) differs from 1.0.
  friend bool operator==(const Number&, const Number&) = default;

 private:
  constexpr Number(Kind kind, std::uint64_t bits) : bits_(bits), kind_(kind) {}
  std::uint64_t bits_ = 0;
  Kind kind_ = Kind::int64;
};

// Arithmetic stays in 64-bit integers while it fits, else it is done in double.
Number add(Number a, Number b);
Number subtract(Number a, Number b);
// Exact over all kinds; -1, 0, 1. NaN is less than everything.
int compare(Number a, Number b);

// Appends the number as the exposition formats want it: integers plain, doubles as the shortest
// text that reads back as the same double, NaN, +Inf, -Inf.
void append_number(std::string& out, Number value);
std::string to_text(Number value);

// The same into a buffer of at least max_number_text bytes; returns the length.
inline constexpr std::size_t max_number_text = 32;
std::size_t write_number(char* out, Number value);

}  // namespace tallyman
