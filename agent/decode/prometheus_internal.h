// What the files of the Prometheus text parser share. Private to decode/.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "decode/prometheus_text.h"

namespace tallyman::decode {

// A value as Go's ParseFloat takes it, but no hexadecimal: integers of 64 bits stay exact, what is
// too small for a double is 0. Empty if it is no number, or too large.
std::optional<Number> parse_prom_number(std::string_view text);

// `le` and `quantile` as OpenMetrics wants them: Go's %g with at least one fraction digit or an
// exponent: 1.0, 0.25, 1e+06, 1e-05, +Inf, NaN. Text that is no number stays as it is.
std::string canonical_float(std::string_view text);

// Everything that needs the whole text: names of counters and infos, created samples of 0.0.4,
// duplicates, order of buckets, values that do not fit the type.
void settle(PromText& text);

}  // namespace tallyman::decode
