// What a poll says of itself, where somebody asked for it.
#include <algorithm>

#include "core/wall_clock.h"
#include "poll/target_poller.h"
#include "poll/trace_json.h"

namespace tallyman::poll {

Result<map::Output> TargetPoller::mapped(const map::Collector::Answers& answers,
                                         const map::Collector::Lost& lost) const {
  if (!trace_) return collector_->map(answers, lost);
  const auto nanoseconds = [] { return static_cast<std::uint64_t>(Clock::now().time_since_epoch().count()); };
  return collector_->explain(answers, lost, nanoseconds, trace_->rules);
}

void TargetPoller::trace(const Gathered& gathered, const std::optional<Error>& failure) {
  for (std::size_t i = 0; i < gathered.lost.size(); ++i) {
    const std::string& name = collector_->requests()[i].name;
    if (gathered.lost[i]) trace_->lost.emplace_back(name, *gathered.lost[i]);
  }
  for (const auto& [request, why] : gathered.refused)
    trace_->refused.emplace_back(collector_->requests()[request].name, why);
  for (const std::size_t request : gathered.unasked) trace_->unasked.push_back(collector_->requests()[request].name);
  trace_->items_lost = gathered.items_lost;
  trace_->item_error = gathered.item_error;
  trace_->failed = failure;
  std::vector<std::string> sent = channel_.secrets();
  sent.insert(sent.end(), {session_.token(), session_.password()});
  if (slot_->explanation_asked())
    slot_->explain(to_json(*trace_, target_.name.text, secrets_of(target_, sent, channel_.cookie_values())),
                   Clock::now() + explained_for);
  gatherer_.listen(nullptr);
  trace_.reset();
}

// Somebody asked what this poll does, or did so a while ago.
void TargetPoller::begin_trace() {
  (void)slot_->explained(Clock::now());
  if (!slot_->explanation_asked()) return;
  trace_ = std::make_shared<PollTrace>();
  trace_->at = epoch_now();
  gatherer_.listen([trace = trace_](const std::string& request, const std::string& path, int status,
                                    const std::string& body) { hear(*trace, request, path, status, body); });
}

// The poll has failed, and gives nothing; but one request of several may have, and who asks why looks at the others
// too. Before keep_answers(), which takes them.
void TargetPoller::explain_rest(const Gathered& gathered) {
  const std::vector<std::vector<map::Answer>>& answers = gathered.answers;
  map::Collector::Lost lost(answers.size());
  std::vector<std::string> answered;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    lost[i] = answers[i].empty();
    if (!answers[i].empty()) answered.push_back(collector_->requests()[i].name);
  }
  if (answered.empty()) return;
  (void)mapped(answers, lost);
  std::erase_if(trace_->rules.rules, [&](const map::Explanation::Rule& rule) {
    return std::find(answered.begin(), answered.end(), rule.request) == answered.end();
  });
  trace_->rules.derived = 0;  // of all rules together
}

}  // namespace tallyman::poll
