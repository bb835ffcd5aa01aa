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

}  // namespace tallyman
