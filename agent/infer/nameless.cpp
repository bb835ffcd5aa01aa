#include "infer/nameless.h"

#include <algorithm>

#include "infer/figures.h"
#include "infer/lists.h"
#include "infer/words.h"
#include "infer/yaml.h"

namespace tallyman::infer {
namespace {

constexpr std::size_t most_sums = 10;
constexpr std::size_t most_states = 12;

// Few short words, whatever they mean.
Leaf* state_of(Judged& list) {
  const auto found = std::find_if(list.leaves.begin(), list.leaves.end(), [&](const Leaf& leaf) {
    const Shape& s = *leaf.shape;
    return names_state(leaf.name) && leaf.path.size() <= 2 && leaf.row_name.empty() && s.only(s.words) &&
           s.known.size() <= most_states && s.known.size() * 2 <= s.seen && s.longest <= 40;
  });
  return found == list.leaves.end() ? nullptr : &*found;
}

bool adds_up(const Leaf& leaf) {
  const Shape& s = *leaf.shape;
  return leaf.row_name.empty() && !leaf.path.empty() && leaf.path.size() <= 2 && s.numeric() && s.most < 1e15 &&
         s.least >= 0 && !names_identifier(leaf.name) && !names_time(leaf.name) && !names_secret(leaf.name) &&
         !has_token(leaf.full,
                    "rate ratio percent percentage pct avg average mean median min max temperature temp age priority "
                    "lat lon latitude longitude level code score weight x y z load");
}

}  // namespace

Rule counted_rule(Judged& list, const std::string& collector, std::set<std::string>& names) {
  Rule rule;
  rule.kind = "service";
  // The document is called as the collector is.
  const bool whole = list.list.steps[0].names.empty() || list.list.name.empty();
  const std::string shown = whole ? collector : for_comment(list.list.name);
  const std::string prefix = plain(collector) + "_" + (whole ? "" : list.list.name + "_");
  const std::string name = metric_name(prefix + "items", "gauge", names);
  const std::vector<std::string> steps = queries(list.list);
  const Leaf* const state = state_of(list);
  // A count is 0 of an empty list, what is folded is not there.
  const bool of_document = !state && steps.size() == 1 && !steps[0].starts_with('{');
  rule.notes.push_back("NO NAME lasts, or there are too many: the items are counted, and not shown one by one.");
  if (of_document) {
    rule.metrics.push_back({name, "gauge", "{ count: " + yaml_quoted(steps[0]) + " }",
                            "Number of items of " + shown + " (as of the last good poll).", "", "", true});
  } else {
    rule.each = steps;
    rule.fold = true;
    if (state) rule.labels.push_back({label_name(state->name), read(*state).text(), "", true});
    rule.metrics.push_back({name, "gauge", "1",
                            "Number of items of " + shown + (state ? ", by " + for_comment(state->name) : "") +
                                " (as of the last good poll).",
                            "", "", true});
  }
  for (const Leaf& leaf : list.leaves) {
    if (rule.metrics.size() > most_sums || !adds_up(leaf)) continue;
    Metric metric;
    std::string sum = leaf.full;
    Reading value = read(leaf);
    take_unit(sum, value, metric);
    metric.name = metric_name(prefix + sum, "gauge", names);
    metric.type = "gauge";
    metric.value =
        of_document ? "{ sum: " + yaml_quoted(steps[0] + value.query.substr(1)) + value.modifiers + " }" : value.text();
    metric.help = for_comment(leaf.full) + " of all items of " + shown + " together (as of the last good poll).";
    metric.comment += std::string(metric.comment.empty() ? "" : "; ") + "a sum, if they can be added up";
    metric.live = false;
    rule.metrics.push_back(std::move(metric));
  }
  rule.items = state ? state->shape->known.size() : 1;
  rule.series_per_item = 1;
  return rule;
}

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
