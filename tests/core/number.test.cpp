#include "core/number.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <random>
#include <string>

#include "support/catch.h"

using tallyman::Number;

TEST_CASE("number: is written exactly, doubles as the shortest text") {
  struct Row {
    Number number;
    const char* text;
  };
  const Row rows[] = {
      {Number::of(std::int64_t{0}), "0"},
      {Number::of(std::int64_t{-9223372036854775807 - 1}), "-9223372036854775808"},
      {Number::of_unsigned(18446744073709551615u), "18446744073709551615"},
      {Number::of(0.1), "0.1"},
      {Number::of(2.0), "2"},
      {Number::of(-0.0), "-0"},
      {Number::of(1e300), "1e+300"},
      {Number::of(1795310269.4921875), "1795310269.4921875"},
      {Number::of(std::numeric_limits<double>::infinity()), "+Inf"},
      {Number::of(-std::numeric_limits<double>::infinity()), "-Inf"},
      {Number::of(std::nan("")), "NaN"},
  };
  for (const Row& row : rows) CHECK(to_text(row.number) == row.text);
}

TEST_CASE("number: arithmetic stays in integers while it fits") {
  CHECK(to_text(add(Number::of(std::int64_t{9223372036854775807}), Number::of(std::int64_t{1}))) ==
        "9223372036854775808");
  CHECK(to_text(subtract(Number::of_unsigned(18446744073709551615u), Number::of_unsigned(18446744073709551614u))) ==
        "1");
  CHECK(to_text(add(Number::of_unsigned(18446744073709551615u), Number::of(std::int64_t{1}))) ==
        "18446744073709551616");
  CHECK(to_text(subtract(Number::of(0.5), Number::of(std::int64_t{2}))) == "-1.5");
}

TEST_CASE("number: comparison does not round integers") {
  const Number big = Number::of(std::int64_t{9007199254740993});
  CHECK(compare(big, Number::of(9007199254740992.0)) == 1);
  CHECK(compare(Number::of(9007199254740992.0), big) == -1);
  CHECK(compare(Number::of(std::int64_t{1}), Number::of(1.0)) == 0);
  CHECK(compare(Number::of_unsigned(18446744073709551615u), Number::of(18446744073709551616.0)) == -1);
  CHECK(compare(Number::of(std::int64_t{-1}), Number::of(-0.5)) == -1);
}

TEST_CASE("number: short decimals and whole numbers, digit by digit") {
  struct Row {
    Number number;
    const char* text;
  };
  const Row rows[] = {
      {Number::of(0.0), "0"},
      {Number::of(0.5), "0.5"},
      {Number::of(-0.5), "-0.5"},
      {Number::of(0.05), "0.05"},
      {Number::of(0.25), "0.25"},
      {Number::of(0.001), "0.001"},
      {Number::of(-0.001), "-0.001"},
      {Number::of(0.0005), "5e-04"},  // shorter than 0.0005
      {Number::of(0.0011), "0.0011"},
      {Number::of(1.005), "1.005"},
      {Number::of(12.34), "12.34"},
      {Number::of(9999.999), "9999.999"},
      {Number::of(10000.01), "10000.01"},
      {Number::of(123456789012.345), "123456789012.345"},
      {Number::of(999999999999.999), "999999999999.999"},
      {Number::of(1000000000000.125), "1000000000000.125"},
      {Number::of(0.1 + 0.2), "0.30000000000000004"},
      {Number::of(1e15), "1000000000000000"},
      {Number::of(9007199254740992.0), "9007199254740992"},
      {Number::of(-1000.0), "-1000"},
      {Number::of(5e-324), "5e-324"},
      {Number::of(std::int64_t{7}), "7"},
      {Number::of(std::int64_t{10}), "10"},
      {Number::of(std::int64_t{-99}), "-99"},
      {Number::of(std::int64_t{100}), "100"},
      {Number::of(std::int64_t{1009}), "1009"},
      {Number::of(std::int64_t{9999}), "9999"},
      {Number::of(std::int64_t{10000}), "10000"},
  };
  for (const Row& row : rows) CHECK(to_text(row.number) == row.text);
}

TEST_CASE("number: the fast paths write what to_chars writes") {
  std::mt19937_64 random(20240607);
  for (int i = 0; i < 300000; ++i) {
    const auto digits = static_cast<std::int64_t>(random() >> (random() % 50 + 13));
    const double decimal = static_cast<double>(digits) / std::pow(10, static_cast<double>(random() % 5));
    double d = random() % 2 ? decimal : -decimal;
    if (random() % 8 == 0) d = std::nextafter(d, 1e300);
    if (d == std::trunc(d)) continue;  // written as an integer, unlike to_chars from 1e+05 on
    char expected[64];
    const std::string shortest(expected, std::to_chars(expected, expected + sizeof expected, d).ptr);
    if (to_text(Number::of(d)) != shortest) FAIL(to_text(Number::of(d)) << " is not " << shortest);
  }
}
