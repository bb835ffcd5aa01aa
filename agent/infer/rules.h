// One list with its role becomes one rule: identity, the vocabulary's keys, states, capacity pairs,
// and metrics under own names for the rest.
#pragma once
#include <functional>
#include <optional>
#include <set>
#include <string>

#include "infer/figures.h"
#include "infer/proposal.h"
#include "infer/scoring.h"

namespace tallyman::infer {

struct Around {
  std::string name;  // the collector's
  std::set<std::string>& names;
  std::function<Trend(const Judged*, const Leaf&)> trend;
  const Judged* parent = nullptr;  // the list around it, if there is one
  const Judged* grandparent = nullptr;
};

Rule rule_of(Judged& list, const Around& around);
// Of the document itself, its lists left out. Empty metrics and values if there is nothing.
Rule service_rule(std::vector<Leaf> leaves, decode::Node root, const Around& around);
// A list of no known kind: figures with its identity as a label.
Rule labelled_rule(Judged& list, const Around& around);
// Of what the items of `outer` hold as JSON in a text; none if nothing is of use.
std::optional<Rule> inside_rule(Judged& list, const Judged& outer, const Rule& outer_rule, const Around& around);
// Nothing but names, texts, and that the items are listed.
bool is_bare(const Rule& rule);
// A map of figures inside an item of `outer`: its keys are a label.
Rule keyed_rule(const Judged& list, const Judged& outer, const Around& around);

// How many series an item makes, of what is live and of what follows from it.
std::size_t series_of(const Rule& rule);

}  // namespace tallyman::infer
