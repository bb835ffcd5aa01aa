// `as`: what a number or a text of the source is in seconds, bytes or a ratio (LANGUAGE 4.3).
// Integers stay exact where they can: 30000000000 ns is the integer 30.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/number.h"
#include "map/datum.h"
#include "map/times.h"

namespace tallyman::map {

struct Unit {
  enum class Kind : std::uint8_t { none, scale, epoch, duration, size, time };
  Kind kind = Kind::none;
  std::int64_t multiply = 1, divide = 1;  // scale, epoch
  Zone zone;                              // time
};

// The unit of that name; none if there is no such.
std::optional<Unit> find_unit(std::string_view name);

// Returns: a number; missing for "" and for times at or before 1970; failed for what is not of
// that unit.
Datum convert(const Unit& unit, const Datum& source);

// A text that is exactly a decimal number: sign, digits, fraction, exponent. Integers of 64 bits
// stay exact. Returns: a number; missing for ""; failed(type), or failed(range) over all doubles.
Datum decimal(std::string_view text);

std::optional<double> parse_length(std::string_view text);  // `1h2m3.5s`, `PT5M`: seconds
std::optional<Number> parse_size(std::string_view text);    // `2.41M`, `64 KiB`: bytes

}  // namespace tallyman::map
