// What a type means for names and heads, in text 0.0.4 and in OpenMetrics.
#pragma once
#include <array>
#include <string>
#include <string_view>

#include "core/family.h"

namespace tallyman::exposition {

constexpr unsigned bit(Suffix s) { return 1u << static_cast<unsigned>(s); }
constexpr std::array all_suffixes = {Suffix::none,    Suffix::bucket, Suffix::sum,   Suffix::count,
                                     Suffix::created, Suffix::gsum,   Suffix::gcount};

// The sample names that a type takes, bit by bit, whether there are such samples or not: OpenMetrics
// parsers refuse another family of such a name.
unsigned suffixes_of(MetricType type);
std::string_view text_word(MetricType type);  // of text 0.0.4
bool is_plain_gauge(MetricType type);         // to text 0.0.4
bool ends_with_unit(std::string_view name, std::string_view unit);
std::string with_article(MetricType type);  // "a gauge", "an untyped"

}  // namespace tallyman::exposition
