#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>
#include <iterator>
#include <numeric>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "decode/prometheus_internal.h"

namespace tallyman::decode {
namespace {

// Labels in an order of their own, without `but` and without empty ones (no label, to Prometheus).
std::string key_of(std::span<const PromLabel> labels, std::string_view but) {
  std::vector<const PromLabel*> sorted;
  for (const PromLabel& label : labels)
    if (label.name() != but && !label.value().empty()) sorted.push_back(&label);
  std::sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) { return a->name() < b->name(); });
  std::string key;
  for (const auto* label : sorted) append_label(key, label->name(), label->value());
  return key;
}

// --- names -------------------------------------------------------------------------------------

// A counter `x` whose samples are `x_total` gets that name, an info its `_info`. Samples that
// have the bare name nevertheless stay behind, in a family of type `bare`.
void name_by_samples(std::vector<PromFamily>& out, PromFamily family, std::string_view ending, MetricType bare) {
  const std::string full = family.family.name + std::string(ending);
  const auto plain = [](const PromSample& s) { return s.suffix == Suffix::none; };
  if (std::none_of(family.samples.begin(), family.samples.end(),
                   [&](const PromSample& s) { return plain(s) && s.name() != full; })) {
    if (std::any_of(family.samples.begin(), family.samples.end(), plain)) family.family.name = full;
    out.push_back(std::move(family));
    return;
  }
  PromFamily rest{family.family, {}};
  bool has_full = false;
  std::vector<PromSample> kept;
  for (PromSample& s : family.samples) {
    const bool is_bare = s.suffix == Suffix::none && s.name() != full;
    has_full = has_full || (s.suffix == Suffix::none && !is_bare);
    (is_bare ? rest.samples : kept).push_back(std::move(s));
  }
  if (!rest.samples.empty() && !family.family.name.ends_with(ending)) rest.family.type = bare;
  if (!has_full) {
    std::move(kept.begin(), kept.end(), std::back_inserter(rest.samples));
    out.push_back(std::move(rest));
    return;
  }
  family.samples = std::move(kept);
  family.family.name = full;
  out.push_back(std::move(family));
  if (!rest.samples.empty()) out.push_back(std::move(rest));
}

void name_all(PromText& text) {
  if (std::none_of(text.families.begin(), text.families.end(), [](const PromFamily& f) {
        return f.family.type == MetricType::counter || f.family.type == MetricType::info;
      }))
    return;
  std::vector<PromFamily> named;
  named.reserve(text.families.size());
  for (PromFamily& f : text.families) {
    if (f.family.type == MetricType::counter)
      name_by_samples(named, std::move(f), "_total", MetricType::counter);
    else if (f.family.type == MetricType::info)
      name_by_samples(named, std::move(f), "_info", MetricType::gauge);
    else
      named.push_back(std::move(f));
  }
  // `# TYPE x counter` beside `# TYPE x_total counter`: one family after all.
  std::unordered_map<std::string, std::size_t> index;
  text.families.clear();
  for (PromFamily& f : named) {
    const auto [it, fresh] = index.try_emplace(f.family.name, text.families.size());
    if (fresh) {
      text.families.push_back(std::move(f));
      continue;
    }
    PromFamily& first = text.families[it->second];
    if (first.samples.empty())
      first.family.type = f.family.type;
    else if (first.family.type != f.family.type && !f.samples.empty())
      first.family.type = MetricType::untyped;
    if (first.family.help.empty()) first.family.help = std::move(f.family.help);
    first.samples.insert(first.samples.end(), std::make_move_iterator(f.samples.begin()),
                         std::make_move_iterator(f.samples.end()));
  }
}

// --- duplicates --------------------------------------------------------------------------------

// Not depending on the labels' order.
std::size_t hash_of(const PromSample& s) {
  const std::hash<std::string_view> hash;
  std::size_t h = hash(s.name());
  for (const PromLabel& label : s.labels())
    if (!label.value().empty()) h += (hash(label.name()) * 31) ^ (hash(label.value()) * 0x9E3779B97F4A7C15u);
  return h;
}

void drop_duplicates(PromText& text) {
  std::vector<std::pair<std::size_t, std::size_t>> hashes;  // hash, index: earlier ones first
  for (PromFamily& f : text.families) {
    hashes.clear();
    for (std::size_t i = 0; i < f.samples.size(); ++i) hashes.emplace_back(hash_of(f.samples[i]), i);
    std::sort(hashes.begin(), hashes.end());
    std::vector<bool> again;
    for (std::size_t i = 1; i < hashes.size(); ++i) {
      const PromSample& sample = f.samples[hashes[i].second];
      for (std::size_t j = i; j > 0 && hashes[j - 1].first == hashes[i].first; --j) {
        const PromSample& other = f.samples[hashes[j - 1].second];
        if (other.name() != sample.name() || key_of(other.labels(), "") != key_of(sample.labels(), "")) continue;
        again.resize(f.samples.size());
        again[hashes[i].second] = true;
        break;
      }
    }
    if (again.empty()) continue;
    std::size_t i = 0;
    text.duplicates += std::erase_if(f.samples, [&](const PromSample&) { return again[i++]; });
  }
}

// --- created samples of text 0.0.4 ---------------------------------------------------------------

void fold_created(PromText& text) {
  std::unordered_map<std::string_view, std::size_t> index;
  for (std::size_t i = 0; i < text.families.size(); ++i) index.emplace(text.families[i].family.name, i);
  std::vector<bool> folded(text.families.size());
  for (std::size_t i = 0; i < text.families.size(); ++i) {
    PromFamily& from = text.families[i];
    constexpr std::string_view ending = "_created";
    if (from.family.type != MetricType::gauge || from.samples.empty() || !from.family.name.ends_with(ending)) continue;
    const std::string base = from.family.name.substr(0, from.family.name.size() - ending.size());
    for (const std::string& name : {base, base + "_total"}) {
      const auto it = index.find(name);
      if (it == index.end()) continue;
      PromFamily& to = text.families[it->second];
      const MetricType type = to.family.type;
      if (type != (name == base ? MetricType::histogram : MetricType::counter) &&
          !(name == base && (type == MetricType::summary || type == MetricType::counter)))
        continue;
      std::unordered_set<std::string> known;
      for (const PromSample& s : to.samples) known.insert(key_of(s.labels(), structural_label(to.family, s.suffix)));
      if (!std::all_of(from.samples.begin(), from.samples.end(),
                       [&](const PromSample& s) { return known.count(key_of(s.labels(), "")) != 0; }))
        continue;  // a gauge that only happens to have the name
      for (PromSample& s : from.samples) {
        s.suffix = Suffix::created;
        to.samples.push_back(std::move(s));
      }
      folded[i] = true;
      break;
    }
  }
  std::size_t i = 0;
  std::erase_if(text.families, [&](const PromFamily&) { return folded[i++]; });
}

// --- values --------------------------------------------------------------------------------------

double real(const PromSample& s) { return s.value.real(); }
bool is_whole(Number n) { return n.is_integer() || (std::isfinite(n.real()) && n.real() == std::trunc(n.real())); }
bool counts(const PromSample& s) { return real(s) >= 0; }  // false for NaN

double bound_of(const PromSample& s) {
  for (const PromLabel& label : s.labels())
    if (label.name() == "le")
      if (const auto number = parse_prom_number(label.value())) return number->real();
  return std::nan("");
}

// Puts the buckets of each label set in order and together; true if their values are fit.
bool settle_histogram(PromFamily& f) {
  struct Place {
    std::size_t metric;
    bool bucket;
    double bound;
    std::size_t index;
  };
  std::unordered_map<std::string, std::size_t> metrics;
  std::vector<Place> places;
  for (std::size_t i = 0; i < f.samples.size(); ++i) {
    const PromSample& s = f.samples[i];
    const bool bucket = s.suffix == Suffix::bucket;
    const std::size_t metric =
        metrics.try_emplace(key_of(s.labels(), bucket ? "le" : ""), metrics.size()).first->second;
    places.push_back({metric, bucket, bucket ? bound_of(s) : 0, i});
    if (bucket && std::isnan(places.back().bound)) return false;
  }
  const auto before = [](const Place& a, const Place& b) {
    if (a.metric != b.metric) return a.metric < b.metric;
    if (a.bucket != b.bucket) return a.bucket;
    return a.bound != b.bound ? a.bound < b.bound : a.index < b.index;
  };
  if (!std::is_sorted(places.begin(), places.end(), before)) {
    std::sort(places.begin(), places.end(), before);
    std::vector<PromSample> sorted;
    sorted.reserve(f.samples.size());
    for (const Place& p : places) sorted.push_back(std::move(f.samples[p.index]));
    f.samples = std::move(sorted);
  }
  Number highest = Number::of(std::int64_t{0});
  bool negative_bounds = false;
  for (std::size_t i = 0; i < places.size(); ++i) {
    const PromSample& s = f.samples[i];
    if (i == 0 || places[i - 1].metric != places[i].metric) {
      highest = Number::of(std::int64_t{0});
      negative_bounds = false;
    }
    switch (s.suffix) {
      case Suffix::bucket:
        if (!counts(s) || !is_whole(s.value) || compare(s.value, highest) < 0) return false;
        highest = s.value;
        negative_bounds = negative_bounds || places[i].bound < 0;
        break;
      case Suffix::count:
      case Suffix::gcount:
        if (!counts(s) || compare(s.value, highest) != 0) return false;
        break;
      case Suffix::sum:
        if (!counts(s)) return false;
        break;
      case Suffix::gsum:
        if (std::isnan(real(s)) || (real(s) < 0 && !negative_bounds)) return false;
        break;
      case Suffix::created:
        break;
      case Suffix::none:
        return false;
    }
  }
  return true;
}

bool fits(PromFamily& f) {
  const auto all = [&](auto&& good) { return std::all_of(f.samples.begin(), f.samples.end(), good); };
  switch (f.family.type) {
    case MetricType::counter:
      return all([](const PromSample& s) { return s.suffix == Suffix::created || counts(s); });
    case MetricType::info:
      return all([](const PromSample& s) { return real(s) == 1; });
    case MetricType::stateset:
      return all([](const PromSample& s) { return real(s) == 0 || real(s) == 1; });
    case MetricType::histogram:
    case MetricType::gauge_histogram:
      return settle_histogram(f);
    case MetricType::summary:
      return all([](const PromSample& s) {
        if (s.suffix != Suffix::none)
          return s.suffix == Suffix::created || (counts(s) && (s.suffix == Suffix::sum || is_whole(s.value)));
        const auto labels = s.labels();
        const bool has_quantile =
            std::any_of(labels.begin(), labels.end(), [](const auto& l) { return l.name() == "quantile"; });
        return has_quantile && !(real(s) < 0);
      });
    default:
      return true;
  }
}

}  // namespace

void settle(PromText& text) {
  name_all(text);
  drop_duplicates(text);
  fold_created(text);
  for (PromFamily& f : text.families)
    if (!fits(f))
      f.family.type = f.family.type == MetricType::info || f.family.type == MetricType::stateset ? MetricType::gauge
                                                                                                 : MetricType::untyped;
}

}  // namespace tallyman::decode
