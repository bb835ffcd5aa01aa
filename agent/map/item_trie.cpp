#include "map/item_trie.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace tallyman::map {
namespace {

std::uint64_t length_bit(std::size_t length) { return std::uint64_t{1} << (length < 63 ? length : 63); }

// The first 8 bytes of a key, zeros behind a shorter one: with the length it tells keys of up to
// 8 bytes apart.
std::uint64_t front_of(std::string_view key) {
  std::uint64_t out = 0;
  if constexpr (std::endian::native != std::endian::little) {
    std::memcpy(&out, key.data(), std::min<std::size_t>(key.size(), 8));
  } else if (key.size() >= 8) {
    std::memcpy(&out, key.data(), 8);
  } else if (key.size() >= 4) {
    std::uint32_t first, last;
    std::memcpy(&first, key.data(), 4);
    std::memcpy(&last, key.data() + key.size() - 4, 4);
    out = first | std::uint64_t{last} << (8 * (key.size() - 4));
  } else {
    for (std::size_t i = 0; i < key.size(); ++i) out |= std::uint64_t{static_cast<unsigned char>(key[i])} << (8 * i);
  }
  return out;
}

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

void ItemTrie::visit(const Level& level, decode::Node node, std::vector<decode::Node>& slots) const {
  if (level.slot >= 0) slots[static_cast<std::size_t>(level.slot)] = node;
  if (!level.names.empty() && node.kind() == decode::Kind::object) {
    if (level.names.size() == 1) {
      if (const decode::Node child = node.member(level.names[0].name))
        visit(levels_[level.names[0].child], child, slots);
    } else {
      // Hidden duplicates are not visited, so the first match of a name is its only one.
      std::size_t left = level.names.size();
      for (const auto child : node.children()) {
        if (!(level.lengths & length_bit(child.key.size()))) continue;
        const std::uint64_t front = front_of(child.key);
        for (const Branch& b : level.names) {
          if (b.front != front || b.length != child.key.size()) continue;
          if (b.length > 8 && std::memcmp(b.name.data() + 8, child.key.data() + 8, b.length - 8) != 0) continue;
          visit(levels_[b.child], child.node, slots);
          --left;
          break;
        }
        if (left == 0) break;
      }
    }
  }
  for (const auto& [index, child] : level.indexes)
    if (const decode::Node element = node.element(index)) visit(levels_[child], element, slots);
}

}  // namespace tallyman::map
