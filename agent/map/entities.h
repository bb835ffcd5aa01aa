// Workers or queues of one poll: a row per identity, a cell per key that some rule gives. Rules
// that name the same identity fill the same row; this is the only join there is.
#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "map/arena.h"
#include "map/sink.h"

namespace tallyman::map {

struct Cell {
  Number value;
  bool set = false;
  Fold fold = Fold::none;
  std::uint16_t block = 0;  // of the rule that gave it
};

class Entities {
 public:
  void reset(std::size_t columns, std::size_t blocks);

  // `body`: identity labels as label text. `arena` keeps them.
  std::uint32_t find_or_add(std::string_view body, Arena& arena, bool& added);
  std::size_t size() const { return bodies_.size(); }
  std::string_view body(std::uint32_t row) const { return bodies_[row]; }
  Cell& cell(std::uint32_t row, std::size_t column) { return cells_[row * columns_ + column]; }
  std::size_t cells_set() const;
  // Puts a rule's value into a cell: the first one stays, or is folded.
  void put(std::uint32_t row, std::size_t column, Number value, Fold fold, std::uint32_t block, RuleCounter& counter);

  // The label set of the identity in `block`; fresh when this call made it.
  BlockSink::Set set(std::uint32_t row, std::uint32_t block, BlockSink& sink);

 private:
  std::size_t columns_ = 0, blocks_ = 1;
  std::vector<std::string_view> bodies_;
  std::vector<Cell> cells_;
  std::vector<std::uint32_t> sets_;  // row x block; 0: not made yet
  HashIndex index_;
};

}  // namespace tallyman::map
