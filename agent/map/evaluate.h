// Values of one item. The walk sets where it stands (items and slots); value() reads from there.
#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "map/arena.h"
#include "map/program.h"
#include "map/sink.h"

namespace tallyman::map {

// A node that a step selected, and what `{key}` says of it.
struct Item {
  decode::Node node;
  std::string_view key;     // member name
  std::int64_t index = -1;  // element index
  bool keyed = false;
};

// A query for each of many items can look at the whole answer each time. An answer has a node for every two bytes
// at most, and takes a second or so at these figures.
inline constexpr std::size_t visits_per_byte = 3;

using TableMap = std::unordered_map<std::string_view, Datum>;

class Evaluator {
 public:
  // For one poll: forgets texts and documents of the one before.
  void reset(const Program& program);
  // For one document of one rule. `counter` gets what is missing or wrong.
  void begin(const WalkPlan& plan, const Answer& answer, RuleCounter& counter);

  Datum value(const ValuePlan& plan);
  // One node through the modifiers, as what is wanted.
  Datum read(const Modifiers* with, decode::Node node, Want want);
  // The value if there is one; what is missing or wrong is counted.
  bool number(const ValuePlan& plan, Number& out) {
    if (plan.plain) {  // most values are a number where a number is wanted
      const decode::Node node = slots_[plan.query.slot];
      if (node && node.kind() == decode::Kind::number) return out = node.number(), true;
    }
    return other_number(plan, out);
  }
  bool text(const ValuePlan& plan, std::string_view& out) {
    if (plain_text(plan, out)) return true;
    return other_text(plan, out);
  }
  // The text at once, if the value is a path to a text that is not empty.
  bool plain_text(const ValuePlan& plan, std::string_view& out) {
    if (!plan.plain) return false;
    const decode::Node node = slots_[plan.query.slot];
    if (!node || node.kind() != decode::Kind::string) return false;
    out = node.text();
    charge_text(out);
    return !out.empty();
  }
  void note(const Datum& no_value);
  // A node that is a number, or a text that is one.
  Datum plain_number(decode::Node node) { return read(nullptr, node, Want::number); }

  // Nodes of a query; those of an absent or null base are none, and then it returns false.
  bool nodes(const QueryPlan& query, jsonpath::Visit visit);
  void select(const jsonpath::Query& query, decode::Node base, jsonpath::Visit visit);
  // Queries looked at more nodes than they may, one or all of a poll: what they found is not the whole.
  bool exhausted() const { return allowance_.exhausted; }
  jsonpath::Allowance::By exhausted_by() const { return allowance_.by; }
  // False also if it takes too long. `group`, if given, gets the first group.
  bool search(const re2::RE2& regex, std::string_view text, std::string_view* group,
              jsonpath::Allowance::By by = jsonpath::Allowance::By::searches);
  // Who explains is told where a step of a walk leads nowhere: the node that its step looks at, or the item that has
  // none. A lost step of a wrong type is counted, one that is missing is not.
  using StepLost = std::function<void(std::size_t step, decode::Node at, Reason reason)>;
  void listen(StepLost listener) { step_lost_ = std::move(listener); }
  void lose_step(std::size_t step, decode::Node at, Reason reason) {
    if (reason != Reason::missing) count(*counter_, reason);
    if (step_lost_) step_lost_(step, at, reason);
  }
  // For what takes time besides queries, as so many nodes: an item and what is made of it, a text that is copied.
  using By = jsonpath::Allowance::By;
  void spend(std::size_t visits, By by = By::items) { allowance_.spend(visits, by); }
  // The poll has failed: walks end here.
  void stop() { allowance_.give_up(By::nodes); }
  // Spends from another one from now on, for who looks at the items a second time: `other` has the one before.
  void exchange(jsonpath::Allowance& other) { std::swap(allowance_, other); }
  jsonpath::Allowance& allowance() { return allowance_; }

  // Where the evaluator stands. Entering a level fills its slots.
  void enter(std::size_t level, const Item& item);
  const Item& item(std::size_t level) const { return items_[level]; }
  decode::Node root() const { return items_[0].node; }
  RuleCounter& counter() { return *counter_; }
  // Counts there from now on; returns where it did.
  RuleCounter* count_into(RuleCounter* counter) { return std::exchange(counter_, counter); }
  const Answer& answer() const { return *answer_; }
  Arena& arena() { return arena_; }
  // What a text of an answer is as JSON, for `json` steps; no node if it is none. Kept until reset, so that several
  // rules read the same; and it counts as all answers of a poll do.
  decode::Node embedded(std::string_view text);

  std::vector<TableMap> tables;

 private:
  // Every text of an answer comes by here when it is read (a long number too, and a name), and pays for all that is
  // done with it but for searches. Most are short; a long one that each of many items reads is not.
  void charge_text(std::string_view text) {
    if (text.size() > 256) spend(text.size() / 4, By::texts);
  }
  bool other_number(const ValuePlan& plan, Number& out);
  bool other_text(const ValuePlan& plan, std::string_view& out);
  std::string_view decimal_text(Number number);  // without an exponent
  // Whether null, arrays and objects are texts too: of labels and of what is joined, not of numbers.
  bool kube_text(Want want) const { return program_->kube_texts && (want == Want::text || want == Want::part); }
  Datum json_text(decode::Node node);
  Datum operate(const ValuePlan& plan);
  Datum expand(const Template& text);
  Datum part(const Template::Part& part);
  Datum modify(const Modifiers& with, Datum source);
  Datum settle(Datum d, Want want);
  Datum first(const ValuePlan& plan);
  Datum fold(const ValuePlan& plan);
  Datum concat(const ValuePlan& plan);
  Datum diff(const ValuePlan& plan);
  Datum header(const std::string& name);
  void append_text(const Datum& d);
  std::string_view put_together(std::size_t from);  // what of buffer_ begins there, and takes it from there

  jsonpath::Allowance allowance_;  // of the poll
  StepLost step_lost_;             // mostly none
  const Program* program_ = nullptr;
  const WalkPlan* plan_ = nullptr;
  const Answer* answer_ = nullptr;
  RuleCounter* counter_ = nullptr;
  std::vector<Item> items_;
  std::vector<decode::Node> slots_;
  std::vector<ItemTrie::Keys> keys_;  // by level
  Arena arena_;
  std::string buffer_;  // texts being put together, as a stack
  std::vector<std::unique_ptr<decode::Document>> documents_;
  std::size_t documents_used_ = 0, documents_bytes_ = 0;
  std::unordered_map<const char*, decode::Node> embedded_;  // by where their texts begin
};

// What was given up, when the allowance of a poll was used up: whose fault, what is wrong, what to do.
struct GivenUp {
  const char* what;
  const char* does;
  const char* advice;
};
constexpr GivenUp given_up(jsonpath::Allowance::By by) {
  using By = jsonpath::Allowance::By;
  switch (by) {
    case By::searches:
      return {"a regular expression", "takes too long on the texts of the answer",
              "it must count less, as `{0,900}` does, or be of shorter texts"};
    case By::items:
      return {
          "`each`", "goes over more items than there is time for",
          "a later step that begins with `$` reads the answer again for each item (`@` is the item); else it has too "
          "many items or values: read fewer, or raise `limits: { body }`"};
    case By::texts:
      return {"a value", "reads more text than there is time for", "a long text must not be read again for each item"};
    case By::memory:
      return {"a `json` step or a text put together", "makes more of the answer's texts than there is room for",
              "make fewer or shorter ones, or raise `limits: { body }`"};
    case By::nodes:
      break;
  }
  return {"a query", "looks at too many nodes of the answer",
          "it must be less deep, without `..`, or not read all of it for each item"};
}

Datum datum_of(const config::Scalar& scalar);  // its text is a view into the scalar

}  // namespace tallyman::map
