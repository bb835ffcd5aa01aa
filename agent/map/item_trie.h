// All singular queries that read one item, as one trie: the item's members are visited once and
// each query's node is left in its slot. This is where a poll spends its time.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "decode/document.h"
#include "jsonpath/query.h"

namespace tallyman::map {

class ItemTrie {
 public:
  // The slot for a query of these segments; equal queries share one. `next` is the first free
  // slot of the whole rule and grows.
  std::uint32_t slot(std::span<const jsonpath::Singular> segments, std::uint32_t& next);
  // Fills the slots from `item`; those of absent nodes become no node.
  void walk(decode::Node item, std::vector<decode::Node>& slots) const;
  bool empty() const { return slots_.empty(); }

 private:
  struct Branch {
    std::uint64_t front = 0;  // the first 8 bytes of the name
    std::size_t length = 0;
    std::uint32_t child = 0;
    std::string name;
  };
  struct Level {
    std::vector<Branch> names;
    std::vector<std::pair<std::int64_t, std::uint32_t>> indexes;
    std::uint64_t lengths = 0;  // bit n: a name of n bytes (63: of 63 and more)
    std::int32_t slot = -1;
  };
  void forget(const Level& level, std::vector<decode::Node>& slots) const;
  template <bool unique>
  bool visit_members(const Level& level, decode::Node node, std::vector<decode::Node>& slots) const;
  void visit(const Level& level, decode::Node node, std::vector<decode::Node>& slots) const;
  std::uint32_t child_of(std::uint32_t level, const jsonpath::Singular& segment);

  std::vector<Level> levels_ = std::vector<Level>(1);
  std::vector<std::uint32_t> slots_;
};

}  // namespace tallyman::map
