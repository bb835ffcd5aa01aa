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
  // Which keys the objects of a document have, in their order. They mostly have the same ones: then one comparison
  // tells what a member is for. Of one document and one trie at a time.
  class Keys {
   public:
    void forget() {
      for (auto& level : levels_) level.clear();
    }
    // Members and elements that were passed in walks since it was asked the last time.
    std::size_t passed() { return std::exchange(passed_, 0); }

   private:
    friend class ItemTrie;
    struct Key {
      std::uint64_t front = 0;  // the first 8 bytes
      std::uint64_t mask = 0;   // of those of them that are the key's
      std::string_view text;    // in the document
      std::uint64_t bit = 0;    // of the branch it is; 0: nobody asks for it
      std::int32_t slot = -1;   // of a branch that ends there
      std::uint32_t child = 0;  // of any other
    };
    std::vector<std::vector<Key>> levels_;
    std::size_t passed_ = 0;
  };

  // The slot for a query of these segments; equal queries share one. `next` is the first free
  // slot of the whole rule and grows.
  std::uint32_t slot(std::span<const jsonpath::Singular> segments, std::uint32_t& next);
  // Fills the slots from `item`; those of absent nodes become no node. `keys` is what the walks before it saw.
  void walk(decode::Node item, std::vector<decode::Node>& slots, Keys& keys) const;
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
  static std::int32_t find(const Level& level, std::string_view key);
  static bool same(const Keys::Key& known, std::string_view key);
  Keys::Key stranger(const Level& level, std::string_view key, std::vector<Keys::Key>& known, std::size_t& next,
                     int& strangers) const;
  bool visit_as_before(const Level& level, decode::Node node, std::vector<decode::Node>& slots, Keys& keys) const;
  void visit_last_of_each(const Level& level, decode::Node node, std::vector<decode::Node>& slots, Keys& keys) const;
  void visit(const Level& level, decode::Node node, std::vector<decode::Node>& slots, Keys& keys) const;
  std::uint32_t child_of(std::uint32_t level, const jsonpath::Singular& segment);

  std::vector<Level> levels_ = std::vector<Level>(1);
  std::vector<std::uint32_t> slots_;
};

}  // namespace tallyman::map
