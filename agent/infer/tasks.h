// Tasks of which the answer says nothing by a list's name: how many there are by state, as numbers
// whose names are states, and lists whose items are tasks by what they hold.
#pragma once
#include <functional>
#include <vector>

#include "infer/leaves.h"
#include "infer/proposal.h"

namespace tallyman::infer {

// `{pending: 4, running: 1, failed: 2}` of the service itself, or in one of its objects that is named for tasks:
// `tasks` of the rule. `grew`: whether a number grew between two samples.
void add_task_counts(std::vector<Leaf>& leaves, const std::function<bool(const Leaf&)>& grew, Rule& rule);

// Items that have an id, a state of a task, and nothing that only workers have: tasks, whatever their list is called.
bool are_tasks(const std::vector<Leaf>& leaves, std::size_t items);

// Items that are counts already, `{"queue": "mail", "state": "available", "count": 12}`: the count; null if they are
// not.
const Leaf* tally_leaf(const std::vector<Leaf>& leaves, std::size_t items);

}  // namespace tallyman::infer
