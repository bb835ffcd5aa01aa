#include "store/shape_layout.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <deque>
#include <limits>
#include <numeric>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace tallyman::store {
namespace {

struct Hash {
  std::uint64_t low = 0, high = 0;
  friend bool operator==(const Hash&, const Hash&) = default;
};

// A label set with the common labels in it, as it is written and as it is compared.
struct Body {
  std::string text;             // as between the braces
  Hash identity;                // of all labels, whatever their order
  Hash metric;                  // the same without `le`, `quantile` or the stateset's label
  Hash origin;                  // metric before labels were filtered
  bool has_structure = true;    // the label that the suffix asks for is there
  double bound = std::nan("");  // its value, of `le` and `quantile`; NaN if it is no canonical number
};

// One name and type of family, of however many families of the batch.
struct Group {
  struct Line {
    std::uint32_t series;  // in the batch
    std::uint32_t metric;  // ordinal of its label set without structural label
    std::size_t prefix_at, prefix_bytes;
    Hash labels;
    Suffix suffix;
    double bound;
  };
  Family family;
  std::vector<Line> lines, created;
};

struct Key {
  Hash labels;
  std::uint32_t group;
  Suffix suffix;
  friend bool operator==(const Key&, const Key&) = default;
};
struct KeyHash {
  std::size_t operator()(const Key& k) const {
    return k.labels.low ^ (k.group * 0x9E3779B97F4A7C15u + static_cast<std::uint64_t>(k.suffix));
  }
  std::size_t operator()(const Hash& h) const { return h.low; }
};

std::string sample_name(const Family& family, Suffix suffix) {
  std::string_view base = family.name;
  const bool counter = family.type == MetricType::counter || family.type == MetricType::untyped;
  if (suffix == Suffix::created && counter && base.ends_with("_total")) base.remove_suffix(6);
  return std::string(base).append(to_string(suffix));
}

double bound_of(std::string_view text) {
  if (text == "+Inf") return std::numeric_limits<double>::infinity();
  double d = 0;
  const auto r = std::from_chars(text.data(), text.data() + text.size(), d);
  return r.ec == std::errc() && r.ptr == text.data() + text.size() && std::isfinite(d) ? d : std::nan("");
}

// Lines stand metric by metric. OpenMetrics: buckets rise and end with +Inf, a count needs a sum
// and a sum a count, and there is no sum of what can be negative.
bool histogram_fits(const std::vector<Group::Line>& lines, Suffix sum, Suffix count) {
  for (std::size_t i = 0; i < lines.size();) {
    double last = -std::numeric_limits<double>::infinity();
    bool has_sum = false, has_count = false, negative = false;
    const std::uint32_t metric = lines[i].metric;
    for (; i < lines.size() && lines[i].metric == metric; ++i) {
      const auto& line = lines[i];
      if (line.suffix == Suffix::bucket) {
        if (!(line.bound > last)) return false;
        last = line.bound;
        negative = negative || line.bound < 0;
      } else if (line.suffix == sum) {
        has_sum = true;
      } else if (line.suffix == count) {
        has_count = true;
      } else {
        return false;
      }
    }
    if (!std::isinf(last) || last < 0 || has_sum != has_count) return false;
    if (negative && has_sum && sum == Suffix::sum) return false;
  }
  return true;
}

bool fits_openmetrics(MetricType type, const std::vector<Group::Line>& lines) {
  switch (type) {
    case MetricType::histogram:
      return histogram_fits(lines, Suffix::sum, Suffix::count);
    case MetricType::gauge_histogram:
      return histogram_fits(lines, Suffix::gsum, Suffix::gcount);
    case MetricType::summary:
      return std::all_of(lines.begin(), lines.end(), [](const auto& line) {
        return line.suffix == Suffix::sum || line.suffix == Suffix::count ||
               (line.suffix == Suffix::none && line.bound >= 0 && line.bound <= 1);
      });
    default:
      return std::all_of(lines.begin(), lines.end(), [](const auto& line) { return line.suffix == Suffix::none; });
  }
}

class Maker {
 public:
  Maker(const SampleBatch& batch, const Common& common, const std::function<bool(std::uint64_t)>& shown, bool with_keys)
      : batch_(batch), common_(common), shown_(shown), with_keys_(with_keys) {
    // A static label replaces `system` or `target`: who writes it wants it.
    const auto is_static = [&](std::string_view name) {
      return std::any_of(common.labels.begin(), common.labels.end(), [&](const auto& l) { return l.first == name; });
    };
    if (!common.system.empty() && !is_static("system")) shared_.emplace_back("system", common.system);
    if (!common.target.empty() && !is_static("target")) shared_.emplace_back("target", common.target);
    shared_.insert(shared_.end(), common.labels.begin(), common.labels.end());
  }

  Layout make() {
    collect();
    assemble();
    return std::move(out_);
  }

 private:
  static constexpr std::uint32_t unseen = UINT32_MAX, left_out = UINT32_MAX - 1;

  void collect() {
    group_of_.assign(batch_.families().size(), unseen);
    plain_.assign(batch_.label_sets(), nullptr);
    seen_.reserve(batch_.size());
    const auto& all = batch_.series();
    for (std::uint32_t i = 0; i < all.size(); ++i) {
      const auto& series = all[i];
      const std::uint32_t g = group(series.family);
      if (g == left_out) continue;
      Group& to = groups_[g];
      const Body& body = body_of(series.labels, structural_label(to.family, series.suffix));
      // Of two metrics that a filter of labels made one the first stays whole: buckets of the other, of
      // bounds that the first has not, would spoil it.
      const Hash& owner = owners_.try_emplace({body.metric, g, Suffix::none}, body.origin).first->second;
      if (!(owner == body.origin) || !seen_.insert({body.identity, g, series.suffix}).second) {
        ++out_.duplicates;
        continue;
      }
      const std::uint64_t key = key_of(to.family, series.suffix, body);
      if (shown_(key)) {
        ++out_.duplicates;
        continue;
      }
      if (with_keys_) out_.keys.push_back(key);
      // A stateset's series say their state in a label of the family's name; else OpenMetrics
      // does not allow the type.
      if (!body.has_structure && to.family.type == MetricType::stateset) to.family.type = MetricType::gauge;
      const std::size_t at = arena_.size();
      arena_ += sample_name(to.family, series.suffix);
      if (!body.text.empty()) arena_.append("{").append(body.text).append("}");
      arena_ += ' ';
      auto& lines = series.suffix == Suffix::created ? to.created : to.lines;
      lines.push_back({i, 0, at, arena_.size() - at, body.metric, series.suffix, body.bound});
    }
  }

  std::uint64_t key_of(const Family& family, Suffix suffix, const Body& body) const {
    const std::uint64_t name = XXH3_64bits(family.name.data(), family.name.size());
    return XXH3_64bits_withSeed(&body.identity, sizeof body.identity, name + static_cast<std::uint64_t>(suffix));
  }

  std::uint32_t group(std::uint32_t family) {
    std::uint32_t& g = group_of_[family];
    if (g != unseen) return g;
    Family f = batch_.families()[family];
    if (!is_metric_name(f.name)) {
      f.name = legal_metric_name(f.name);
      ++out_.sanitised;
    }
    if (common_.keep_family && !common_.keep_family(f.name)) return g = left_out;
    const auto [it, fresh] = by_name_.try_emplace(f.name, static_cast<std::uint32_t>(groups_.size()));
    if (fresh) {
      types_.push_back(f.type);
      groups_.push_back({std::move(f), {}, {}});
      return g = it->second;
    }
    if (types_[it->second] != f.type) {
      ++out_.clashes;
      return g = left_out;
    }
    Group& to = groups_[it->second];
    if (to.family.help.empty()) to.family.help = std::move(f.help);
    if (to.family.unit.empty()) to.family.unit = std::move(f.unit);
    return g = it->second;
  }

  const Body& body_of(std::uint32_t set, std::string_view structural) {
    if (!structural.empty()) {
      structured_ = make_body(set, structural);
      return structured_;
    }
    const Body*& known = plain_[set];
    if (known == nullptr) known = &bodies_.emplace_back(make_body(set, {}));
    return *known;
  }

  Body make_body(std::uint32_t set, std::string_view structural) {
    const std::string_view source = batch_.labels(set);
    Labels own = parse_labels(source);
    if (own.empty() && !source.empty()) ++out_.sanitised;  // not label text: shown without
    Labels before = own;
    std::sort(before.begin(), before.end());
    Labels kept;
    for (auto& [name, value] : own) {
      const bool fixed = !structural.empty() && name == structural;
      if (!fixed && common_.keep_label && !common_.keep_label(name)) continue;
      if (!is_label_name(name) || name == "__name__") {
        std::string legal = name == "__name__" ? "exported___name__" : legal_label_name(name);
        while (has(own, legal) || has(kept, legal)) legal += '_';
        name = std::move(legal);
        ++out_.sanitised;
      }
      if (has(kept, name)) {  // the same label twice: not legal, the first stays
        ++out_.sanitised;
        continue;
      }
      if (!fixed && limit_label_value(value, common_.label_value_bytes)) ++out_.cut;
      kept.emplace_back(std::move(name), std::move(value));
    }
    Labels all;
    for (const auto& label : shared_) {
      auto own_one = std::find_if(kept.begin(), kept.end(), [&](const auto& l) { return l.first == label.first; });
      if (own_one != kept.end()) {
        if (common_.honor_labels || own_one->first == structural) continue;
        std::string name = "exported_" + own_one->first;
        while (has(kept, name) || has(shared_, name)) name.insert(0, "exported_");
        own_one->first = std::move(name);
      }
      all.push_back(label);
    }
    all.insert(all.end(), std::make_move_iterator(kept.begin()), std::make_move_iterator(kept.end()));

    Body body;
    body.origin = hash_of(before, structural);
    for (const auto& [name, value] : all) append_label(body.text, name, value);
    body.has_structure = structural.empty() || has(all, structural);
    names_target_ = names_target_ && std::any_of(all.begin(), all.end(), [&](const auto& l) {
                      return l.first == "target" && l.second == common_.target;
                    });
    std::sort(all.begin(), all.end());
    body.identity = hash_of(all, {});
    if (structural == "le" || structural == "quantile")
      for (const auto& [name, value] : all)
        if (name == structural) body.bound = bound_of(value);
    body.metric = structural.empty() ? body.identity : hash_of(all, structural);
    return body;
  }

  static bool has(const Labels& labels, std::string_view name) {
    return std::any_of(labels.begin(), labels.end(), [&](const auto& l) { return l.first == name; });
  }

  // A label without a value is no label to Prometheus.
  Hash hash_of(const Labels& sorted, std::string_view without) {
    canonical_.clear();
    for (const auto& [name, value] : sorted)
      if (!value.empty() && name != without) append_label(canonical_, name, value);
    const XXH128_hash_t h = XXH3_128bits(canonical_.data(), canonical_.size());
    return {h.low64, h.high64};
  }

  // Numbers the label sets of a group by first appearance and sorts its lines by them.
  void number_metrics(Group& group) {
    std::unordered_map<Hash, std::uint32_t, KeyHash> ordinals;
    for (auto& line : group.lines)
      line.metric = ordinals.try_emplace(line.labels, static_cast<std::uint32_t>(ordinals.size())).first->second;
    std::erase_if(group.created, [&](Group::Line& line) {
      const auto it = ordinals.find(line.labels);
      if (it == ordinals.end()) return ++out_.orphans, true;
      line.metric = it->second;
      return false;
    });
    const auto by_metric = [](const Group::Line& a, const Group::Line& b) {
      return a.metric != b.metric ? a.metric < b.metric : a.series < b.series;
    };
    std::sort(group.lines.begin(), group.lines.end(), by_metric);
    std::sort(group.created.begin(), group.created.end(), by_metric);
  }

  void assemble() {
    std::vector<std::uint32_t> sorted(groups_.size());
    std::iota(sorted.begin(), sorted.end(), 0u);
    std::sort(sorted.begin(), sorted.end(),
              [&](std::uint32_t a, std::uint32_t b) { return groups_[a].family.name < groups_[b].family.name; });
    auto shape = std::make_shared<Shape>();
    out_.prefixes.reserve(arena_.size());
    out_.order.reserve(batch_.size());
    shape->prefix_bytes.reserve(batch_.size());
    for (const std::uint32_t g : sorted) {
      Group& group = groups_[g];
      const MetricType type = group.family.type;
      if (type == MetricType::histogram || type == MetricType::gauge_histogram || type == MetricType::summary ||
          type == MetricType::stateset || !group.created.empty())
        number_metrics(group);
      if (group.lines.empty()) continue;
      const auto family = intern_family(std::move(group.family));
      const auto first = static_cast<std::uint32_t>(out_.order.size());
      append(*shape, family, group.lines, false);
      if (group.created.empty()) continue;
      append(*shape, family, group.created, true);
      std::size_t at = 0;
      for (const auto& line : group.created) {
        while (at + 1 < group.lines.size() && group.lines[at + 1].metric <= line.metric) ++at;
        shape->created_after.push_back(first + static_cast<std::uint32_t>(at));
      }
    }
    shape->unplaced = !common_.target.empty() && !names_target_;
    std::sort(out_.keys.begin(), out_.keys.end());
    shape->slices.shrink_to_fit();
    shape->prefix_bytes.shrink_to_fit();
    out_.order.shrink_to_fit();
    out_.shape = std::move(shape);
  }

  void append(Shape& shape, const std::shared_ptr<const Family>& family, const std::vector<Group::Line>& lines,
              bool created) {
    Shape::Slice slice;
    slice.family = family;
    slice.first = static_cast<std::uint32_t>(out_.order.size());
    slice.count = static_cast<std::uint32_t>(lines.size());
    slice.created = created;
    slice.loose = !created && !fits_openmetrics(family->type, lines);
    for (const auto& line : lines)
      slice.suffixes |= static_cast<std::uint8_t>(1u << static_cast<unsigned>(line.suffix));
    shape.slices.push_back(std::move(slice));
    for (const auto& line : lines) {
      out_.order.push_back(line.series);
      shape.prefix_bytes.push_back(static_cast<std::uint32_t>(line.prefix_bytes));
      out_.prefixes.append(arena_, line.prefix_at, line.prefix_bytes);
    }
  }

  const SampleBatch& batch_;
  const Common& common_;
  const std::function<bool(std::uint64_t)>& shown_;
  const bool with_keys_;
  bool names_target_ = true;  // all label sets so far say the target's name
  Labels shared_;             // the common labels
  Layout out_;
  std::vector<Group> groups_;
  std::vector<MetricType> types_;  // of groups_, as the batch says
  std::unordered_map<std::string, std::uint32_t> by_name_;
  std::vector<std::uint32_t> group_of_;  // family of the batch -> group
  std::unordered_set<Key, KeyHash> seen_;
  std::unordered_map<Key, Hash, KeyHash> owners_;  // metric of a group -> the one in the batch it is
  std::vector<const Body*> plain_;                 // label set -> body, of series without structural label
  std::deque<Body> bodies_;
  Body structured_;
  std::string arena_;  // prefixes in emission order
  std::string canonical_;
};

}  // namespace

Layout lay_out(const SampleBatch& batch, const Common& common, const std::function<bool(std::uint64_t key)>& shown,
               bool with_keys) {
  return Maker(batch, common, shown, with_keys).make();
}

}  // namespace tallyman::store
