// Snapshots for the tests of this folder, made the way the agent makes them.
#pragma once
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "exposition/exposition.h"
#include "store/shape_builder.h"

namespace tallyman::test {

struct Sample {
  const char* labels;
  Number value;
  Suffix suffix = Suffix::none;
};

struct Figures {
  Family family;
  std::vector<Sample> samples;
};

inline Number n(std::int64_t v) { return Number::of(v); }

inline std::shared_ptr<const store::Block> block_of(const std::string& target, const SampleBatch& batch,
                                                    store::Clock::time_point expires, bool honor_labels = false) {
  store::Common common;
  common.own = target.empty();
  common.target = target;
  common.honor_labels = honor_labels;
  return store::BlockBuilder(common).build(batch, expires).block;
}

inline store::SnapshotPtr snapshot(const std::string& target, std::initializer_list<Figures> all,
                                   store::Clock::time_point expires = store::Clock::time_point::max(),
                                   bool honor_labels = false) {
  SampleBatch batch;
  for (const Figures& f : all) {
    const auto family = batch.add_family(f.family);
    for (const Sample& s : f.samples) batch.add(family, batch.add_labels(s.labels), s.value, s.suffix);
  }
  auto out = std::make_shared<store::Snapshot>();
  out->target = target;
  out->blocks.push_back(block_of(target, batch, expires, honor_labels));
  return out;
}

// Of a target with `honor_labels: true`.
inline store::SnapshotPtr honoured(const std::string& target, std::initializer_list<Figures> all) {
  return snapshot(target, all, store::Clock::time_point::max(), true);
}

inline Figures gauge(const char* name, std::int64_t value, const char* help = "") {
  return {{name, MetricType::gauge, help, ""}, {{"", n(value)}}};
}

// The whole exposition, but for the HELP of families that have none: one test looks at that, for the
// others it would be noise.
inline std::string exposed(const std::vector<store::SnapshotPtr>& all, exposition::Format format, bool gzip = false,
                           store::Clock::time_point now = {}) {
  exposition::Scrape scrape(all, exposition::plan_for(all, nullptr).plan, format, gzip, now);
  std::string out, part;
  while (scrape.next(part)) out += part;
  if (gzip) return out;
  std::string kept;
  for (std::size_t at = 0; at < out.size();) {
    const std::size_t end = std::min(out.find('\n', at), out.size() - 1) + 1;
    const std::string_view line = std::string_view(out).substr(at, end - at);
    if (!line.ends_with(" The target says nothing about this family (as of the last good poll).\n")) kept += line;
    at = end;
  }
  return kept;
}

}  // namespace tallyman::test
