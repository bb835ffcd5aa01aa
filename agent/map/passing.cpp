#include "map/passing.h"

#include <algorithm>
#include <optional>

#include "core/glob.h"
#include "core/labels.h"

namespace tallyman::map {
namespace {

using Part = Passing::Part;

// Label text that is equal for equal sets of labels. A label without a value is no label to Prometheus.
std::string canonical(Labels labels) {
  std::erase_if(labels, [](const auto& label) { return label.second.empty(); });
  std::sort(labels.begin(), labels.end());
  std::string out;
  for (const auto& [name, value] : labels) append_label(out, name, value);
  return out;
}

// The parts of a metric by what they are: a histogram may have as many buckets as an answer has samples.
class Parts {
 public:
  explicit Parts(const std::vector<Part>& parts) {
    for (std::size_t i = 0; i < parts.size(); ++i) known_.try_emplace(key(parts[i]), i);
  }
  std::optional<std::size_t> find(const Part& part) const {
    const auto at = known_.find(key(part));
    return at == known_.end() ? std::nullopt : std::optional(at->second);
  }

 private:
  static std::string key(const Part& part) { return static_cast<char>(part.suffix) + part.structure; }
  std::unordered_map<std::string, std::size_t> known_;
};

// Values that are there on both sides are folded; others are only known of one side and stay.
void fold_values(Fold fold, std::vector<Part>& to, const std::vector<Part>& from) {
  const Parts mine(to);
  for (const Part& part : from) {
    if (const auto at = mine.find(part))  // created: of what has several beginnings the first counts
      to[*at].value = folded(part.suffix == Suffix::created ? Fold::min : fold, to[*at].value, part.value);
    else
      to.push_back(part);
  }
}

// Leaves only parts that both have, so that what is added up is the same on both sides.
std::size_t keep_common(std::vector<Part>& to, std::vector<Part>& from) {
  const auto only = [](std::vector<Part>& mine, const std::vector<Part>& other) {
    const Parts theirs(other);
    return std::erase_if(mine, [&](const Part& p) { return p.suffix != Suffix::created && !theirs.find(p); });
  };
  const std::size_t left_out = only(to, from);
  return left_out + only(from, to);
}

bool is_quantile(const Part& part) { return part.suffix == Suffix::none; }

bool is_one(const Passing::Metric& metric) { return metric.parts.size() == 1 && metric.parts[0].value.real() == 1; }

// Text 0.0.4 has no infos: there they are gauges, mostly said to be, of value 1.
bool is_info(const Family& family, const Passing::Metric& a, const Passing::Metric& b) {
  if (family.type == MetricType::info) return true;
  const bool may_be = family.type == MetricType::gauge || family.type == MetricType::untyped;
  return may_be && family.name.ends_with("_info") && is_one(a) && is_one(b);
}

}  // namespace

bool fold_metric(const Family& family, Fold fold, Passing::Metric& to, const Passing::Metric& from,
                 std::size_t& left_out) {
  if (is_info(family, to, from)) return true;  // 1 and 1 say the same
  std::vector<Part> parts = from.parts;
  switch (family.type) {
    case MetricType::histogram:
    case MetricType::gauge_histogram:
      // Buckets are cumulative: a bound that one of the two lacks has no sum, all others have an exact one.
      if (fold != Fold::sum) return false;
      left_out += keep_common(to.parts, parts);
      break;
    case MetricType::summary:
      // A quantile of the whole does not follow from quantiles of the parts.
      if (fold != Fold::sum) return false;
      left_out += std::erase_if(to.parts, is_quantile) + std::erase_if(parts, is_quantile);
      left_out += keep_common(to.parts, parts);
      break;
    case MetricType::stateset:
      fold = fold == Fold::min ? Fold::min : Fold::max;  // all of them, or one of them, are in the state
      break;
    case MetricType::gauge:
    case MetricType::counter:
    case MetricType::untyped:
    case MetricType::info:
      break;
  }
  fold_values(fold, to.parts, parts);
  return true;
}

// A counter keeps its `_total` and an info its `_info`, which `rename` may leave out on both sides.
std::string Passing::shown_name(const Family& family) const {
  const std::string_view ending = family.type == MetricType::counter ? "_total"
                                  : family.type == MetricType::info  ? "_info"
                                                                     : "";
  const bool ends = !ending.empty() && family.name.ends_with(ending);
  auto to = plan_.rename.find(family.name);
  if (to == plan_.rename.end() && ends)
    to = plan_.rename.find(family.name.substr(0, family.name.size() - ending.size()));
  if (to == plan_.rename.end()) return family.name;
  return ends && !to->second.ends_with(ending) ? to->second + std::string(ending) : to->second;
}

Passing::Metric Passing::begin(const decode::PromFamily& source, std::span<const decode::PromLabel> labels,
                               std::string_view structural, std::string before) {
  Labels kept, shown;
  for (const decode::PromLabel& label : labels)
    if (label.name() != structural && !any_glob(plan_.label_drop, label.name()))
      kept.emplace_back(label.name(), label.value());
  shown = kept;
  for (auto& [name, value] : shown)
    if (const auto to = plan_.label_rename.find(name); to != plan_.label_rename.end()) name = to->second;
  // A label keeps its name where the new one is taken: two of one name would hide each other.
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t i = 0; i < shown.size(); ++i) {
      const auto taken =
          std::count_if(shown.begin(), shown.end(), [&](const auto& l) { return l.first == shown[i].first; });
      if (shown[i].first == kept[i].first || (taken == 1 && shown[i].first != structural)) continue;
      shown[i].first = kept[i].first;
      count(counter_, Reason::duplicate);
      changed = true;
    }
  }
  for (auto& [name, value] : shown)
    if (limit_label_value(value, label_value_bytes_)) count(counter_, Reason::limit);
  Metric out;
  out.before = std::move(before);
  out.source = source.family.name;
  for (const auto& [name, value] : shown) append_label(out.body, name, value);
  out.key = canonical(std::move(shown));
  return out;
}

void Passing::add(const decode::PromFamily& source) {
  std::vector<Metric> metrics;
  std::unordered_map<std::string, std::size_t> known;  // by labels in the answer
  for (const decode::PromSample& sample : source.samples) {
    if (sample.suffix == Suffix::created && any_glob(plan_.drop, sample.name())) continue;
    const std::string_view structural = structural_label(source.family, sample.suffix);
    Part part{sample.suffix, {}, sample.value};
    Labels plain;
    for (const decode::PromLabel& label : sample.labels())
      if (structural.empty() || label.name() != structural)
        plain.emplace_back(label.name(), label.value());
      else
        part.structure = label.value();
    std::string before = canonical(std::move(plain));
    const auto [at, fresh] = known.try_emplace(before, metrics.size());
    if (fresh) metrics.push_back(begin(source, sample.labels(), structural, std::move(before)));
    metrics[at->second].parts.push_back(std::move(part));
  }
  if (metrics.empty()) return;

  Family family = source.family;
  family.name = shown_name(source.family);
  const auto [place, fresh] = by_name_.try_emplace(family.name, families_.size());
  if (fresh) families_.push_back({std::move(family), {}, {}});
  Shown& to = families_[place->second];
  for (Metric& metric : metrics) {
    const auto refuse = [&](std::size_t samples) { counter_[static_cast<std::size_t>(Reason::duplicate)] += samples; };
    if (to.family.type != source.family.type) {  // one name has one type
      refuse(metric.parts.size());
      continue;
    }
    const auto [at, is_new] = to.by_key.try_emplace(metric.key, to.metrics.size());
    if (is_new) {
      to.metrics.push_back(std::move(metric));
      continue;
    }
    Metric& first = to.metrics[at->second];
    std::size_t left_out = 0;
    const bool same_source = first.source == metric.source;  // else a family was renamed to the name of another
    if (plan_.fold == Fold::none || !same_source || !fold_metric(to.family, plan_.fold, first, metric, left_out))
      refuse(metric.parts.size());
    else
      refuse(left_out);
  }
}

void Passing::write(BlockSink& out) const {
  std::string body;
  for (const Shown& shown : families_) {
    const auto index = out.named_family(shown.family);
    for (const Metric& metric : shown.metrics)
      for (const Part& part : metric.parts) {
        if (!index) {  // another type under this name is already there
          count(counter_, Reason::duplicate);
          continue;
        }
        body = metric.body;
        if (const std::string_view structural = structural_label(shown.family, part.suffix); !part.structure.empty())
          append_label(body, structural, part.structure);
        out.add(*index, out.intern(body), part.value, part.suffix, Fold::none, counter_);
      }
  }
}

}  // namespace tallyman::map
