// A map of figures inside an item, its keys a label: keyed_rule() of rules.h.
#include "infer/rules.h"
#include "infer/yaml.h"

namespace tallyman::infer {

Rule keyed_rule(const Judged& list, const Judged& outer, const Around& around) {
  Rule rule;
  const bool workers = outer.role == Role::workers;
  rule.kind = workers ? "workers" : "queues";
  rule.each = queries(list.list);
  rule.identity = outer.identity.value(queries_of(list.list.steps.back(), false).size());
  rule.values.push_back({workers ? "worker" : "queue", rule.identity, "", true});
  const std::string noun = workers ? "worker" : "queue";
  std::string name;
  for (const std::string& part : list.list.steps.back().names) name += (name.empty() ? "" : "_") + plain(part);
  std::string labelled = plain(list.list.steps.back().names.back());
  if (const auto unit = unit_of(labelled); unit && labelled.size() > unit->token.size())
    labelled.resize(labelled.size() - unit->token.size());
  std::string label = label_name(singular(plain(labelled)));
  if (in_list(label, "total count all sum value values number")) label = "key";
  rule.labels.push_back({label, "\"{key}\"", "", true});
  if (in_list(name, "total totals count counts")) name = "by_" + label + (name.starts_with("total") ? "_total" : "");
  Metric metric;
  const bool counter = name.ends_with("total");
  metric.type = counter ? "counter" : "gauge";
  metric.help = for_comment(name) + " of each " + noun + ", by " + label + " (as of the last good poll).";
  metric.comment = counter ? "a counter by its name" : "a counter if it only grows; its name then ends in _total";
  Reading value = read(list.leaves[0]);
  take_unit(name, value, metric);
  metric.name = metric_name(plain(around.name) + "_" + noun + "_" + name, metric.type, around.names);
  metric.value = value.text();
  rule.metrics.push_back(std::move(metric));
  rule.items = list.list.count;
  rule.series_per_item = 1;
  return rule;
}

}  // namespace tallyman::infer
