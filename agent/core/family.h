// A metric family and how its samples are named. The name is the one of text 0.0.4: counters
// with their `_total`, infos with their `_info`; OpenMetrics heads strip it.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace tallyman {

enum class MetricType : std::uint8_t { gauge, counter, histogram, gauge_histogram, summary, untyped, info, stateset };

std::string_view to_string(MetricType type);  // the word of OpenMetrics, "unknown" for untyped

struct Family {
  std::string name;  // legal: [a-zA-Z_:][a-zA-Z0-9_:]*
  MetricType type = MetricType::untyped;
  std::string help;  // as text, not escaped
  std::string unit;  // OpenMetrics `# UNIT`, mostly empty
  friend bool operator==(const Family&, const Family&) = default;
};

// What a sample's name has that its family's has not. As wide as an index, so that a batch's
// series have no padding and can be hashed as they lie.
enum class Suffix : std::uint32_t { none, bucket, sum, count, created, gsum, gcount };

std::string_view to_string(Suffix suffix);  // "", "_bucket", ...

// The label without which a sample would not be what its type says: `le`, `quantile`, the label of a
// stateset that is named like the family; "" if there is none. Never dropped, renamed or cut.
std::string_view structural_label(const Family& family, Suffix suffix);

}  // namespace tallyman
