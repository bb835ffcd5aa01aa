#include "map/entities.h"

#include <algorithm>

namespace tallyman::map {

void Entities::reset(std::size_t columns, std::size_t blocks) {
  columns_ = columns;
  blocks_ = blocks;
  bodies_.clear();
  cells_.clear();
  sets_.clear();
  index_.clear();
}

std::uint32_t Entities::find_or_add(std::string_view body, Arena& arena, bool& added) {
  const auto next = static_cast<std::uint32_t>(bodies_.size());
  const std::uint32_t row =
      index_.find_or_add(hash_text(body), next, [&](std::uint32_t r) { return bodies_[r] == body; });
  added = row == next;
  if (added) {
    bodies_.push_back(arena.copy(body));
    cells_.resize(cells_.size() + columns_);
    sets_.resize(sets_.size() + blocks_);
  }
  return row;
}

void Entities::put(std::uint32_t row, std::size_t column, Number value, Fold fold, std::uint32_t block,
                   RuleCounter& counter) {
  Cell& c = cell(row, column);
  if (!c.set) {
    c = {value, true, fold, static_cast<std::uint16_t>(block)};
  } else if (fold != Fold::none && c.fold == fold) {
    c.value = folded(fold, c.value, value);
  } else {
    count(counter, Reason::duplicate);
  }
}

std::size_t Entities::cells_set() const {
  return static_cast<std::size_t>(std::count_if(cells_.begin(), cells_.end(), [](const Cell& c) { return c.set; }));
}

BlockSink::Set Entities::set(std::uint32_t row, std::uint32_t block, BlockSink& sink) {
  std::uint32_t& index = sets_[row * blocks_ + block];
  if (index != 0) return {index, false};
  const BlockSink::Set made = sink.intern(bodies_[row]);
  index = made.index;
  return made;
}

}  // namespace tallyman::map
