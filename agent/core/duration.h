// Durations as people write them: `500ms`, `15s`, `2m`, `1h30m`.
#pragma once
#include <chrono>
#include <string>
#include <string_view>

#include "core/result.h"

namespace tallyman {

using Nanoseconds = std::chrono::nanoseconds;

// Units ns us ms s m h d, each at most once and falling; a bare `0` is zero. Fractions are
// allowed (`1.5h`). Errors: Stage::config with what was expected.
Result<Nanoseconds> parse_duration(std::string_view text);
std::string duration_text(Nanoseconds d);  // `1h30m`, `15s`, `500ms`

inline double seconds(Nanoseconds d) { return std::chrono::duration<double>(d).count(); }

}  // namespace tallyman
