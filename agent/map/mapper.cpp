#include "map/mapper.h"

#include <algorithm>

#include "core/labels.h"
#include "map/explainer.h"
#include "map/item_walk.h"

namespace tallyman::map {
namespace {

bool same_value(const Datum& a, const Datum& b) {
  return a.kind == b.kind && (a.kind == Datum::Kind::text ? a.text == b.text : a.number == b.number);
}

}  // namespace

Mapper::Mapper(const Program& program, const Collector::Answers& answers, const Collector::Lost& lost, Scratch& scratch,
               Explainer* explainer)
    : p_(program), answers_(answers), lost_(lost), s_(scratch), e_(scratch.evaluator), explainer_(explainer) {}

Result<Output> Mapper::run() {
  const std::size_t blocks = p_.block_requests.size();
  blocks_.resize(blocks);
  if (s_.sinks.size() < blocks) s_.sinks.resize(blocks);
  for (std::size_t b = 0; b < blocks; ++b) {
    blocks_[b].requests = p_.block_requests[b];
    const Program::Size& size = p_.sizes[b];
    blocks_[b].batch.reserve(size.series.load(std::memory_order_relaxed),
                             size.label_sets.load(std::memory_order_relaxed),
                             size.label_bytes.load(std::memory_order_relaxed));
    s_.sinks[b].open(p_, blocks_[b].batch);
  }
  closed_.assign(blocks, false);
  for (std::size_t b = p_.first_joint; b < blocks; ++b)
    for (const std::size_t request : p_.block_requests[b])
      if (request < lost_.size() && lost_[request]) closed_[b] = any_closed_ = true;
  s_.counters.assign(p_.rule_names.size(), {});
  found_.assign(p_.rule_names.size(), {});
  e_.reset(p_);
  s_.workers.reset(p_.worker_columns, blocks);
  s_.queues.reset(p_.queue_columns, blocks);
  s_.worker_rows.clear();

  Output out;
  fill_tables();
  const auto run_kind = [&](config::Rule::Kind kind) {
    for (const RulePlan& rule : p_.rules)
      if (rule.kind == kind && !failure_) run_rule(rule);
  };
  run_kind(config::Rule::Kind::service);
  run_kind(config::Rule::Kind::workers);
  emit_workers(out);
  pending_samples_ = pending_text_ = 0;
  run_kind(config::Rule::Kind::queues);
  emit_queues();
  for (const PassthroughPlan& plan : p_.passthrough) pass_through(plan);
  if (failure_) return *failure_;

  std::size_t text = 0;
  for (std::size_t b = 0; b < blocks; ++b) {
    const SampleBatch& batch = blocks_[b].batch;
    out.samples += batch.size();
    if (over_text(s_.sinks[b], text)) return *failure_;
    text += s_.sinks[b].text();
    p_.sizes[b].series.store(batch.size(), std::memory_order_relaxed);
    p_.sizes[b].label_sets.store(batch.label_sets(), std::memory_order_relaxed);
    p_.sizes[b].label_bytes.store(batch.label_text().size(), std::memory_order_relaxed);
  }
  if (out.samples > p_.limits.samples)
    return error(Stage::limit, "the answers give " + std::to_string(out.samples) + " samples; the limit is " +
                                   std::to_string(p_.limits.samples) + " (`limits: { samples: ... }`)");
  out.text = text;
  out.blocks = std::move(blocks_);
  out.grace = p_.grace;
  out.has_workers = p_.has_workers;
  out.no_worker_list = no_worker_list_;
  count_mended();
  finish_counts(out);
  if (explainer_) explainer_->mapped(s_.counters, out.samples);
  out.found = std::move(found_);
  return out;
}

void Mapper::finish_counts(Output& out) const {
  for (std::uint32_t rule = 0; rule < s_.counters.size(); ++rule) {
    for (std::size_t reason = 0; reason < s_.counters[rule].size(); ++reason)
      if (const std::uint64_t n = s_.counters[rule][reason])
        out.counts.push_back({rule, static_cast<Reason>(reason), n});
  }
}

void Mapper::fill_tables() {
  for (std::size_t i = 0; i < p_.tables.size(); ++i) {
    const TablePlan& plan = p_.tables[i];
    TableMap& table = e_.tables[i];
    RuleCounter& counter = s_.counters[plan.name];
    if (explainer_) explainer_->begin(plan.name, 0), explainer_->reads(e_, plan.walk, answers_[plan.walk.request]);
    bool asked = false, based = false;
    std::size_t items = 0;
    for (const Answer& answer : answers_[plan.walk.request]) {
      if (!answer.document) continue;
      asked = true;
      const bool here = walk(e_, plan.walk, answer, counter, [&] {
        ++items;
        e_.spend(8);
        const RuleCounter before = explainer_ ? counter : RuleCounter();
        const Datum key = e_.value(plan.key);
        const Datum value = e_.value(plan.value);
        for (const Datum* d : {&key, &value})
          if (d->is_failed()) count(counter, d->reason);
        if (key.kind == Datum::Kind::text && !value.is_missing() && !value.is_failed()) {
          const auto [known, fresh] = table.emplace(key.text, value);
          if (!fresh && !same_value(known->second, value)) count(counter, Reason::duplicate);
        }
        if (explainer_) explainer_->entry(e_, plan, before);
      });
      based = based || here;
    }
    check_visits(plan.name);
    if (asked) found_[plan.name] = {based ? RuleFound::Base::there : RuleFound::Base::absent, items};
    if (explainer_) explainer_->end(plan.walk, answers_, found_[plan.name], table.size());
  }
}

// What was found when an answer was read, and is of no single rule: members that a later one of the
// same key hid (among the objects the rules looked into), texts that were not UTF-8 or too long. Counted for
// the first rule of the answer's request; a passthrough stands for rules where there is none.
void Mapper::count_mended() {
  for (std::size_t request = 0; request < answers_.size(); ++request) {
    const auto rule =
        std::find_if(p_.rules.begin(), p_.rules.end(), [&](const RulePlan& r) { return r.walk.request == request; });
    const auto pass = std::find_if(p_.passthrough.begin(), p_.passthrough.end(),
                                   [&](const PassthroughPlan& p) { return p.request == request; });
    if (rule == p_.rules.end() && pass == p_.passthrough.end()) continue;
    RuleCounter& counter = s_.counters[rule != p_.rules.end() ? rule->name : pass->name];
    for (const Answer& answer : answers_[request]) {
      if (answer.document && rule != p_.rules.end())
        counter[static_cast<std::size_t>(Reason::duplicate)] += answer.document->duplicate_keys();
      counter[static_cast<std::size_t>(Reason::utf8)] += answer.not_utf8;
      counter[static_cast<std::size_t>(Reason::limit)] += answer.too_long;
    }
  }
}

void Mapper::run_rule(const RulePlan& rule) {
  if (explainer_) {
    explainer_->begin(rule.name, samples_so_far());
    explainer_->reads(e_, rule.walk, answers_[rule.walk.request]);
  }
  bool asked = false, based = false;
  std::size_t items = 0, named = 0;
  const std::function<void()> visit = [&] {
    ++items;
    named += explainer_ ? explain_item(rule) : run_item(rule);
  };
  for (const Answer& answer : answers_[rule.walk.request]) {
    if (!answer.document) continue;
    asked = true;
    based = walk(e_, rule.walk, answer, s_.counters[rule.name], visit) || based;
  }
  check_visits(rule.name);
  // Items of which not one has a name are not the list of workers that the rule reads.
  const bool absent =
      asked ? !based || (rule.lists && items > 0 && named == 0) : list_is_absent(p_.requests[rule.walk.request]);
  if (asked || absent) found_[rule.name] = {absent ? RuleFound::Base::absent : RuleFound::Base::there, items};
  if (explainer_) explainer_->end(rule.walk, answers_, found_[rule.name], samples_so_far());
  if (rule.lists && absent) no_worker_list_ = true;
}

// Counts and lists of queries that were given up are not the whole: none of them is shown.
void Mapper::check_visits(std::uint32_t rule) {
  if (!e_.exhausted() || failure_) return;
  const GivenUp is = given_up(e_.exhausted_by());
  failure_ = error(Stage::limit, std::string(is.what) + " of the collector `" + p_.name + "` " + is.does + ", in " +
                                     p_.rule_names[rule] + "; " + is.advice);
}

bool Mapper::explain_item(const RulePlan& rule) {
  const RuleCounter before = e_.counter();
  const bool named = run_item(rule);
  explainer_->item(e_, rule, before, s_.label);
  return named;
}

// Cells of workers and queues become samples when all rules have run.
std::size_t Mapper::samples_so_far() const {
  std::size_t out = s_.workers.cells_set() + s_.queues.cells_set();
  for (const Block& block : blocks_) out += block.batch.size();
  return out;
}

// A request that was not made for any item: whether there was no list of items either, as in `{"error": ...}`. An
// empty list is one.
bool Mapper::list_is_absent(const RequestPlan& follow_up) {
  if (!follow_up.for_each || !follow_up.for_each->from_answer) return false;
  const WalkPlan& list = follow_up.for_each->walk;
  bool asked = false, based = false;
  std::size_t items = 0, named = 0;
  RuleCounter unused{};
  const std::function<void()> visit = [&] {
    ++items;
    const auto has_value = [this](const ValuePlan& plan) {
      const Datum d = e_.value(plan);
      return !d.is_missing() && !d.is_failed();
    };
    const auto& as = follow_up.for_each->as;
    named += std::all_of(as.begin(), as.end(), [&](const std::vector<ValuePlan>& values) {
      return std::any_of(values.begin(), values.end(), has_value);
    });
  };
  for (const Answer& answer : answers_[list.request]) {
    if (!answer.document) continue;
    asked = true;
    based = walk(e_, list, answer, unused, visit) || based;
  }
  if (!asked) return list_is_absent(p_.requests[list.request]);
  return !based || (items > 0 && named == 0);
}

// False if the item has no identity.
bool Mapper::run_item(const RulePlan& rule) {
  if (failure_ || over_limit(rule)) return e_.stop(), true;
  e_.spend(rule.cost);
  s_.label.clear();
  if (!identity(rule)) return false;
  switch (rule.kind) {
    case config::Rule::Kind::workers: {
      const std::size_t known = s_.workers.size();
      const std::uint32_t row = worker_item(rule);
      if (s_.workers.size() > known) pend(worker_states);
      if (!rule.metrics.empty()) metrics(rule, &s_.workers, row);
      return true;
    }
    case config::Rule::Kind::queues: {
      const std::size_t known = s_.queues.size();
      const std::uint32_t row = queue_item(rule);
      if (s_.queues.size() > known) pend(1);
      if (!rule.metrics.empty()) metrics(rule, &s_.queues, row);
      return true;
    }
    case config::Rule::Kind::service:
      service_item(rule);
      if (!rule.metrics.empty()) metrics(rule, nullptr, 0);
      if (rule.flatten) flatten(rule);
      return true;
  }
  return true;
}

// Stops a huge answer while it is read: the loop has other targets. A worker is at least its eight
// states, a queue at least one sample; the exact count is checked at the end.
bool Mapper::over_limit(const RulePlan& rule) {
  const std::size_t sure = sink(rule.block).batch().size() + pending_samples_;
  if (sure <= p_.limits.samples) return over_text(sink(rule.block), pending_text_);
  failure_ = error(Stage::limit, "the answers give more than " + std::to_string(p_.limits.samples) +
                                     " samples; raise `limits: { samples }` or ask for less");
  return true;
}

void Mapper::pend(std::size_t samples) {
  pending_samples_ += samples;
  pending_text_ += samples * s_.label.size();
}

// So too where the samples are few but long.
bool Mapper::over_text(BlockSink& out, std::size_t more) {
  if (out.text() + more <= p_.limits.text()) return false;
  failure_ = error(Stage::limit, "the answers give more than " + std::to_string(p_.limits.text()) +
                                     " bytes of text, in " + std::to_string(out.batch().size()) +
                                     " samples so far (the limit is the larger of the target's limits.body and 160 "
                                     "bytes for each of its limits.samples): ask for less, or raise one of them");
  return true;
}

// Writes the identity into s_.label. False if the item is lost.
bool Mapper::identity(const RulePlan& rule) {
  for (std::size_t i = 0; i < rule.identity.size(); ++i) {
    const LabelPlan& plan = rule.identity[i];
    std::string_view text;
    if (e_.plain_text(plan.value, text)) {
      append(s_.label, plan, text);
      continue;
    }
    const Datum d = e_.value(plan.value);
    if (d.kind == Datum::Kind::text) {
      append(s_.label, plan, d.text);
      continue;
    }
    if (d.is_failed()) return count(e_.counter(), d.reason), false;
    if (i == rule.required) return count(e_.counter(), Reason::skipped), false;
  }
  return true;
}

void Mapper::append(LabelText& out, const LabelPlan& label, std::string_view value) {
  if (value.size() > p_.limits.label_value_bytes || !out.append_plain(label.head, value))
    append_limited(out, label.name, value);
}

void Mapper::append_limited(LabelText& out, std::string_view name, std::string_view value) {
  // Documents are UTF-8; a header need not be.
  if (value.size() <= p_.limits.label_value_bytes) {
    if (!is_utf8(value)) count(e_.counter(), Reason::utf8);
    return out.append_label(name, value);
  }
  std::string cut(value.substr(0, p_.limits.label_value_bytes + 4));  // what follows may be long, and is not shown
  limit_label_value(cut, p_.limits.label_value_bytes);
  count(e_.counter(), Reason::limit);
  out.append_label(name, cut);
}

void Mapper::service_item(const RulePlan& rule) {
  RuleCounter& counter = e_.counter();
  if (rule.version) {
    std::string_view version;
    if (e_.text(*rule.version, version)) {
      BlockSink& out = sink(rule.block);
      s_.body.clear();
      append_limited(s_.body, "version", version);
      out.add(out.family(family_id::target_info), out.intern(s_.body), Number::of(std::int64_t{1}), Suffix::none,
              rule.fold, counter);
    }
  }
  for (const KeyedValue& v : rule.numbers) {
    Number n;
    if (closed(v.block) || !e_.number(v.value, n)) continue;
    BlockSink& out = sink(v.block);
    const bool whole = v.key == static_cast<std::size_t>(ServiceKey::start);  // of the target, not of a pool
    out.add(out.family(family_id::service + static_cast<std::uint32_t>(v.key)),
            out.intern(whole ? std::string_view() : s_.label), n, Suffix::none, rule.fold, counter);
  }
  const auto by_state = [&](const KeyedValue& v, std::string_view state, std::uint32_t family) {
    Number n;
    if (closed(v.block) || !e_.number(v.value, n)) return;
    BlockSink& out = sink(v.block);
    s_.body.clear();
    s_.body.append_label("state", state);
    if (!s_.label.empty()) {
      s_.body.append(",");
      s_.body.append(s_.label);
    }
    out.add(out.family(family), out.intern(s_.body), n, Suffix::none, rule.fold, counter);
  };
  for (const KeyedValue& v : rule.tasks)
    by_state(v, to_string(static_cast<TaskState>(v.key)), family_id::service_tasks);
  for (const KeyedValue& v : rule.workers)
    by_state(v, to_string(static_cast<WorkerState>(v.key)), family_id::worker_count);
}

}  // namespace tallyman::map
