// Batches to blocks: filters, common labels, legal names, duplicates and order, once per set of
// series; after that only values are written between the label texts of the block before.
//
// It knows neither freshness nor the life of workers: what a batch has, the block shows.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/batch.h"
#include "core/labels.h"
#include "store/snapshot.h"

namespace tallyman::store {

// What every series of one target gets and obeys.
struct Common {
  bool own = false;    // what the agent itself says, of itself or of how the target does
  std::string system;  // label `system`; "" = without
  std::string target;  // label `target`; "" = without
  Labels labels;       // static labels, after these two; one of the same name replaces it
  // A series with a label of the name of one of the above: it keeps its own and goes without the
  // common one (true), or its own becomes `exported_<name>` (false).
  bool honor_labels = false;
  std::size_t label_value_bytes = 1024;
  // Filters; none = all are kept. `le`, `quantile` and a stateset's own label always stay.
  std::function<bool(std::string_view family)> keep_family;
  std::function<bool(std::string_view label)> keep_label;
};

// For what the agent says of itself.
inline Common own_common() {
  Common common;
  common.own = true;
  return common;
}

// One per target and block index: it remembers the block it built last.
class BlockBuilder {
 public:
  struct Built {
    std::shared_ptr<const Block> block;
    // About the batch given, also when its set of series is the one before:
    std::size_t duplicates = 0;  // series left out: same sample name and labels as an earlier one, of this
                                 // block or of one before it
    std::size_t sanitised = 0;   // names that were not legal, in families and label sets
    std::size_t cut = 0;         // label values over the limit
    std::size_t clashes = 0;     // families left out: the name is an earlier one's of another type
    std::size_t orphans = 0;     // `_created` series left out: there is no series they belong to
    bool same_shape = false;     // block->shape is the one before
  };

  // `before` builds the target's block before this one, which decides what is a duplicate here. It
  // must live as long as this one and be asked first at each poll.
  explicit BlockBuilder(std::shared_ptr<const Common> common, BlockBuilder* before = nullptr);
  explicit BlockBuilder(Common common, BlockBuilder* before = nullptr)
      : BlockBuilder(std::make_shared<const Common>(std::move(common)), before) {}

  // Slices are sorted by family name; families of one name and type are one, the first HELP wins.
  // Series stay in the batch's order, but those of one label set of a histogram, summary or
  // stateset come together. Families without series are not shown.
  Built build(const SampleBatch& batch, Clock::time_point expires);
  // Uses the batch up: of a large one the texts are gone before those of the block are written.
  Built build(SampleBatch&& batch, Clock::time_point expires);
  // The block built last with other values, in the order of its batch: for who knows that the series are the same.
  std::shared_ptr<const Block> refill(std::span<const Number> values, Clock::time_point expires);

 private:
  struct Hash {
    std::uint64_t low = 0, high = 0;
    friend bool operator==(const Hash&, const Hash&) = default;
  };
  static Hash structure_of(const SampleBatch& batch);
  // Lays the batch out if its series are not those of the one before; returns the label texts that fill() takes.
  std::string prepare(const SampleBatch& batch);
  const Built& finish(const SampleBatch& batch, Clock::time_point expires, std::string prefixes);
  // How often this builder and those before it had another set of series.
  std::uint64_t generation() const;
  bool shows(std::uint64_t series) const;  // this block or one before it
  // Writes `values`, in the order of the batch, behind the label texts in `before`. These stand one after the
  // other there, or as lines with values if `lines`.
  std::shared_ptr<const Block> fill(std::span<const Number> values, Clock::time_point expires, std::string_view before,
                                    bool lines) const;

  const std::shared_ptr<const Common> common_;
  BlockBuilder* const before_;
  bool followed_ = false;                // a later block asks which series are shown here
  std::vector<std::uint64_t> keys_;      // of the series shown, sorted; only if followed
  std::uint64_t layouts_ = 0;            // how often the set of series was another
  std::uint64_t before_generation_ = 0;  // of before_ when the series were laid out
  Hash structure_;                       // of the batch before
  std::vector<std::uint32_t> order_;     // line -> series of the batch
  std::size_t prefix_total_ = 0;         // bytes of all label texts
  std::shared_ptr<const Shape> shape_;   // null before the first batch
  Built last_;
};

// The one copy of a family that all shapes share. Any thread.
std::shared_ptr<const Family> intern_family(Family family);

}  // namespace tallyman::store
