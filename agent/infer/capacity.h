// How much of something is in use and how much of it there is: pairs of names that are the same but
// for one word, such as busy_slots and total_slots, cpus_used and cpus, or threads: {busy, max}.
#pragma once
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "infer/leaves.h"
#include "infer/lists.h"
#include "infer/proposal.h"

namespace tallyman::infer {

struct Capacity {
  // Two of the three, as indexes; no_leaf: not said.
  static constexpr std::size_t no_leaf = static_cast<std::size_t>(-1);
  std::size_t used = no_leaf, unused = no_leaf, total = no_leaf;
  bool sure = false;   // by what is called busy or running, or
  bool named = false;  // of slots, threads and the like, not only of something

  explicit operator bool() const { return used != no_leaf || unused != no_leaf; }
};

// The pair that says it best. A pair is none where more is in use than there is. `may_limit`: whether a
// leaf can be the whole; what grew between two samples cannot.
using MayLimit = std::function<bool(const Leaf&)>;
Capacity capacity_of(const std::vector<Leaf>& leaves, const std::vector<decode::Node>& items,
                     const MayLimit& may_limit);
std::vector<decode::Node> nodes_of(const std::vector<Item>& items);

using Filled = std::map<std::string, const Leaf*, std::less<>>;  // by key of the language
// Before the fields are filled: the pair, if the names of `fields` do not say both load and max_load. Its
// leaves are used then, but for one that says how many tasks are open.
Capacity reserve_capacity(const std::vector<Field>& fields, std::vector<Leaf>& leaves,
                          const std::vector<decode::Node>& items, const MayLimit& may_limit, Filled& filled);
// After: load and max_load by the pair, by open tasks, or by a list of slots.
void add_capacity(const Capacity& pair, std::vector<Leaf>& leaves, const Filled& filled, Rule& rule);

}  // namespace tallyman::infer
