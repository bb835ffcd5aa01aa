#include "map/units.h"

#include "support/catch.h"

using namespace tallyman;
using namespace tallyman::map;

namespace {

std::string shown(const Datum& d) {
  if (d.is_failed()) return std::string(to_string(d.reason));
  return d.is_missing() ? "missing" : to_text(d.number);
}

}  // namespace

TEST_CASE("decimal: texts that are exactly a number") {
  struct Row {
    const char* text;
    const char* is;
  };
  const Row rows[] = {{"30", "30"},
                      {"-1", "-1"},
                      {"+7", "7"},
                      {"007", "7"},
                      {"0.5", "0.5"},
                      {"1e3", "1000"},
                      {"1.5E-1", "0.15"},
                      {"9223372036854775807", "9223372036854775807"},
                      {"-9223372036854775808", "-9223372036854775808"},
                      {"18446744073709551615", "18446744073709551615"},
                      {"18446744073709551616", "18446744073709551616"},  // 2^64 is a double, exactly
                      {"", "missing"},
                      {" 1", "type"},
                      {"1 ", "type"},
                      {"1.", "type"},
                      {".5", "type"},
                      {"1e", "type"},
                      {"0x10", "type"},
                      {"nan", "type"},
                      {"inf", "type"},
                      {"-", "type"},
                      {"1,5", "type"},
                      {"1e400", "range"}};
  for (const Row& row : rows) {
    INFO(row.text);
    CHECK(shown(decimal(row.text)) == row.is);
  }
}

TEST_CASE("as: numbers of a unit become seconds, bytes and ratios") {
  struct Row {
    const char* unit;
    const char* source;  // decimal text
    const char* is;
  };
  const Row rows[] = {{"ns", "30000000000", "30"},
                      {"us", "1023292", "1.023292"},
                      {"ms", "1500", "1.5"},
                      {"ms", "2000", "2"},
                      {"s", "7", "7"},
                      {"min", "1.5", "90"},
                      {"h", "2", "7200"},
                      {"d", "1", "86400"},
                      {"kB", "3", "3000"},
                      {"MB", "2", "2000000"},
                      {"GB", "1", "1000000000"},
                      {"TB", "1", "1000000000000"},
                      {"KiB", "11444", "11718656"},
                      {"MiB", "1", "1048576"},
                      {"GiB", "0.5", "536870912"},
                      {"TiB", "1", "1099511627776"},
                      {"percent", "50", "0.5"},
                      {"percent", "100", "1"},
                      {"KiB", "18014398509481983", "18446744073709550592"},  // fits in 64 bits: exact
                      {"unix", "1795310128", "1795310128"},
                      {"unix", "1795309770.15", "1795309770.15"},
                      {"unix_ms", "1795310128500", "1795310128.5"},
                      {"unix_us", "1795310128000000", "1795310128"},
                      {"unix_ns", "1795310128000000000", "1795310128"},
                      {"unix", "0", "missing"},
                      {"unix_ms", "-1", "missing"},
                      {"ms", "", "missing"},
                      {"ms", "x", "type"}};
  for (const Row& row : rows) {
    INFO(row.unit << " " << row.source);
    const auto unit = find_unit(row.unit);
    REQUIRE(unit.has_value());
    CHECK(shown(convert(*unit, Datum::of(std::string_view(row.source)))) == row.is);
  }
  CHECK_FALSE(find_unit("fortnight").has_value());
}

TEST_CASE("as: duration and size") {
  struct Row {
    const char* unit;
    const char* source;
    const char* is;
  };
  const Row rows[] = {{"duration", "7s", "7"},
                      {"duration", "1h2m3.5s", "3723.5"},
                      {"duration", "6.07ms", "0.00607"},
                      {"duration", "1.37m", "82.2"},
                      {"duration", "250us", "0.00025"},
                      {"duration", "250\xC2\xB5s", "0.00025"},
                      {"duration", "100ns", "0.0000001"},
                      {"duration", "1d2h", "93600"},
                      {"duration", "-3s", "-3"},
                      {"duration", "0s", "0"},
                      {"duration", "PT5M", "300"},
                      {"duration", "P1DT2H", "93600"},
                      {"duration", "PT0.5S", "0.5"},
                      {"duration", "P2W", "1209600"},
                      {"duration", "", "missing"},
                      {"duration", "P1M", "type"},  // a month has no fixed length
                      {"duration", "PT", "type"},
                      {"duration", "P", "type"},
                      {"duration", "7", "type"},
                      {"duration", "s", "type"},
                      {"duration", "7 s", "type"},
                      {"duration", "7parsecs", "type"},
                      {"size", "2.41M", "2527068.16"},
                      {"size", "64 KiB", "65536"},
                      {"size", "64K", "65536"},
                      {"size", "64k", "65536"},
                      {"size", "3 kB", "3000"},
                      {"size", "2MB", "2000000"},
                      {"size", "1G", "1073741824"},
                      {"size", "1GiB", "1073741824"},
                      {"size", "512", "512"},
                      {"size", "512B", "512"},
                      {"size", "", "missing"},
                      {"size", "M", "type"},
                      {"size", "1X", "type"},
                      {"size", "-1K", "type"},
                      {"size", "1 K B", "type"}};
  for (const Row& row : rows) {
    INFO(row.unit << " " << row.source);
    const std::string is = shown(convert(*find_unit(row.unit), Datum::of(std::string_view(row.source))));
    if (std::string(row.is) == "0.0000001")
      CHECK(std::stod(is) == 1e-7);
    else
      CHECK(is == row.is);
  }
  // A number is a duration or a time of nobody knows which unit; a size in numbers is bytes.
  CHECK(shown(convert(*find_unit("duration"), Datum::of(Number::of(std::int64_t{7})))) == "type");
  CHECK(shown(convert(*find_unit("time"), Datum::of(Number::of(std::int64_t{7})))) == "type");
  CHECK(shown(convert(*find_unit("size"), Datum::of(Number::of(std::int64_t{7})))) == "7");
}

TEST_CASE("as: time") {
  struct Row {
    const char* source;
    const char* is;
  };
  // 2026-11-22T01:11:17Z is 1795309877: `date -u -d 2026-11-22T01:11:17Z +%s`.
  const Row rows[] = {{"2026-11-22T01:11:17Z", "1795309877"},
                      {"2026-11-22t01:11:17z", "1795309877"},
                      {"2026-11-22 01:11:17Z", "1795309877"},
                      {"2026-11-22T01:11:17.5Z", "1795309877.5"},
                      {"2026-11-22T01:11:17.250000000Z", "1795309877.25"},
                      {"2026-11-22T01:11:17,5Z", "1795309877.5"},
                      {"2026-11-22T02:11:17+01:00", "1795309877"},
                      {"2026-11-22T02:11:17+0100", "1795309877"},
                      {"2026-11-21T20:11:17-05", "1795309877"},
                      {"2026-11-22T01:11Z", "1795309860"},
                      {"2026-11-22T01:11:17.000GMT", "1795309877"},
                      {"2026-11-22 01:11:17 UTC", "1795309877"},
                      {"2026-11-22T01:11:17", "1795309877"},
                      {"20261122T01:11:17", "1795309877"},
                      {"20261122T011117Z", "1795309877"},
                      {"Sun, 22 Nov 2026 01:11:17 GMT", "1795309877"},
                      {"Sunday, 22-Nov-26 01:11:17 GMT", "1795309877"},
                      {"Sun Nov 22 01:11:17 2026", "1795309877"},
                      {"Tue Nov  3 00:00:00 2026", "1793664000"},
                      {"2016-12-31T23:59:60Z", "1483228800"},  // a leap second
                      {"2024-02-29T00:00:00Z", "1709164800"},
                      {"1970-01-01T00:00:00Z", "missing"},
                      {"0001-01-01T00:00:00Z", "missing"},
                      {"1969-12-31T23:59:59Z", "missing"},
                      {"1970-01-01T00:00:01Z", "1"},
                      {"", "missing"},
                      {"2023-02-29T00:00:00Z", "type"},
                      {"2026-13-01T00:00:00Z", "type"},
                      {"2026-11-22T25:00:00Z", "type"},
                      {"2026-11-22", "type"},
                      {"2026-11-22T01:11:17.Z", "type"},
                      {"2026-11-22T01:11:17+1", "type"},
                      {"2026-11-22T01:11:17Zx", "type"},
                      {"22/11/2026 01:11", "type"},
                      {"soon", "type"}};
  for (const Row& row : rows) {
    INFO(row.source);
    CHECK(shown(convert(*find_unit("time"), Datum::of(std::string_view(row.source)))) == row.is);
  }
}

TEST_CASE("as: a time without a zone is the target's") {
  struct Row {
    const char* zone;
    const char* source;
    const char* is;
  };
  const Row rows[] = {
      {"Europe/Prague", "2026-11-22T02:11:17", "1795309877"},     // winter, +1
      {"Europe/Prague", "2026-07-01T12:00:00", "1782900000"},     // summer, +2: 10:00Z
      {"America/New_York", "2026-11-21T20:11:17", "1795309877"},  // -5
      {"Europe/Prague", "2026-11-22T01:11:17Z", "1795309877"},    // a zone in the text wins
      {"Europe/Prague", "2026-10-25T02:30:00", "1792888200"},     // twice: the first, still +2: 00:30Z
      {"Europe/Prague", "2026-03-29T02:30:00", "1774746000"},     // never: the jump itself, 01:00Z
  };
  for (const Row& row : rows) {
    INFO(row.zone << " " << row.source);
    const auto zone = Zone::find(row.zone);
    REQUIRE(zone.has_value());
    Unit unit = *find_unit("time");
    unit.zone = *zone;
    CHECK(shown(convert(unit, Datum::of(std::string_view(row.source)))) == row.is);
  }
  const auto none = Zone::find("Europe/Atlantis");
  REQUIRE_FALSE(none.has_value());
  CHECK(none.error().detail.find("unknown time zone `Europe/Atlantis`") == 0);
}
