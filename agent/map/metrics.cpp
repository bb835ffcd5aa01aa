// Metrics under their own names (LANGUAGE 5.4).
#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "core/labels.h"
#include "map/mapper.h"

namespace tallyman::map {
namespace {

constexpr std::size_t sample_cost = 8;  // visits that it takes to make one of the several of a metric

// `le` as both formats read it: a float, 1.0 and not 1.
std::string canonical_float(double d) {
  if (std::isinf(d)) return d > 0 ? "+Inf" : "-Inf";
  std::string out = to_text(Number::of(d));
  if (out.find_first_of(".eEn") == std::string::npos) out += ".0";
  return out;
}

}  // namespace

// Identity and the rule's labels into s_.body. False if one is of a wrong type: the metrics of
// this item would have the wrong labels.
bool Mapper::rule_labels(const RulePlan& rule) {
  s_.body.assign(s_.label);
  for (const LabelPlan& label : rule.labels) {
    std::string_view text;
    if (e_.plain_text(label.value, text)) {
      append(s_.body, label, text);
      continue;
    }
    const Datum d = e_.value(label.value);
    if (d.is_failed()) return count(e_.counter(), d.reason), false;
    if (d.kind == Datum::Kind::text) append(s_.body, label, d.text);
  }
  return true;
}

void Mapper::metrics(const RulePlan& rule, Entities* rows, std::uint32_t row) {
  if (!rule_labels(rule)) return;
  // Label sets are a block's; most rules write all they have into one.
  BlockSink::Set set;
  constexpr std::uint32_t nowhere = UINT32_MAX;
  std::uint32_t set_in = nowhere;
  for (const MetricPlan& metric : rule.metrics) {
    if (closed(metric.block)) continue;
    switch (metric.type) {
      case MetricPlan::Type::gauge:
      case MetricPlan::Type::counter: {
        Number n;
        if (!e_.number(metric.value, n)) break;
        BlockSink& out = sink(metric.block);
        if (set_in != metric.block)
          set = rows && rule.labels.empty() ? rows->set(row, metric.block, out) : out.intern(s_.body);
        set_in = metric.block;
        out.add(out.family(metric.family), set, n, Suffix::none, rule.fold, e_.counter());
        break;
      }
      case MetricPlan::Type::info:
        info(rule, metric);
        break;
      case MetricPlan::Type::stateset:
        state_set(rule, metric);
        break;
      case MetricPlan::Type::histogram:
        histogram(rule, metric);
        break;
    }
  }
}

void Mapper::state_set(const RulePlan& rule, const MetricPlan& metric) {
  std::string_view word;
  if (!e_.text(metric.value, word)) return;
  e_.spend(sample_cost * metric.states.size());
  if (e_.exhausted()) return;
  BlockSink& out = sink(metric.block);
  const std::uint32_t family = out.family(metric.family);
  bool known = false;
  for (const std::string& state : metric.states) {
    s_.more.assign(s_.body);
    s_.more.append_label("state", state);
    known = known || state == word;
    out.add(family, out.intern(s_.more), Number::of(std::int64_t{state == word}), Suffix::none, rule.fold,
            e_.counter());
  }
  if (!known) count(e_.counter(), Reason::map);
}

void Mapper::info(const RulePlan& rule, const MetricPlan& metric) {
  s_.more.assign(s_.body);
  for (const LabelPlan& label : metric.info) {
    const Datum d = e_.value(label.value);
    if (d.is_failed()) return count(e_.counter(), d.reason);
    if (d.kind == Datum::Kind::text) append(s_.more, label, d.text);
  }
  BlockSink& out = sink(metric.block);
  out.add(out.family(metric.family), out.intern(s_.more), Number::of(std::int64_t{1}), Suffix::none, rule.fold,
          e_.counter());
}

void Mapper::histogram(const RulePlan& rule, const MetricPlan& metric) {
  s_.buckets.clear();
  RuleCounter& counter = e_.counter();
  const std::size_t level = rule.walk.steps.size() + 1;
  bool good = true;
  const bool there = e_.nodes(metric.buckets, [&](const jsonpath::Located& l) {
    e_.spend(sample_cost);
    e_.enter(level, {l.node, l.key, l.index, l.index >= 0 || l.key.data() != nullptr});
    const Datum n = e_.plain_number(l.node);
    const Datum le = e_.value(metric.le);
    for (const Datum* d : {&n, &le})
      if (d->is_failed()) {
        count(counter, d->reason);
        good = false;
        return false;
      }
    if (n.is_missing()) return !e_.exhausted();
    s_.buckets.push_back({le.is_missing() ? std::numeric_limits<double>::infinity() : le.number.real(), n.number});
    return true;
  });
  if (!there) return count(counter, Reason::missing);
  if (!good || e_.exhausted()) return;  // half a histogram would be a wrong one

  std::sort(s_.buckets.begin(), s_.buckets.end(),
            [](const auto& a, const auto& b) { return a.le != b.le ? a.le < b.le : compare(a.count, b.count) < 0; });
  BlockSink& out = sink(metric.block);
  const std::uint32_t family = out.family(metric.family);
  Number total = Number::of(std::int64_t{0});
  const auto bucket = [&](double le) {
    s_.more.assign(s_.body);
    s_.more.append_label("le", canonical_float(le));
    out.add(family, out.intern(s_.more), total, Suffix::bucket, rule.fold, counter);
  };
  for (std::size_t i = 0; i < s_.buckets.size(); ++i) {
    total = metric.cumulative ? s_.buckets[i].count : tallyman::add(total, s_.buckets[i].count);
    const bool last_of_bound = i + 1 == s_.buckets.size() || s_.buckets[i + 1].le != s_.buckets[i].le;
    if (last_of_bound && !std::isinf(s_.buckets[i].le)) bucket(s_.buckets[i].le);
  }
  bucket(std::numeric_limits<double>::infinity());
  const BlockSink::Set set = out.intern(s_.body);
  if (metric.sum) {
    Number sum;
    if (e_.number(*metric.sum, sum)) out.add(family, set, sum, Suffix::sum, rule.fold, counter);
  }
  out.add(family, {set.index, false}, total, Suffix::count, rule.fold, counter);
}

}  // namespace tallyman::map
