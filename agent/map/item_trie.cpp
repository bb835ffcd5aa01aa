#include "map/item_trie.h"

#include <algorithm>
#include <cstring>

#include "core/short_load.h"

namespace tallyman::map {
namespace {

std::uint64_t length_bit(std::size_t length) { return std::uint64_t{1} << (length < 63 ? length : 63); }

// With the length it tells keys of up to 8 bytes apart.
std::uint64_t front_of(std::string_view key) { return short_load(key.data(), key.size()); }

}  // namespace

std::uint32_t ItemTrie::child_of(std::uint32_t at, const jsonpath::Singular& segment) {
  const auto fresh = static_cast<std::uint32_t>(levels_.size());
  if (segment.is_index) {
    for (const auto& [index, child] : levels_[at].indexes)
      if (index == segment.index) return child;
    levels_[at].indexes.emplace_back(segment.index, fresh);
  } else {
    for (const Branch& b : levels_[at].names)
      if (b.name == segment.name) return b.child;
    levels_[at].names.push_back({front_of(segment.name), segment.name.size(), fresh, segment.name});
    levels_[at].lengths |= length_bit(segment.name.size());
  }
  levels_.emplace_back();
  return fresh;
}

std::uint32_t ItemTrie::slot(std::span<const jsonpath::Singular> segments, std::uint32_t& next) {
  std::uint32_t at = 0;
  for (const jsonpath::Singular& segment : segments) at = child_of(at, segment);
  if (levels_[at].slot < 0) {
    levels_[at].slot = static_cast<std::int32_t>(next);
    slots_.push_back(next++);
  }
  return static_cast<std::uint32_t>(levels_[at].slot);
}

void ItemTrie::walk(decode::Node item, std::vector<decode::Node>& slots) const {
  for (const std::uint32_t slot : slots_) slots[slot] = {};
  if (item) visit(levels_[0], item, slots);
}

void ItemTrie::forget(const Level& level, std::vector<decode::Node>& slots) const {
  if (level.slot >= 0) slots[static_cast<std::size_t>(level.slot)] = {};
  for (const Branch& b : level.names) forget(levels_[b.child], slots);
  for (const auto& [index, child] : level.indexes) forget(levels_[child], slots);
}

// A key that comes twice is seen when it is asked for twice; telling all keys of each item apart costs as much as
// the rest. Then the last one counts, and what an earlier one gave goes. False if there is one.
template <bool unique>
bool ItemTrie::visit_members(const Level& level, decode::Node node, std::vector<decode::Node>& slots) const {
  const std::size_t names = level.names.size();
  // Members mostly come in the order of the rules, or in another that stays: where one was found, the search for the
  // next begins behind it.
  std::size_t from = 0;
  std::uint64_t seen = 0;
  for (const auto child : unique ? node.children() : node.members_as_written()) {
    if (!(level.lengths & length_bit(child.key.size()))) continue;
    const std::uint64_t front = front_of(child.key);
    std::size_t i = from;
    do {
      const std::size_t at = i;
      const Branch& b = level.names[at];
      i = at + 1 == names ? 0 : at + 1;
      if (b.front != front || b.length != child.key.size()) continue;
      if (b.length > 8 && std::memcmp(b.name.data() + 8, child.key.data() + 8, b.length - 8) != 0) continue;
      if constexpr (!unique) {
        const std::uint64_t bit = std::uint64_t{1} << at;
        if (seen & bit) return false;
        seen |= bit;
      }
      const Level& below = levels_[b.child];
      if (below.names.empty() && below.indexes.empty())
        slots[static_cast<std::size_t>(below.slot)] = child.node;
      else
        visit(below, child.node, slots);
      from = i;
      break;
    } while (i != from);
  }
  return true;
}

void ItemTrie::visit(const Level& level, decode::Node node, std::vector<decode::Node>& slots) const {
  if (!level.names.empty() && node.kind() == decode::Kind::object) {
    constexpr std::size_t bits = 64;
    if (level.names.size() == 1) {
      if (const decode::Node child = node.member(level.names[0].name))
        visit(levels_[level.names[0].child], child, slots);
    } else if (level.names.size() > bits || !visit_members<false>(level, node, slots)) {
      for (const Branch& b : level.names) forget(levels_[b.child], slots);
      visit_members<true>(level, node, slots);
    }
  }
  if (level.slot >= 0) slots[static_cast<std::size_t>(level.slot)] = node;
  for (const auto& [index, child] : level.indexes)
    if (const decode::Node element = node.element(index)) visit(levels_[child], element, slots);
}

}  // namespace tallyman::map
