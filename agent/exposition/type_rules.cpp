#include "exposition/type_rules.h"

namespace tallyman::exposition {
namespace {

constexpr unsigned created_bit = bit(Suffix::created);

}  // namespace

unsigned suffixes_of(MetricType type) {
  switch (type) {
    case MetricType::histogram:
      return bit(Suffix::bucket) | bit(Suffix::sum) | bit(Suffix::count) | created_bit;
    case MetricType::gauge_histogram:
      return bit(Suffix::bucket) | bit(Suffix::gsum) | bit(Suffix::gcount);
    case MetricType::summary:
      return bit(Suffix::none) | bit(Suffix::sum) | bit(Suffix::count) | created_bit;
    default:
      return bit(Suffix::none);
  }
}

std::string_view text_word(MetricType type) {
  switch (type) {
    case MetricType::counter:
      return "counter";
    case MetricType::histogram:
    case MetricType::gauge_histogram:
      return "histogram";
    case MetricType::summary:
      return "summary";
    case MetricType::untyped:
      return "untyped";
    case MetricType::gauge:
    case MetricType::info:
    case MetricType::stateset:
      break;
  }
  return "gauge";
}

bool is_plain_gauge(MetricType type) {
  return type == MetricType::gauge || type == MetricType::info || type == MetricType::stateset;
}

bool ends_with_unit(std::string_view name, std::string_view unit) {
  return name.size() > unit.size() + 1 && name.ends_with(unit) && name[name.size() - unit.size() - 1] == '_';
}

std::string with_article(MetricType type) {
  const std::string_view word = type == MetricType::untyped ? "untyped" : to_string(type);
  return (word == "info" || word == "untyped" ? "an " : "a ") + std::string(word);
}

}  // namespace tallyman::exposition
