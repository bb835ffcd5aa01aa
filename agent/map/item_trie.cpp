#include "map/item_trie.h"

#include <algorithm>
#include <cstring>

#include "core/short_load.h"

namespace tallyman::map {
namespace {

std::uint64_t length_bit(std::size_t length) { return std::uint64_t{1} << (length < 63 ? length : 63); }

// With the length it tells keys of up to 8 bytes apart.
std::uint64_t front_of(std::string_view key) { return short_load(key.data(), key.size()); }

// Of a level no more keys are kept in mind; an object of more is searched from there on.
constexpr std::size_t most_keys = 64;

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

void ItemTrie::walk(decode::Node item, std::vector<decode::Node>& slots, Keys& keys) const {
  for (const std::uint32_t slot : slots_) slots[slot] = {};
  if (keys.levels_.size() < levels_.size()) keys.levels_.resize(levels_.size());
  if (item) visit(levels_[0], item, slots, keys);
}

void ItemTrie::forget(const Level& level, std::vector<decode::Node>& slots) const {
  if (level.slot >= 0) slots[static_cast<std::size_t>(level.slot)] = {};
  for (const Branch& b : level.names) forget(levels_[b.child], slots);
  for (const auto& [index, child] : level.indexes) forget(levels_[child], slots);
}

// Which of the level's names it is; -1: none.
std::int32_t ItemTrie::find(const Level& level, std::string_view key) {
  if (!(level.lengths & length_bit(key.size()))) return -1;
  const std::uint64_t front = front_of(key);
  for (std::size_t i = 0; i < level.names.size(); ++i) {
    const Branch& b = level.names[i];
    if (b.front != front || b.length != key.size()) continue;
    if (b.length > 8 && std::memcmp(b.name.data() + 8, key.data() + 8, b.length - 8) != 0) continue;
    return static_cast<std::int32_t>(i);
  }
  return -1;
}

inline bool ItemTrie::same(const Keys::Key& known, std::string_view key) {
  static_assert(decode::Document::text_slack >= sizeof known.front);
  std::uint64_t front;
  std::memcpy(&front, key.data(), sizeof front);
  if ((((front ^ known.front) & known.mask) | (key.size() ^ known.text.size())) != 0) return false;
  return key.size() <= 8 || std::memcmp(key.data() + 8, known.text.data() + 8, key.size() - 8) == 0;
}

// A key that is not the one that was to come, at `next`: one that was left out is stepped over, one more is searched,
// and when too many differ the order is learned anew.
[[gnu::noinline]] ItemTrie::Keys::Key ItemTrie::stranger(const Level& level, std::string_view key,
                                                         std::vector<Keys::Key>& known, std::size_t& next,
                                                         int& strangers) const {
  constexpr int patience = 3;
  if (next + 1 < known.size() && same(known[next + 1], key)) {
    next += 2;
    return known[next - 1];
  }
  Keys::Key out;
  std::memcpy(&out.front, key.data(), sizeof out.front);
  const std::uint64_t all = ~std::uint64_t{0};
  const char bytes[8] = {-1, -1, -1, -1, -1, -1, -1, -1};
  out.mask = key.size() >= 8 ? all : short_load(bytes, key.size());
  out.text = key;
  if (const std::int32_t branch = find(level, key); branch >= 0) {
    out.bit = std::uint64_t{1} << branch;
    out.child = level.names[static_cast<std::size_t>(branch)].child;
    const Level& below = levels_[out.child];
    if (below.names.empty() && below.indexes.empty()) out.slot = below.slot;
  }
  if (next < known.size() && ++strangers > patience) known.resize(next);
  if (next == known.size() && next < most_keys) {
    known.push_back(out);
    ++next;
  }
  return out;
}

// Objects have the keys of the one before, for the most part.
// A key that comes twice is seen when it is asked for twice; telling all keys of each item apart costs as much as
// the rest. False if there is one.
bool ItemTrie::visit_as_before(const Level& level, decode::Node node, std::vector<decode::Node>& slots,
                               Keys& keys) const {
  std::vector<Keys::Key>& known = keys.levels_[static_cast<std::size_t>(&level - levels_.data())];
  Keys::Key met;
  int strangers = 0;
  std::uint64_t seen = 0;
  const Keys::Key *next = known.data(), *end = next + known.size();
  for (auto member = node.members_as_written(); member.more(); member.next()) {
    const std::string_view name = member.key();
    const Keys::Key* key = &met;
    if (next != end && same(*next, name)) {
      key = next++;
    } else {
      auto at = static_cast<std::size_t>(next - known.data());
      met = stranger(level, name, known, at, strangers);
      next = known.data() + at;
      end = known.data() + known.size();
    }
    if (seen & key->bit) return false;
    seen |= key->bit;
    if (key->slot >= 0)
      slots[static_cast<std::size_t>(key->slot)] = member.node();
    else if (key->bit != 0)
      visit(levels_[key->child], member.node(), slots, keys);
  }
  return true;
}

// Of a key that comes twice the last one counts, and what an earlier one gave goes.
void ItemTrie::visit_last_of_each(const Level& level, decode::Node node, std::vector<decode::Node>& slots,
                                  Keys& keys) const {
  keys.passed_ += node.width() * (level.names.size() / 16);  // each is looked for among all
  for (const Branch& b : level.names) forget(levels_[b.child], slots);
  for (const auto child : node.children())
    if (const std::int32_t branch = find(level, child.key); branch >= 0)
      visit(levels_[level.names[static_cast<std::size_t>(branch)].child], child.node, slots, keys);
}

void ItemTrie::visit(const Level& level, decode::Node node, std::vector<decode::Node>& slots, Keys& keys) const {
  if (!level.names.empty() && node.kind() == decode::Kind::object) {
    constexpr std::size_t bits = 64;
    keys.passed_ += node.width();
    if (level.names.size() == 1) {
      if (const decode::Node child = node.member(level.names[0].name))
        visit(levels_[level.names[0].child], child, slots, keys);
    } else if (level.names.size() > bits || !visit_as_before(level, node, slots, keys)) {
      visit_last_of_each(level, node, slots, keys);
    }
  }
  if (level.slot >= 0) slots[static_cast<std::size_t>(level.slot)] = node;
  for (const auto& [index, child] : level.indexes) {
    keys.passed_ += node.width();
    if (const decode::Node element = node.element(index)) visit(levels_[child], element, slots, keys);
  }
}

}  // namespace tallyman::map
