// What an item says of its state: by a word, by a condition, or by the task it has.
#pragma once
#include <set>
#include <string>
#include <vector>

#include "infer/leaves.h"
#include "infer/proposal.h"
#include "infer/words.h"

namespace tallyman::infer {

// The words as the language's states; of queues, and of a list of anything else (Role::none), as a state set of its
// own, whose name begins with `prefix`.
void add_state(std::vector<Leaf>& leaves, Role role, std::size_t items, Rule& rule, std::set<std::string>& names,
               const std::string& prefix, const std::string& noun = "queue");
// Of a worker that says no state: the condition Ready, as Kubernetes has them, and whether it has a task.
void add_other_states(const Shape& item, std::vector<Leaf>& leaves, Rule& rule);

}  // namespace tallyman::infer
