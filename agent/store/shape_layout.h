// The slow half of BlockBuilder: from a batch's structure to lines in order. Private to store/.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/batch.h"
#include "store/shape_builder.h"
#include "store/snapshot.h"

namespace tallyman::store {

struct Layout {
  std::shared_ptr<const Shape> shape;
  std::string prefixes;              // of all lines, one after the other
  std::vector<std::uint32_t> order;  // line -> series of the batch
  std::vector<std::uint64_t> keys;   // of the lines, sorted; only if asked for
  std::size_t duplicates = 0, sanitised = 0, cut = 0, clashes = 0, orphans = 0;
};

// A series' key is a hash of its sample name and labels, whatever their order. `shown` tells which
// the target's earlier blocks show: these are duplicates.
Layout lay_out(const SampleBatch& batch, const Common& common, const std::function<bool(std::uint64_t key)>& shown,
               bool with_keys);

}  // namespace tallyman::store
