// What waits at one worker: its own queue, `{"name": "a", "q": {"length": 4}}` or `queue_size: 4`. Marks the leaves it
// takes; what the queue is called is the worker's name, which the caller knows.
#pragma once
#include <optional>
#include <vector>

#include "infer/leaves.h"
#include "infer/proposal.h"

namespace tallyman::infer {

// A rule of queues without `each` and identity; none if no leaf says that tasks wait.
std::optional<Rule> own_queue(std::vector<Leaf>& leaves);
// Whether a number among them is one of a queue's tasks.
bool says_tasks(const std::vector<Leaf>& leaves);

}  // namespace tallyman::infer
