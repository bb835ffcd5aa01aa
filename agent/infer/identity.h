// Which value of a list's items tells them apart.
//
// Each text or whole number that every item has is weighed: what its name says (words.cpp), that it
// differs on all items, that it will be the same tomorrow (no client's port, no UUID), that it is near.
// Where no single one tells all apart, two together may; the keys of a map do always.
#pragma once
#include <string>
#include <vector>

#include "infer/leaves.h"
#include "infer/lists.h"

namespace tallyman::infer {

struct Identity {
  std::vector<Leaf> parts;  // one or two; none: the key
  bool key = false;         // the map's key, or the index
  bool unique = true;       // over all items that were looked at
  bool everywhere = true;   // else some items have none
  bool unique_in_parent = true;
  bool short_lived = false;
  int weight = 0;
  std::size_t key_outer = 0;  // steps out to where the key is
  std::string other;          // of a map: a name within, not taken

  // As a value, read so many steps out.
  std::string value(std::size_t outer) const;
  std::string of(const Item& item) const;
};

Identity identity_of(const List& list, Role role, const std::vector<Leaf>& leaves, const std::vector<Item>& items);

}  // namespace tallyman::infer
