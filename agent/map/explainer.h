// Fills an Explanation while a Mapper runs: it is told when a rule begins and ends and after each item, sees by the
// rule's counter whether something was lost, and then looks at the rule's values one by one to say which and why. What
// it costs itself is not the rule's: neither in time, nor of what the poll may look at, since who asks why must not
// make a poll fail. It has as much itself; then items are only counted. A Mapper without one does none of this.
#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "map/evaluate.h"
#include "map/explanation.h"
#include "map/program.h"
#include "map/sink.h"

namespace tallyman::map {

class Explainer {
 public:
  Explainer(const Program& program, const Collector::Ticks& nanoseconds, Explanation& out);

  // `samples`: all that there are so far.
  void begin(std::uint32_t name, std::size_t samples);
  // Before the items of a walk over `answers`.
  void reads(Evaluator& at, const WalkPlan& walk, const std::vector<Answer>& answers);
  // `before`: the rule's counter before this item. `identity`: its label text.
  void item(Evaluator& at, const RulePlan& rule, const RuleCounter& before, std::string_view identity);
  void entry(Evaluator& at, const TablePlan& table, const RuleCounter& before);
  void end(const WalkPlan& walk, const Collector::Answers& answers, const RuleFound& found, std::size_t samples);
  void end(const RuleFound& found, std::size_t samples);  // a passthrough
  // Everything has run: what is in the counters and was seen at no item, and the samples of all.
  void mapped(const std::vector<RuleCounter>& counters, std::size_t samples);

 private:
  // While it lives, the evaluator looks for this explainer: nothing is counted as the rule's, nothing paid by the poll.
  class Aside {
   public:
    Aside(Explainer& self, Evaluator& at) : self_(self), at_(at), counter_(at.count_into(&unheard_)) {
      at.exchange(self.allowance_);
      self.aside_ = &at;
    }
    ~Aside() {
      self_.aside_ = nullptr;
      at_.exchange(self_.allowance_);
      at_.count_into(counter_);
    }
    Aside(const Aside&) = delete;

   private:
    Explainer& self_;
    Evaluator& at_;
    RuleCounter unheard_{};
    RuleCounter* const counter_;
  };
  bool spent() const { return aside_ ? aside_->exhausted() : allowance_.exhausted; }

  void stop(const RuleFound& found, std::size_t samples);
  bool look(Evaluator& at, std::string_view key, const ValuePlan& plan, bool required);
  void values(Evaluator& at, const RulePlan& rule);
  void metric(Evaluator& at, const MetricPlan& metric);
  void words(Evaluator& at, const RulePlan& rule);
  void rest(Evaluator& at, const RuleCounter& lost, std::string_view identity);
  Explanation::Loss& loss(std::string_view key, Reason reason);
  template <class Example>
  void lose(std::string_view key, Reason reason, std::uint64_t count, Example example);
  template <class Example>
  void tell(std::string_view key, Reason reason, Example example);
  void unknown_word(Evaluator& at, std::string_view key, std::string_view word, const char* of);
  void step(Evaluator& at, std::size_t i, decode::Node node, Reason reason);
  std::string which(const Answer& answer) const;

  const Program& program_;
  const Collector::Ticks& ticks_;
  jsonpath::Allowance allowance_;     // while it is with nobody
  const Evaluator* aside_ = nullptr;  // who has it
  Explanation& out_;
  Explanation::Rule* rule_ = nullptr;
  HashIndex losses_;  // of rule_: a file may have thousands of values, each of which each item may lose
  const Explanation::Rule* indexed_ = nullptr;
  std::uint64_t since_ = 0, own_ = 0;  // when the rule began; what was spent here since
  std::size_t samples_ = 0, made_ = 0;
  RuleCounter told_{};                            // of the item
  std::vector<RuleCounter> all_;                  // of each rule, of all items
  const WalkPlan* walk_ = nullptr;                // of the item
  const std::vector<Answer>* answers_ = nullptr;  // that the rule reads
  const Answer* answer_ = nullptr;                // of the item
};

}  // namespace tallyman::map
