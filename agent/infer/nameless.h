// What is shown of answers, and of lists, in which nothing has a name.
#pragma once
#include <optional>
#include <set>
#include <string>

#include "infer/proposal.h"
#include "infer/scoring.h"
#include "infer/shape.h"

namespace tallyman::infer {

// Of a document that is a number, a list of numbers (each by its place), or a list of anything (how many there are);
// none if it is something else. `names`: those of metrics that are taken.
std::optional<Rule> bare_rule(const Shape& document, const std::string& collector, std::set<std::string>& names);

// Of a list too long to show each item by its place, or whose names are another each time: how many items there are, by
// state where they have one. Their sums are comments: whether these mean something (and not a sum of temperatures)
// nobody here knows.
Rule counted_rule(Judged& list, const std::string& collector, std::set<std::string>& names);

}  // namespace tallyman::infer
