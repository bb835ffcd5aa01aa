#include "map/explainer.h"

#include <re2/re2.h>

#include <algorithm>

#include "map/why.h"

namespace tallyman::map {
namespace {

std::string steps_of(const WalkPlan& walk) {
  std::string out;
  for (const StepPlan& step : walk.steps) {
    std::string text;
    for (const StepPlan::Alternative& way : step.alternatives) text += (text.empty() ? "" : " or ") + way.query->text();
    if (step.kind == config::Step::Kind::json) text = "the JSON text at " + text;
    if (step.kind == config::Step::Kind::keys)
      text = "members of " + text + (step.match ? " that match " + step.match->pattern() : "");
    out += (out.empty() ? "" : ", then ") + text;
  }
  return out;
}

constexpr std::size_t most_looks = 16;  // for one more example of a loss
constexpr std::size_t table_cost = 16;  // of an entry, as RulePlan::cost
constexpr const char* too_long = "there was no time to look more closely";

RuleCounter difference(const RuleCounter& now, const RuleCounter& before) {
  RuleCounter out{};
  for (std::size_t i = 0; i < reason_count; ++i) out[i] = now[i] - before[i];
  return out;
}

void add(RuleCounter& to, const RuleCounter& more) {
  for (std::size_t i = 0; i < reason_count; ++i) to[i] += more[i];
}

std::string_view key_of(const RulePlan& rule, const KeyedValue& value) {
  switch (rule.kind) {
    case config::Rule::Kind::workers:
      return worker_words[value.key].key;
    case config::Rule::Kind::queues:
      return queue_words[value.key].key;
    case config::Rule::Kind::service:
      return service_words[value.key].key;
  }
  return "";
}

}  // namespace

std::string_view meaning(Reason reason) {
  switch (reason) {
    case Reason::type:
      return "of a wrong type";
    case Reason::map:
      return "that no map or list of words knows";
    case Reason::duplicate:
      return "that were given before";
    case Reason::limit:
      return "too long";
    case Reason::range:
      return "out of range";
    case Reason::utf8:
      return "with bytes that are not UTF-8";
    case Reason::missing:
      return "missing";
    case Reason::skipped:
      return "missing, and the item is skipped";
  }
  return "";
}

Explainer::Explainer(const Program& program, const Collector::Ticks& nanoseconds, Explanation& out)
    : program_(program), ticks_(nanoseconds), out_(out), all_(program.rule_names.size()) {
  out_.rules.resize(program.rule_names.size());
  const auto fill = [&](std::uint32_t name, std::size_t request, std::string each) {
    Explanation::Rule& rule = out_.rules[name];
    rule.name = program.rule_names[name];
    rule.request = program.infos[request].name;
    rule.each = std::move(each);
  };
  for (const TablePlan& table : program.tables) fill(table.name, table.walk.request, steps_of(table.walk));
  for (const RulePlan& rule : program.rules) fill(rule.name, rule.walk.request, steps_of(rule.walk));
  for (const PassthroughPlan& pass : program.passthrough) fill(pass.name, pass.request, "");
}

void Explainer::begin(std::uint32_t name, std::size_t samples) {
  rule_ = &out_.rules[name];
  answers_ = nullptr;
  samples_ = samples;
  own_ = 0;
  since_ = ticks_();
}

void Explainer::reads(Evaluator& at, const WalkPlan& walk, const std::vector<Answer>& answers) {
  walk_ = &walk;
  answers_ = &answers;
  at.listen([this, &at](std::size_t i, decode::Node node, Reason reason) { step(at, i, node, reason); });
}

// A step that leads nowhere from one item: its items are not there, whatever else is.
void Explainer::step(Evaluator& at, std::size_t i, decode::Node node, Reason reason) {
  const std::uint64_t from = ticks_();
  answer_ = &at.answer();
  const Aside aside(*this, at);
  lose("each" + (walk_->steps.size() > 1 ? ", step " + std::to_string(i + 1) : std::string()), reason, 1, [&] {
    const StepPlan& plan = walk_->steps[i];
    Explanation::Example here{Why(at, *walk_, program_).where(node), ""};
    if (reason == Reason::missing)
      for (const StepPlan::Alternative& way : plan.alternatives) {
        const auto reach = way.query->reach(at.root(), node, at.allowance());
        here.why += here.why.empty() ? "" : "; or: ";
        here.why += reach.selected > 0 ? "`" + way.query->text() + "` is null there" : ends(reach, at.allowance());
      }
    else
      here.why = what_is(node) +
                 (plan.kind == config::Step::Kind::json ? "; a text that is JSON is wanted" : "; an object is wanted");
    return here;
  });
  if (reason != Reason::missing)
    ++all_[static_cast<std::size_t>(rule_ - out_.rules.data())][static_cast<std::size_t>(reason)];
  own_ += ticks_() - from;
}

// "" if the rule reads one answer only. Pages of one follow-up have the same variables.
std::string Explainer::which(const Answer& answer) const {
  if (!answers_ || answers_->size() < 2) return "";
  std::string out;
  for (const auto& [name, value] : answer.variables)
    out += (out.empty() ? " for " : ", ") + name + "=" + config::to_text(value);
  std::size_t page = 0, pages = 0;
  for (const Answer& other : *answers_) {
    pages += other.variables == answer.variables;
    if (&other == &answer) page = pages;
  }
  if (pages > 1) out += (out.empty() ? " " : ", page ") + std::to_string(page) + " of " + std::to_string(pages);
  return out;
}

void Explainer::stop(const RuleFound& found, std::size_t samples) {
  rule_->nanoseconds = ticks_() - since_ - own_;
  rule_->found = found;
  rule_->samples = samples - samples_;
}

void Explainer::end(const RuleFound& found, std::size_t samples) {
  stop(found, samples);
  made_ += rule_->samples;
  rule_->documents = found.base == RuleFound::Base::unasked ? 0 : 1;
  if (found.base == RuleFound::Base::unasked)
    rule_->nothing = "there is no answer of request `" + rule_->request + "`";
  else if (found.items == 0)
    rule_->nothing = "no family of the answer is let through by `keep` and `drop`";
}

void Explainer::end(const WalkPlan& walk, const Collector::Answers& answers, const RuleFound& found,
                    std::size_t samples) {
  stop(found, samples);
  if (!rule_->name.starts_with("tables.")) made_ += rule_->samples;
  for (const Answer& answer : answers[walk.request]) rule_->documents += answer.document != nullptr;
  if (rule_->documents == 0) rule_->nothing = "there is no answer of request `" + rule_->request + "`";
  if (rule_->documents == 0 || found.items > 0) return;
  const auto answer = std::find_if(answers[walk.request].begin(), answers[walk.request].end(),
                                   [](const Answer& a) { return a.document != nullptr; });
  const std::string name = which(*answer);
  rule_->nothing = why_no_item(walk, answer->document->root(), allowance_);
  if (allowance_.exhausted)
    rule_->nothing = too_long;
  else if (!name.empty())
    rule_->nothing.insert(0, "in the answer" + name + ": ");
  std::erase_if(rule_->losses, [](const Explanation::Loss& l) { return l.reason == Reason::missing; });  // says it too
  indexed_ = nullptr;
}

// That of the rule, made if there is none.
Explanation::Loss& Explainer::loss(std::string_view key, Reason reason) {
  std::vector<Explanation::Loss>& all = rule_->losses;
  const auto place = [&](std::string_view k, Reason r, std::size_t fresh) {
    return losses_.find_or_add(hash_text(k) + static_cast<std::uint64_t>(r) * 0x9E37'79B9'7F4A'7C15,
                               static_cast<std::uint32_t>(fresh),
                               [&](std::uint32_t i) { return all[i].reason == r && all[i].key == k; });
  };
  if (indexed_ != rule_) {
    losses_.clear();
    for (std::size_t i = 0; i < all.size(); ++i) place(all[i].key, all[i].reason, i);
    indexed_ = rule_;
  }
  const std::size_t at = place(key, reason, all.size());
  if (at == all.size()) all.push_back({std::string(key), reason, 0, {}});
  return all[at];
}

// `example` is asked only for what is shown: looking closely costs. Many items can have one and the same reason, so
// not all of them are asked for another.
template <class Example>
void Explainer::lose(std::string_view key, Reason reason, std::uint64_t count, Example example) {
  Explanation::Loss* const at = &loss(key, reason);
  at->count += count;
  if (at->examples.size() == Explanation::examples || at->looks == most_looks) return;
  ++at->looks;
  Explanation::Example one;
  if (!spent()) one = example();
  if (spent()) one = {"", too_long};  // it did not see all
  if (const std::string name = answer_ && !one.where.empty() ? which(*answer_) : ""; !name.empty())
    one.where += (one.where == whole_answer ? "" : ", in the answer") + name;
  const auto same = [&](const Explanation::Example& other) { return other.where == one.where && other.why == one.why; };
  if (std::none_of(at->examples.begin(), at->examples.end(), same)) at->examples.push_back(std::move(one));
}

// One loss of the item, which its counter has too.
template <class Example>
void Explainer::tell(std::string_view key, Reason reason, Example example) {
  ++told_[static_cast<std::size_t>(reason)];
  lose(key, reason, 1, example);
}

// True if there is a value.
bool Explainer::look(Evaluator& at, std::string_view key, const ValuePlan& plan, bool required) {
  const Datum d = at.value(plan);
  if (at.exhausted()) return false;  // nothing is known
  if (!d.is_missing() && !d.is_failed()) return true;
  if (d.is_missing() && !d.counted && !required) return false;
  const Reason reason = d.is_failed() ? d.reason : d.counted ? Reason::map : Reason::missing;
  tell(key, reason, [&] { return Why(at, *walk_, program_).value(plan, d); });
  return false;
}

// A word that is there, and none of those that mean something.
void Explainer::unknown_word(Evaluator& at, std::string_view key, std::string_view word, const char* of) {
  tell(key, Reason::map, [&] {
    Explanation::Example here = Why(at, *walk_, program_).item();
    here.why = "`" + std::string(word.substr(0, 60)) + "` is none of " + of;
    return here;
  });
}

void Explainer::words(Evaluator& at, const RulePlan& rule) {
  const auto text = [&](const char* key, const std::optional<ValuePlan>& plan) {
    return plan && look(at, key, *plan, true);
  };
  text("host", rule.host);
  text("version", rule.version);
  text("pool", rule.pool);
  if (text("state", rule.state)) {
    const Datum word = at.value(*rule.state);
    const bool known = rule.kind == config::Rule::Kind::queues ? task_state(word.text).has_value()
                                                               : worker_state(word.text).has_value();
    if (!known)
      unknown_word(at, "state", word.text, "the states; give it one with `map`");
    else if (rule.tasks_value)
      look(at, "tasks", *rule.tasks_value, true);
  }
}

void Explainer::metric(Evaluator& at, const MetricPlan& metric) {
  using Type = MetricPlan::Type;
  const std::string key = "metrics." + program_.families[metric.family].name;
  switch (metric.type) {
    case Type::gauge:
    case Type::counter:
      look(at, key, metric.value, true);
      return;
    case Type::info:
      for (const LabelPlan& label : metric.info) {
        look(at, key + "." + label.name, label.value, false);
        if (at.value(label.value).is_failed()) return;  // as the mapper does
      }
      return;
    case Type::stateset:
      if (look(at, key, metric.value, true)) {
        const std::string_view word = at.value(metric.value).text;
        if (std::find(metric.states.begin(), metric.states.end(), word) == metric.states.end())
          unknown_word(at, key, word, "its `states`");
      }
      return;
    case Type::histogram:
      if (!at.nodes(metric.buckets, [](const jsonpath::Located&) { return false; }))
        tell(key, Reason::missing, [&] { return Why(at, *walk_, program_).query(metric.buckets); });
      else if (metric.sum)
        look(at, key + ".sum", *metric.sum, true);
      return;
  }
}

// In the mapper's order, and no further than it goes.
void Explainer::values(Evaluator& at, const RulePlan& rule) {
  for (std::size_t i = 0; i < rule.identity.size(); ++i) {
    const LabelPlan& label = rule.identity[i];
    const Datum d = at.value(label.value);
    if (!d.is_failed() && (i != rule.required || !d.is_missing())) {
      if (d.counted) look(at, label.name, label.value, false);
      continue;
    }
    const Reason reason = d.is_failed() ? d.reason : Reason::skipped;
    if (d.counted) ++told_[static_cast<std::size_t>(Reason::map)];
    return tell(label.name, reason, [&] { return Why(at, *walk_, program_).value(label.value, d); });
  }
  const bool queues = rule.kind == config::Rule::Kind::queues;
  if (!queues) words(at, rule);
  for (const KeyedValue& v : rule.numbers) look(at, key_of(rule, v), v.value, true);
  for (const KeyedValue& v : rule.tasks)
    look(at, "tasks." + std::string(to_string(static_cast<TaskState>(v.key))), v.value, true);
  for (const KeyedValue& v : rule.workers)
    look(at, "workers." + std::string(to_string(static_cast<WorkerState>(v.key))), v.value, true);
  if (queues) words(at, rule);
  if (rule.metrics.empty() && !rule.flatten) return;
  for (const LabelPlan& label : rule.labels) {
    look(at, "labels." + label.name, label.value, false);
    if (at.value(label.value).is_failed()) return;  // the metrics of the item would have the wrong labels
  }
  for (const MetricPlan& m : rule.metrics) metric(at, m);
}

// What the counter has and no value explains.
void Explainer::rest(Evaluator& at, const RuleCounter& lost, std::string_view identity) {
  for (std::size_t i = 0; i < reason_count; ++i) {
    if (lost[i] <= told_[i]) continue;
    const auto reason = static_cast<Reason>(i);
    lose("", reason, lost[i] - told_[i], [&] {
      Explanation::Example here = Why(at, *walk_, program_).item();
      if (reason == Reason::duplicate)
        here.why = (identity.empty() ? std::string("without labels of its own") : std::string(identity)) +
                   ": an earlier item or rule gave the same; what came first stays";
      else if (reason == Reason::map)
        here.why = "a text that `map` does not know, in a part of a value or where `default` stands for it";
      else if (reason == Reason::limit)
        here.why = "a label value or name over the limit is cut, or left out";
      else if (reason == Reason::utf8)
        here.why = "bytes that are not UTF-8 are shown as U+FFFD";
      else
        here.why = "somewhere in it";
      return here;
    });
  }
}

void Explainer::item(Evaluator& at, const RulePlan& rule, const RuleCounter& before, std::string_view identity) {
  const std::uint64_t from = ticks_();
  const RuleCounter lost = difference(at.counter(), before);
  if (lost != RuleCounter()) {
    told_ = {};
    walk_ = &rule.walk;
    answer_ = &at.answer();
    const Aside aside(*this, at);
    at.spend(rule.cost);
    if (!spent()) values(at, rule);
    rest(at, lost, identity);
    add(all_[rule.name], lost);
  }
  own_ += ticks_() - from;
}

void Explainer::entry(Evaluator& at, const TablePlan& table, const RuleCounter& before) {
  const std::uint64_t from = ticks_();
  const RuleCounter lost = difference(at.counter(), before);
  told_ = {};
  walk_ = &table.walk;
  answer_ = &at.answer();
  const Aside aside(*this, at);
  at.spend(table_cost);
  if (!spent()) {
    look(at, "key", table.key, true);
    look(at, "value", table.value, true);
  }
  told_[static_cast<std::size_t>(Reason::missing)] = 0;  // tables do not count it
  rest(at, lost, "");
  add(all_[table.name], lost);
  own_ += ticks_() - from;
}

void Explainer::mapped(const std::vector<RuleCounter>& counters, std::size_t samples) {
  out_.derived = samples - std::min(samples, made_);
  answers_ = nullptr;
  for (std::size_t name = 0; name < counters.size(); ++name) {
    rule_ = &out_.rules[name];
    for (std::size_t i = 0; i < reason_count; ++i)
      if (counters[name][i] > all_[name][i])
        lose("", static_cast<Reason>(i), counters[name][i] - all_[name][i], [] {
          return Explanation::Example{"", "in the answer as it was read, or when all its items were put together"};
        });
  }
}

}  // namespace tallyman::map
