#include "store/shape_layout.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "store/label_bodies.h"

namespace tallyman::store {
namespace {

// One name and type of family, of however many families of the batch.
struct Group {
  struct Line {
    std::uint32_t series;  // in the batch
    std::uint32_t metric;  // ordinal of its label set without structural label
    std::size_t text_at;   // its labels
    std::uint32_t text_bytes;
    LabelHash labels;
    Suffix suffix;
    bool as_given;
    double bound;
  };
  Family family;
  std::vector<Line> lines, created;
};

struct Key {
  LabelHash labels;
  std::uint32_t group;
  Suffix suffix;
  friend bool operator==(const Key&, const Key&) = default;
};
struct KeyHash {
  std::size_t operator()(const Key& k) const {
    return k.labels.low ^ (k.group * 0x9E3779B97F4A7C15u + static_cast<std::uint64_t>(k.suffix));
  }
  std::size_t operator()(const LabelHash& h) const { return h.low; }
};

// Series that are there, by hash alone: 128 bits tell them apart. Flat, because a target may have
// millions, and a node each costs more than all the rest of their layout.
class SeriesSet {
 public:
  explicit SeriesSet(std::size_t expected) {
    std::size_t size = 64;
    while (size * 3 < expected * 4) size *= 2;
    slots_.resize(size);
  }
  // False if it was there. For at most as many as were expected.
  bool insert(const LabelHash& labels, std::uint32_t group, Suffix suffix) {
    LabelHash key = labels;
    key.low += (std::uint64_t{group} << 8 | static_cast<std::uint64_t>(suffix)) * 0x9E3779B97F4A7C15u;
    if (key == LabelHash{}) key.high = 1;  // the mark of an empty slot
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t i = (key.low ^ key.low >> 32) & mask;; i = (i + 1) & mask) {
      if (slots_[i] == key) return false;
      if (slots_[i] == LabelHash{}) return slots_[i] = key, true;
    }
  }

 private:
  std::vector<LabelHash> slots_;
};

std::string sample_name(const Family& family, Suffix suffix) {
  std::string_view base = family.name;
  const bool counter = family.type == MetricType::counter || family.type == MetricType::untyped;
  if (suffix == Suffix::created && counter && base.ends_with("_total")) base.remove_suffix(6);
  return std::string(base).append(to_string(suffix));
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
      : batch_(batch), common_(common), shown_(shown), with_keys_(with_keys), bodies_(batch, common) {}

  Layout make() {
    collect();
    bodies_.forget();
    std::unordered_map<Key, LabelHash, KeyHash>().swap(owners_);
    assemble();
    out_.sanitised += bodies_.sanitised();
    out_.cut = bodies_.cut();
    return std::move(out_);
  }

 private:
  static constexpr std::uint32_t unseen = UINT32_MAX, left_out = UINT32_MAX - 1;

  void collect() {
    group_of_.assign(batch_.families().size(), unseen);
    SeriesSet seen(batch_.size());
    const bool asks = with_keys_ || shown_;
    const auto& all = batch_.series();
    sizes_.assign(batch_.families().size(), 0);
    for (const auto& series : all) {
      ++sizes_[series.family];
      any_created_ = any_created_ || series.suffix == Suffix::created;
    }
    for (std::uint32_t i = 0; i < all.size(); ++i) {
      const auto& series = all[i];
      const std::uint32_t g = group(series.family);
      if (g == left_out) continue;
      Group& to = groups_[g];
      const LabelBody body = bodies_.of(series.labels, structural_label(to.family, series.suffix));
      if (!owned(g, series.suffix, body) || !seen.insert(body.identity, g, series.suffix)) {
        ++out_.duplicates;
        continue;
      }
      if (asks) {
        const std::uint64_t key = key_of(to.family, series.suffix, body);
        if (shown_ && shown_(key)) {
          ++out_.duplicates;
          continue;
        }
        if (with_keys_) out_.keys.push_back(key);
      }
      // A stateset's series say their state in a label of the family's name; else OpenMetrics
      // does not allow the type.
      if (!body.has_structure && to.family.type == MetricType::stateset) to.family.type = MetricType::gauge;
      // Room for the braces, the blank and a suffix too.
      prefix_bytes_ += to.family.name.size() + bodies_.text_size(body) + 10;
      auto& lines = series.suffix == Suffix::created ? to.created : to.lines;
      lines.push_back({i, 0, body.text_at, body.text_bytes, body.metric, series.suffix, body.as_given, body.bound});
    }
  }

  // Of two metrics that a filter of labels made one the first stays whole: buckets of the other, of
  // bounds that the first has not, would spoil it. A gauge is one series: seen or not; so is a counter
  // without `_created`.
  bool owned(std::uint32_t group, Suffix suffix, const LabelBody& body) {
    const MetricType type = types_[group];
    const bool single =
        type == MetricType::gauge || (!any_created_ && (type == MetricType::counter || type == MetricType::untyped));
    if (single && suffix == Suffix::none) return true;
    return owners_.try_emplace({body.metric, group, Suffix::none}, body.origin).first->second == body.origin;
  }

  std::uint64_t key_of(const Family& family, Suffix suffix, const LabelBody& body) const {
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
      groups_.back().lines.reserve(sizes_[family]);
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

  // Numbers the label sets of a group by first appearance and sorts its lines by them.
  void number_metrics(Group& group) {
    std::unordered_map<LabelHash, std::uint32_t, KeyHash> ordinals;
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
    out_.prefixes.reserve(prefix_bytes_);
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
    shape->own = common_.own;
    shape->unplaced = !common_.target.empty() && !bodies_.all_name_target();
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
    std::array<std::string, 8> names;  // by suffix
    std::string& to = out_.prefixes;
    for (const auto& line : lines) {
      std::string& name = names[static_cast<std::size_t>(line.suffix)];
      if (name.empty()) name = sample_name(*family, line.suffix);
      const std::size_t at = to.size();
      to += name;
      to += '{';
      bodies_.append_text(to, line.text_at, line.text_bytes, line.as_given);
      if (to.back() == '{')
        to.pop_back();
      else
        to += '}';
      to += ' ';
      out_.order.push_back(line.series);
      shape.prefix_bytes.push_back(static_cast<std::uint32_t>(to.size() - at));
    }
  }

  const SampleBatch& batch_;
  const Common& common_;
  const std::function<bool(std::uint64_t)>& shown_;
  const bool with_keys_;
  LabelBodies bodies_;
  Layout out_;
  std::vector<Group> groups_;
  std::vector<MetricType> types_;  // of groups_, as the batch says
  std::unordered_map<std::string, std::uint32_t> by_name_;
  std::vector<std::size_t> sizes_;  // series, by family of the batch
  bool any_created_ = false;
  std::size_t prefix_bytes_ = 0;                        // of all lines, at most
  std::vector<std::uint32_t> group_of_;                 // family of the batch -> group
  std::unordered_map<Key, LabelHash, KeyHash> owners_;  // metric of a group -> the one in the batch it is
};

}  // namespace

Layout lay_out(const SampleBatch& batch, const Common& common, const std::function<bool(std::uint64_t key)>& shown,
               bool with_keys) {
  return Maker(batch, common, shown, with_keys).make();
}

}  // namespace tallyman::store
