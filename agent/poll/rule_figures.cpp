#include "poll/rule_figures.h"

#include "core/log.h"

namespace tallyman::poll {

void RuleFigures::note(const map::Output& output, bool may_repeat) {
  note(output.counts, output.found);
  if (may_repeat) {
    last_.counts = output.counts;
    last_.found = output.found;
  } else {
    last_ = Given();
  }
}

void RuleFigures::note(const std::vector<map::RuleCount>& counts, const std::vector<map::RuleFound>& found) {
  count(counts, found);
  watch(found);
}

void RuleFigures::take_over(RuleFigures& predecessor, bool same_rules) {
  if (same_rules) {
    drift_ = std::move(predecessor.drift_);
    unmatched_ = std::move(predecessor.unmatched_);
  }
  for (auto* const unmatched : predecessor.unmatched_)
    if (unmatched) unmatched->polls = 0;
  predecessor.unmatched_.clear();
}

void RuleFigures::count(const std::vector<map::RuleCount>& counts, const std::vector<map::RuleFound>& found) {
  const std::vector<std::string>& names = collector_.rule_names();
  lost_.resize(names.size());
  for (const map::RuleCount& c : counts) {
    auto*& counter = lost_[c.rule][static_cast<std::size_t>(c.reason)];
    if (!counter) counter = &self_.rule_counter(collector_.name(), target_, names[c.rule], map::to_string(c.reason));
    *counter += c.count;
  }
  if (matched_.empty())
    for (const std::string& name : names) matched_.push_back(&self_.rule_matched(collector_.name(), name));
  absent_.resize(names.size());
  for (std::size_t rule = 0; rule < found.size(); ++rule) {
    if (found[rule].items > 0) matched_[rule]->fetch_add(found[rule].items, std::memory_order_relaxed);
    if (found[rule].base != map::RuleFound::Base::absent) continue;
    if (!absent_[rule]) absent_[rule] = &self_.rule_counter(collector_.name(), target_, names[rule], "absent");
    absent_[rule]->fetch_add(1, std::memory_order_relaxed);
  }
}

void RuleFigures::watch(const std::vector<map::RuleFound>& found) {
  const std::vector<std::string>& names = collector_.rule_names();
  for (const Drift::Change& change : drift_.note(found)) {
    if (change.gone)
      log::warn("a rule finds nothing to read in its answers; has the service changed?",
                {{"target", target_},
                 {"collector", collector_.name()},
                 {"rule", names[change.rule]},
                 {"polls", Drift::polls}});
    else
      log::info("a rule finds what it reads again", {{"target", target_}, {"rule", names[change.rule]}});
  }
  unmatched_.resize(found.size());
  for (std::uint32_t rule = 0; rule < unmatched_.size(); ++rule) {
    const Drift::Unmatched now = drift_.unmatched(rule);
    const bool shown = now.polls >= Drift::polls;
    if (shown && !unmatched_[rule]) unmatched_[rule] = &self_.rule_unmatched(collector_.name(), target_, names[rule]);
    if (!unmatched_[rule]) continue;
    unmatched_[rule]->absent = now.absent;
    unmatched_[rule]->polls = shown ? now.polls : 0;
  }
}

}  // namespace tallyman::poll
