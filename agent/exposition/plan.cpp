#include "exposition/plan.h"

#include <algorithm>
#include <deque>
#include <numeric>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "core/family.h"
#include "core/labels.h"
#include "exposition/overlap.h"
#include "exposition/own_names.h"
#include "exposition/type_rules.h"

namespace tallyman::exposition {
namespace {

// One family of the exposition: slices of several targets.
// HELP is optional, but linters and people miss it.
constexpr std::string_view no_help = "The target says nothing about this family (as of the last good poll).";

struct Shown {
  std::shared_ptr<const Family> family;  // of the first target
  std::string_view target;               // it
  std::string_view help;                 // of the first target that has one
  MetricType type;
  bool loose = false;
  unsigned suffixes = 0;  // of samples there are, without created
  bool open = true;       // OpenMetrics can show it as its type
  Plan::Slices slices;

  const std::string& name() const { return family->name; }
  // The name without `_total` (counters) or `_info`: what OpenMetrics calls the family.
  std::string_view base() const {
    std::string_view n = family->name;
    const std::string_view ending = type == MetricType::info ? "_info" : "_total";
    const bool strips = type == MetricType::info || type == MetricType::counter || type == MetricType::untyped;
    if (strips && n.size() > ending.size() && n.ends_with(ending)) n.remove_suffix(ending.size());
    return n;
  }
  std::string created_name() const { return std::string(base()) + "_created"; }
};

class Planner {
 public:
  explicit Planner(const std::vector<store::SnapshotPtr>& snapshots) : snapshots_(snapshots) {}

  Planned make() {
    for (const auto& snapshot : snapshots_) {
      plan_->blocks.push_back(static_cast<std::uint32_t>(snapshot->blocks.size()));
      for (const auto& block : snapshot->blocks) plan_->shapes.push_back(block ? block->shape : nullptr);
    }
    // What the agent itself says comes first: no target can take its families away.
    for (const bool own : {true, false}) take_snapshots(own);
    plan_->exact.assign(plan_->shapes.size(), false);
    for (Shown& f : shown_) {
      overlaps_.find(*plan_, f.slices, *f.family, f.type, conflicts_);
      settle(f);
    }
    for (const MetricType first : {MetricType::counter, MetricType::info})
      for (Shown& f : shown_)
        if (f.type == first) claim_base(f);
    write_passes();
    return {std::move(plan_), std::move(conflicts_), true};
  }

 private:
  // --- which slice belongs to which family ---

  void take_snapshots(bool own) {
    own_ = own;
    std::uint32_t number = 0;
    for (const auto& snapshot : snapshots_) {
      target_ = &snapshot->target;
      for (const auto& block : snapshot->blocks) {
        if (block && block->shape->own == own) take_all(block->shape->slices, number);
        ++number;
      }
    }
  }

  void take_all(const std::vector<store::Shape::Slice>& slices, std::uint32_t block) {
    bool left_out = false;
    for (std::uint32_t i = 0; i < slices.size(); ++i) {
      if (!slices[i].created)
        left_out = !take(slices[i], {block, i});
      else if (!left_out)
        take_created(slices[i], {block, i});
    }
  }

  bool take(const store::Shape::Slice& slice, Plan::Entry entry) {
    if (!own_ && is_own_name(slice.family->name)) {
      report(slice.family->name, "is a name that only the agent shows; leave it out by the target's `filter`");
      return false;
    }
    std::uint32_t& index = by_pointer_.try_emplace(slice.family.get(), unseen).first->second;
    if (index == unseen) index = find_or_add(*slice.family, slice);
    if (index >= refused) {
      report(slice.family->name, reasons_[index - refused]);
      return false;
    }
    Shown& f = shown_[index];
    if ((slice.suffixes & ~f.suffixes) != 0 || slice.family->type != f.type) {
      const std::string why = claim(f.name(), index, slice.family->type, slice.suffixes);
      if (!why.empty()) {
        report(f.name(), why);
        return false;
      }
      f.suffixes |= slice.suffixes;
    }
    f.loose = f.loose || slice.loose;
    if (f.help.empty()) f.help = slice.family->help;
    merge_type(f, slice.family->type);
    f.slices.entries.push_back(entry);
    return true;
  }

  std::uint32_t refuse(std::string why) {
    reasons_.push_back(std::move(why));
    return refused + static_cast<std::uint32_t>(reasons_.size() - 1);
  }

  std::uint32_t find_or_add(const Family& family, const store::Shape::Slice& slice) {
    if (const auto it = by_name_.find(family.name); it != by_name_.end()) {
      const Shown& f = shown_[it->second];
      if (compatible(f.type, family.type)) return it->second;
      return refuse("is " + with_article(f.type) + " of " + said(f) + ", " + with_article(family.type) + " here");
    }
    if (family.name.starts_with("tally_") && !compatible(vocabulary_type(family.name), family.type))
      return refuse("is " + with_article(vocabulary_type(family.name)) + " in the vocabulary, " +
                    with_article(family.type) + " here");
    const auto index = static_cast<std::uint32_t>(shown_.size());
    std::string why = claim(family.name, index, family.type, slice.suffixes);
    if (!why.empty()) return refuse(std::move(why));
    Shown f;
    f.family = slice.family;
    f.target = *target_;
    f.type = family.type;
    f.suffixes = slice.suffixes;
    shown_.push_back(std::move(f));
    by_name_.emplace(shown_.back().name(), index);
    return index;
  }

  // Names with `tally_` mean the same for every target, so one target's text cannot give them
  // another type; its name tells it.
  static MetricType vocabulary_type(std::string_view name) {
    return name.ends_with("_total") ? MetricType::counter : MetricType::gauge;
  }

  // An untyped family may be anything; info and stateset are gauges to text 0.0.4.
  static bool compatible(MetricType a, MetricType b) {
    return a == b || a == MetricType::untyped || b == MetricType::untyped || (is_plain_gauge(a) && is_plain_gauge(b));
  }
  static void merge_type(Shown& f, MetricType other) {
    if (f.type == other) return;
    if (is_plain_gauge(f.type) && is_plain_gauge(other)) {
      f.type = MetricType::gauge;
    } else {
      f.loose = true;  // OpenMetrics would check values that nobody promised
      if (f.type == MetricType::untyped) f.type = other;
    }
  }

  void take_created(const store::Shape::Slice& slice, Plan::Entry entry) {
    const std::uint32_t index = by_name_.at(slice.family->name);
    Shown& f = shown_[index];
    const std::string name = f.created_name();
    if (const std::string why = claim_name(name, index); !why.empty())
      report(name, why);
    else
      f.slices.created.push_back(entry);
  }

  // --- sample names ---

  std::string claim_name(const std::string& name, std::uint32_t index) {
    const auto [it, fresh] = owners_.try_emplace(name, index);
    if (fresh || it->second == index) return {};
    const Shown& owner = shown_[it->second];
    return "has samples named `" + name + "`, which belong to the " + std::string(to_string(owner.type)) + " `" +
           owner.name() + "` of " + said(owner);
  }
  std::string claim(const std::string& family, std::uint32_t index, MetricType type, unsigned suffixes) {
    // Looked at before any is taken: a family that is left out owns nothing.
    std::vector<std::string> names = {family};
    for (const Suffix s : all_suffixes)
      if (((suffixes_of(type) | suffixes) & bit(s)) != 0) names.push_back(family + std::string(to_string(s)));
    for (const auto& name : names)
      if (const auto it = owners_.find(name); it != owners_.end() && it->second != index)
        return claim_name(name, index);
    for (const auto& name : names) owners_.emplace(name, index);
    return {};
  }

  static std::string said(const Shown& f) {
    return f.target.empty() ? "the agent itself" : "target `" + std::string(f.target) + "`";
  }

  void report(const std::string& family, const std::string& why) {
    const std::string& target = *target_;
    for (auto it = conflicts_.rbegin(); it != conflicts_.rend() && it->target == target; ++it)
      if (it->family == family) return;  // another block of it
    conflicts_.push_back({target, family, why});
  }

  // --- what OpenMetrics can show ---

  static void settle(Shown& f) {
    // Samples that the type does not know, as of a merged untyped family: no type at all.
    if ((f.suffixes & ~suffixes_of(f.type)) != 0) f.type = MetricType::untyped;
    f.open = !f.loose || f.type == MetricType::gauge;
    if (f.type == MetricType::untyped) f.open = f.suffixes == bit(Suffix::none);
  }

  // OpenMetrics takes `_total` and `_info` off the family's name; that needs what is left to be
  // free, with and without `_created`. (`jobs_total` beside a gauge `jobs` is common.)
  void claim_base(Shown& f) {
    if (!f.open) return;
    const auto index = by_name_.at(f.name());
    const std::string base(f.base()), created = f.created_name();
    std::vector<std::string> names = {base};
    if (f.type == MetricType::counter) names.push_back(created);
    f.open = base != f.name() && std::all_of(names.begin(), names.end(), [&](const std::string& name) {
               const auto it = owners_.find(name);
               return it == owners_.end() || it->second == index;
             });
    if (f.open)
      for (const auto& name : names) owners_.emplace(name, index);
  }

  // --- passes ---

  void write_passes() {
    std::vector<std::uint32_t> order(shown_.size());
    std::iota(order.begin(), order.end(), 0u);
    std::sort(order.begin(), order.end(),
              [&](std::uint32_t a, std::uint32_t b) { return shown_[a].name() < shown_[b].name(); });
    for (const std::uint32_t i : order) {
      write(Format::text, shown_[i]);
      write(Format::openmetrics, shown_[i]);
      plan_->families.push_back(std::move(shown_[i].slices));
    }
  }

  void write(Format format, const Shown& f) {
    const bool open = format == Format::openmetrics;
    const std::string_view plain = open ? "unknown" : "untyped";
    const bool has_created = !f.slices.created.empty();
    bool interlaced = false;
    if (open && f.open) {
      const bool strips = f.type == MetricType::counter || f.type == MetricType::info;
      interlaced = has_created &&
                   (f.type == MetricType::counter || f.type == MetricType::histogram || f.type == MetricType::summary);
      const std::string name(strips ? f.base() : std::string_view(f.name()));
      add(format, f, name, to_string(f.type), interlaced ? Plan::Lines::interlaced : Plan::Lines::all);
    } else if (f.type == MetricType::gauge_histogram && !open) {
      add(format, f, f.name(), "histogram", Plan::Lines::named, Suffix::bucket);
      for (const Suffix s : {Suffix::gcount, Suffix::gsum})
        add(format, f, f.name() + std::string(to_string(s)), "gauge", Plan::Lines::named, s);
    } else if (open ? f.suffixes != bit(Suffix::none)
                    : f.type == MetricType::untyped && f.suffixes != bit(Suffix::none)) {
      for (const Suffix s : all_suffixes)
        if ((f.suffixes & bit(s)) != 0)
          add(format, f, f.name() + std::string(to_string(s)), plain, Plan::Lines::named, s);
    } else if (open) {
      add(format, f, f.name(), is_plain_gauge(f.type) ? "gauge" : plain, Plan::Lines::all);
    } else {
      add(format, f, f.name(), text_word(f.type), Plan::Lines::all);
    }
    if (has_created && !interlaced) {
      add(format, f, f.created_name(), "gauge", Plan::Lines::all);
      plan_->passes[static_cast<int>(format)].back().created = true;
    }
  }

  void add(Format format, const Shown& f, const std::string& name, std::string_view word, Plan::Lines lines,
           Suffix named = Suffix::none) {
    Plan::Pass pass;
    pass.family = static_cast<std::uint32_t>(plan_->families.size());
    pass.lines = lines;
    if (lines == Plan::Lines::named) pass.name = f.name() + std::string(to_string(named));
    std::string& head = pass.head;
    head.append("# HELP ").append(name).append(" ");
    append_help(head, f.help.empty() ? no_help : f.help, format);
    head += '\n';
    head.append("# TYPE ").append(name).append(" ").append(word).append("\n");
    const std::string& unit = f.family->unit;
    if (format == Format::openmetrics && !unit.empty() && ends_with_unit(name, unit) && word != "info" &&
        word != "stateset")
      head.append("# UNIT ").append(name).append(" ").append(unit).append("\n");
    plan_->passes[static_cast<int>(format)].push_back(std::move(pass));
  }

  static void append_help(std::string& out, std::string_view help, Format format) {
    for (const char c : to_utf8(help)) {
      if (c == '\\')
        out += "\\\\";
      else if (c == '\n')
        out += "\\n";
      else if (c == '"' && format == Format::openmetrics)
        out += "\\\"";
      else
        out += c == '\r' ? ' ' : c;  // no line ends but ours
    }
  }

  static constexpr std::uint32_t unseen = UINT32_MAX, refused = 1u << 31;  // from there on: reasons_

  const std::vector<store::SnapshotPtr>& snapshots_;
  OverlapFinder overlaps_{snapshots_};
  const std::string* target_ = nullptr;  // of the snapshot being taken
  bool own_ = false;                     // what is being taken is what the agent itself says
  std::shared_ptr<Plan> plan_ = std::make_shared<Plan>();
  std::vector<Conflict> conflicts_;
  std::deque<Shown> shown_;
  std::unordered_map<std::string, std::uint32_t> by_name_, owners_;  // family; sample name
  std::unordered_map<const Family*, std::uint32_t> by_pointer_;      // interned: most look-ups end here
  std::vector<std::string> reasons_;
};

bool same_layout(const store::Shape& a, const store::Shape& b) {
  return std::equal(
      a.slices.begin(), a.slices.end(), b.slices.begin(), b.slices.end(), [](const auto& x, const auto& y) {
        return x.family == y.family && x.created == y.created && x.loose == y.loose && x.suffixes == y.suffixes;
      });
}

}  // namespace

bool Plan::fits(const std::vector<store::SnapshotPtr>& snapshots) const {
  if (snapshots.size() != blocks.size()) return false;
  std::size_t at = 0;
  for (std::size_t s = 0; s < snapshots.size(); ++s) {
    if (snapshots[s]->blocks.size() != blocks[s]) return false;
    for (const auto& block : snapshots[s]->blocks) {
      const auto& shape = shapes[at];
      const bool only_this = exact[at++];
      if (block == nullptr ? shape != nullptr
                           : shape != block->shape && (only_this || shape == nullptr || block->shape->unplaced ||
                                                       !same_layout(*shape, *block->shape)))
        return false;
    }
  }
  return true;
}

Planned plan_for(const std::vector<store::SnapshotPtr>& snapshots, std::shared_ptr<const Plan> previous) {
  if (previous && previous->fits(snapshots)) return {std::move(previous), {}, false};
  return Planner(snapshots).make();
}

}  // namespace tallyman::exposition
