#include "infer/nameless.h"

#include "infer/figures.h"
#include "infer/words.h"

namespace tallyman::infer {

std::optional<Rule> bare_rule(const Shape& shape, const std::string& collector, std::set<std::string>& names) {
  Rule rule;
  rule.kind = "service";
  const std::string name = metric_name(plain(collector) + "_value", "gauge", names);
  const std::string help = "What " + collector + " answers (as of the last good poll).";
  if (shape.numbers + shape.booleans + shape.number_texts == shape.seen) {
    rule.metrics.push_back({name, "gauge", "\"$\"", help, "", "", true});
  } else if (shape.arrays == 1 && shape.seen == 1 && shape.element && shape.elements > 0 &&
             (shape.element->numeric() || shape.element->only(shape.element->booleans)) && shape.elements <= 100) {
    rule.each = {"$[*]"};
    rule.labels.push_back({"index", "\"{key}\"", "the place in the list", true});
    rule.metrics.push_back({name, "gauge", "\"@\"", help, "", "", true});
    rule.items = shape.elements;
  } else if (shape.arrays == 1 && shape.elements > 0) {
    rule.metrics.push_back({metric_name(plain(collector) + "_items", "gauge", names), "gauge", "{ count: \"$[*]\" }",
                            "Number of items that " + collector + " lists (as of the last good poll).", "", "", true});
  } else {
    return std::nullopt;
  }
  rule.series_per_item = 1;
  return rule;
}

}  // namespace tallyman::infer
