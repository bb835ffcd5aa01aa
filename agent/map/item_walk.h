// The `each` steps of a rule over one document.
#pragma once
#include <functional>

#include "map/evaluate.h"

namespace tallyman::map {

// Calls `visit` for each item, with the evaluator standing on it.
// Returns: false if the base of the first step is absent or null: the service may have changed.
// Errors, counted: a `json` step whose text is no JSON, `keys` of what is no object (type).
bool walk(Evaluator& at, const WalkPlan& plan, const Answer& answer, RuleCounter& counter,
          const std::function<void()>& visit);

}  // namespace tallyman::map
