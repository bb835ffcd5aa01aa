#include "core/number.h"

#include <cmath>
#include <limits>

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
