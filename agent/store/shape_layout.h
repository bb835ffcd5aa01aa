// The slow half of BlockBuilder: from a batch's structure to lines in order. Private to store/.
#pragma once
#include <cstddef>
#include <cstdint>
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
  std::size_t duplicates = 0, sanitised = 0, cut = 0, clashes = 0, orphans = 0;
};

Layout lay_out(const SampleBatch& batch, const Common& common);

}  // namespace tallyman::store
