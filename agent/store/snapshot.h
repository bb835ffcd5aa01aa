// What one target shows: immutable, shared by pointer. The lines of a block are exposition text
// ready to send, grouped by family; only family heads differ between formats, and they are not
// in here.
#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/family.h"

namespace tallyman::store {

using Clock = std::chrono::steady_clock;

// Which series a block has, and how long the part of each line before its value is. Shared by
// all blocks of a target while its set of series stays the same.
struct Shape {
  struct Slice {
    std::shared_ptr<const Family> family;  // interned (shape_builder.h): equal families are one pointer
    std::uint32_t first = 0;               // series
    std::uint32_t count = 0;
    bool created = false;       // the `_created` lines of the family before it: a gauge family of
                                // their own in 0.0.4, part of that family in OpenMetrics
    bool loose = false;         // as its type OpenMetrics does not allow it: a +Inf bucket is missing, or a
                                // sum, a label `quantile` ...; it is shown as several of type unknown
    std::uint8_t suffixes = 0;  // which there are: bit 1 << Suffix
  };
  std::vector<Slice> slices;                // sorted by family name; unique but for `created`
  std::vector<std::uint32_t> prefix_bytes;  // per series: `name{labels} ` up to the value
  // Per `_created` line, in order: the series of the slice before that it belongs behind, that is
  // the last one with its labels.
  std::vector<std::uint32_t> created_after;
  // Some series do not say in their label `target` whose they are (`honor_labels`, a static label of
  // that name), so that another target may show the same.
  bool unplaced = false;
  bool own = false;  // what the agent itself says, not the target
};

struct Block {
  std::shared_ptr<const Shape> shape;
  std::string text;                        // lines `name{labels} value\n`, slice after slice
  std::vector<std::uint32_t> slice_bytes;  // where each slice begins in text, and the end: slices+1
  // Not shown from then on. The one thing that changes: a poll with the same answer puts it off.
  mutable std::atomic<Clock::time_point> expires = Clock::time_point::max();

  std::string_view slice(std::size_t i) const {
    return std::string_view(text).substr(slice_bytes[i], slice_bytes[i + 1] - slice_bytes[i]);
  }
};

struct Snapshot {
  std::string target;  // "" for the agent's own metrics
  std::vector<std::shared_ptr<const Block>> blocks;
};

using SnapshotPtr = std::shared_ptr<const Snapshot>;

}  // namespace tallyman::store
