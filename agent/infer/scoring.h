// Which role each list of a document plays, and what speaks for it: see infer.h.
#pragma once
#include <vector>

#include "infer/identity.h"
#include "infer/leaves.h"
#include "infer/lists.h"

namespace tallyman::infer {

struct Judged {
  List list;
  std::size_t index = 0;  // of the list it is (a part of), as List::parent names it
  Role role = Role::none;
  int score = 0;
  Identity identity;
  std::vector<Leaf> leaves;
  std::vector<Item> items;  // at most items_judged
  bool figures = false;     // there is a number or boolean in it
};
inline constexpr std::size_t items_judged = 2000;

// The leaf that names the queue an item (a consumer, a task) belongs to; null if there is none.
const Leaf* queue_leaf(const std::vector<Leaf>& leaves, Role role);
// How far a task is, which only those that run say; null if there is none.
const Leaf* progress_leaf(const std::vector<Leaf>& leaves);
// A state whose words are few, with how many of them are known.
const Leaf* state_leaf(const std::vector<Leaf>& leaves, Role role, std::size_t items);

std::vector<Judged> judge(decode::Node root, const std::vector<List>& lists);

}  // namespace tallyman::infer
