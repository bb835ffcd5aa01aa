#include "core/family.h"

#include <array>

namespace tallyman {

std::string_view to_string(MetricType type) {
  static constexpr std::array<std::string_view, 8> names = {"gauge",   "counter", "histogram", "gaugehistogram",
                                                            "summary", "unknown", "info",      "stateset"};
  return names[static_cast<std::size_t>(type)];
}

std::string_view to_string(Suffix suffix) {
  static constexpr std::array<std::string_view, 7> names = {"",         "_bucket", "_sum",   "_count",
                                                            "_created", "_gsum",   "_gcount"};
  return names[static_cast<std::size_t>(suffix)];
}

std::string_view structural_label(const Family& family, Suffix suffix) {
  switch (family.type) {
    case MetricType::histogram:
    case MetricType::gauge_histogram:
      return suffix == Suffix::bucket ? "le" : "";
    case MetricType::summary:
      return suffix == Suffix::none ? "quantile" : "";
    case MetricType::stateset:
      return suffix == Suffix::none ? std::string_view(family.name) : "";
    default:
      return "";
  }
}

}  // namespace tallyman
