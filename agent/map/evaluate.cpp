#include "map/evaluate.h"

#include <algorithm>

#include "core/letters.h"
#include "map/kube_text.h"

namespace tallyman::map {
namespace {

constexpr std::size_t kept_documents = 1u << 20;  // bytes of those of `json` steps, kept for the next poll
constexpr std::size_t kept_text = 64u << 10;      // of the memory of texts that are put together, as most never need

// What a map gives for `key`: null if nothing.
const Datum* look_up(const Modifiers::Map& map, std::string_view key) {
  const auto at = std::lower_bound(map.exact.begin(), map.exact.end(), key,
                                   [](const auto& entry, std::string_view k) { return entry.first < k; });
  if (at != map.exact.end() && at->first == key) return &at->second;
  for (const auto& [prefix, value] : map.prefixes)
    if (key.starts_with(prefix)) return &value;
  return nullptr;
}

}  // namespace

Datum datum_of(const config::Scalar& scalar) {
  if (const bool* b = std::get_if<bool>(&scalar)) return Datum::of(*b);
  if (const Number* n = std::get_if<Number>(&scalar)) return Datum::of(*n);
  if (const std::string* s = std::get_if<std::string>(&scalar)) return Datum::of(std::string_view(*s));
  return Datum::missing();
}

void Evaluator::reset(const Program& program) {
  program_ = &program;
  arena_.clear();
  if (documents_bytes_ > kept_documents) documents_.clear();
  documents_used_ = documents_bytes_ = 0;
  if (!embedded_.empty()) embedded_ = {};
  if (buffer_.capacity() > kept_text) std::string().swap(buffer_);
  allowance_ = std::max(jsonpath::default_max_visits, visits_per_byte * program.limits.body_bytes);
  tables.resize(program.tables.size());
  for (TableMap& table : tables) table.clear();
}

void Evaluator::begin(const WalkPlan& plan, const Answer& answer, RuleCounter& counter) {
  plan_ = &plan;
  answer_ = &answer;
  counter_ = &counter;
  if (items_.size() < plan.tries.size()) items_.resize(plan.tries.size());
  if (slots_.size() < plan.slots) slots_.resize(plan.slots);
  if (keys_.size() < plan.tries.size()) keys_.resize(plan.tries.size());
  for (ItemTrie::Keys& keys : keys_) keys.forget();
  enter(0, {answer.document ? answer.document->root() : decode::Node(), {}, -1, false});
}

void Evaluator::enter(std::size_t level, const Item& item) {
  if (level > 0) spend(4);
  items_[level] = item;
  if (plan_->tries[level].empty()) return;
  plan_->tries[level].walk(item.node, slots_, keys_[level]);
  // A step that begins with `$` may enter one large item often.
  spend(keys_[level].passed() / jsonpath::passed_per_visit);
}

decode::Node Evaluator::embedded(std::string_view text) {
  const auto [known, fresh] = embedded_.try_emplace(text.data());
  if (!fresh) return known->second;
  const std::size_t memory = program_->limits.memory();
  const std::size_t room = memory - std::min(memory, documents_bytes_);
  if (text.size() > room) allowance_.give_up(By::memory);
  if (!allowance_.spend(text.size(), By::texts)) return {};
  if (documents_used_ == documents_.size()) documents_.push_back(std::make_unique<decode::Document>());
  decode::Document& document = *documents_[documents_used_++];
  const Result<> parsed = document.parse(std::string(text), {program_->limits.depth, room});
  if (parsed) {
    documents_bytes_ += document.bytes();
    return known->second = document.root();
  }
  if (parsed.error().stage == Stage::limit && room < memory) allowance_.give_up(By::memory);  // alone it had room
  return {};
}

void Evaluator::note(const Datum& no_value) {
  if (no_value.is_failed())
    count(*counter_, no_value.reason);
  else if (!no_value.counted)
    count(*counter_, Reason::missing);
}

bool Evaluator::other_number(const ValuePlan& plan, Number& out) {
  const Datum d = value(plan);
  if (d.kind != Datum::Kind::number) return note(d), false;
  out = d.number;
  return true;
}

bool Evaluator::other_text(const ValuePlan& plan, std::string_view& out) {
  const Datum d = value(plan);
  if (d.kind != Datum::Kind::text) return note(d), false;
  out = d.text;
  return true;
}

bool Evaluator::nodes(const QueryPlan& query, jsonpath::Visit visit) {
  const decode::Node base = slots_[query.slot];
  if (!base || base.is_null()) return false;
  if (query.query)
    select(*query.query, base, visit);
  else
    visit({base, {}, -1});
  return true;
}

void Evaluator::select(const jsonpath::Query& query, decode::Node base, jsonpath::Visit visit) {
  query.select_from_base(root(), base, visit, allowance_);
}

Datum Evaluator::value(const ValuePlan& plan) {
  const Datum d = operate(plan);
  return d.is_missing() && plan.fallback ? *plan.fallback : d;
}

Datum Evaluator::operate(const ValuePlan& plan) {
  using Op = ValuePlan::Op;
  switch (plan.op) {
    case Op::constant:
      return plan.constant;
    case Op::path:
      return read(plan.with.get(), slots_[plan.query.slot], plan.want);
    case Op::text: {
      const Datum d = expand(plan.text);
      return settle(plan.with ? modify(*plan.with, d) : d, plan.want);
    }
    case Op::header: {
      const Datum d = header(plan.header);
      return settle(plan.with ? modify(*plan.with, d) : d, plan.want);
    }
    case Op::first:
      return first(plan);
    case Op::sum:
    case Op::min:
    case Op::max:
      return settle(fold(plan), plan.want);
    case Op::diff:
      return settle(diff(plan), plan.want);
    case Op::concat:
      return settle(concat(plan), plan.want);
    case Op::count: {
      std::int64_t n = 0;
      const bool there = nodes(plan.query, [&n](const jsonpath::Located& l) {
        n += !l.node.is_null();
        return true;
      });
      return there ? settle(Datum::of(Number::of(n)), plan.want) : Datum::missing();
    }
    case Op::test: {
      const auto truth = plan.test->test(root(), items_[static_cast<std::size_t>(plan.level)].node, allowance_);
      if (truth == jsonpath::Expression::Truth::missing) return Datum::missing();
      return settle(Datum::of(Number::of(std::int64_t{truth == jsonpath::Expression::Truth::yes})), plan.want);
    }
  }
  return Datum::missing();
}

Datum Evaluator::read(const Modifiers* with, decode::Node node, Want want) {
  if (!node) return Datum::missing();
  const bool lexeme = want != Want::number || (with && with->reads_text());
  Datum d;
  switch (node.kind()) {
    case decode::Kind::null:
      return kube_text(want) ? Datum::of(std::string_view("null")) : Datum::missing();
    case decode::Kind::boolean:
      d = Datum::of(node.boolean());
      break;
    case decode::Kind::number:
      d = Datum::of(node.number(), !lexeme                ? std::string_view()
                                   : program_->kube_texts ? decimal_text(node.number())
                                                          : node.lexeme());
      charge_text(d.text);
      break;
    case decode::Kind::string:
      d = Datum::of(node.text());
      charge_text(d.text);
      break;
    case decode::Kind::out_of_range:
      charge_text(node.lexeme());
      d = decimal(node.lexeme());  // an integer over 64 bits is rounded, as its text would be
      if (d.is_failed() && lexeme) d.text = node.lexeme();
      break;
    case decode::Kind::array:
    case decode::Kind::object:
      return kube_text(want) ? json_text(node) : Datum::failed(Reason::type);
  }
  if (with) d = modify(*with, d);
  return settle(d, want);
}

bool Evaluator::search(const re2::RE2& regex, std::string_view text, std::string_view* group, By by) {
  if (allowance_.exhausted) return false;
  const jsonpath::Searched searched = jsonpath::search(regex, text, group);
  allowance_.spend(searched.visits, by);
  return searched.found && !allowance_.exhausted;
}

std::string_view Evaluator::decimal_text(Number number) {
  const std::size_t from = buffer_.size();
  append_decimal(buffer_, number);
  const std::string_view out = arena_.copy(std::string_view(buffer_).substr(from));
  buffer_.resize(from);
  return out;
}

Datum Evaluator::json_text(decode::Node node) {
  if (exhausted()) return Datum::missing();
  const std::size_t from = buffer_.size();
  append_kube_json(buffer_, node);
  const std::string_view out = put_together(from);
  spend(1 + out.size() / 4, By::texts);
  return Datum::of(out);
}

Datum Evaluator::modify(const Modifiers& with, Datum d) {
  if (d.is_missing()) return d;
  spend(with.cost);
  if (with.reads_text()) {
    std::string_view text = d.text;
    if (d.kind == Datum::Kind::number && text.empty()) {
      char digits[max_number_text];
      text = arena_.copy({digits, write_number(digits, d.number)});
    }
    for (const std::string& none : with.none)
      if (text == none) return Datum::missing();
    if (with.extract) {
      std::string_view group;
      if (!search(*with.extract, text, &group)) return Datum::missing();
      text = group;
      d = Datum::of(text);
    }
    if (with.map || with.table >= 0) {
      const Datum* found = nullptr;
      if (with.map) {
        found = look_up(*with.map, text);
      } else {
        const TableMap& table = tables[static_cast<std::size_t>(with.table)];
        if (const auto at = table.find(text); at != table.end()) found = &at->second;
      }
      if (!found) {
        count(*counter_, Reason::map);
        d = Datum::missing();
        d.counted = true;
        return d;
      }
      d = *found;
    }
  }
  return with.unit.kind == Unit::Kind::none ? d : convert(with.unit, d);
}

Datum Evaluator::settle(Datum d, Want want) {
  using Kind = Datum::Kind;
  if (d.is_missing()) return d;
  if (want == Want::number) {
    if (d.kind == Kind::text) return decimal(d.text);
    if (d.kind == Kind::boolean) d.kind = Kind::number;
    return d;
  }
  if (d.is_failed()) {  // a number over all doubles is a text like any other
    if (d.reason != Reason::range || d.text.empty()) return d;
    return Datum::of(d.text);
  }
  if (want == Want::any) return d.kind == Kind::text && d.text.empty() ? Datum::missing() : d;
  if (d.kind == Kind::number && d.text.empty()) {
    char digits[max_number_text];
    d.text = arena_.copy({digits, write_number(digits, d.number)});
  }
  d.kind = Kind::text;
  if (want == Want::text && d.text.empty()) return Datum::missing();
  return d;
}

Datum Evaluator::part(const Template::Part& p) {
  switch (p.kind) {
    case Template::Part::Kind::literal:
      return Datum::of(std::string_view(p.literal));
    case Template::Part::Kind::constant:
      return p.constant;
    case Template::Part::Kind::key: {
      const Item& item = items_[static_cast<std::size_t>(p.level)];
      if (!item.keyed) return Datum::missing();
      if (item.index >= 0) return Datum::of(Number::of(item.index));
      charge_text(item.key);
      return Datum::of(item.key);
    }
    case Template::Part::Kind::now:
      return Datum::of(Number::of(answer_->arrived));
    case Template::Part::Kind::token:  // of requests only
      return Datum::missing();
    case Template::Part::Kind::variable: {
      if (p.variable >= answer_->variables.size()) return Datum::missing();
      const Datum d = datum_of(answer_->variables[p.variable].second);
      charge_text(d.text);
      return d;
    }
  }
  return Datum::missing();
}

void Evaluator::append_text(const Datum& d) {
  spend(1 + d.text.size() / 64, By::texts);
  if (d.kind == Datum::Kind::number && d.text.empty())
    append_number(buffer_, d.number);
  else if (!exhausted())
    buffer_ += d.text;
}

// Each item makes its own, and all of them stay until the poll's end: what answers may take, they may together.
std::string_view Evaluator::put_together(std::size_t from) {
  const std::string_view text = std::string_view(buffer_).substr(from);
  std::string_view out;
  if (arena_.bytes() + text.size() > program_->limits.memory())
    allowance_.give_up(By::memory);
  else
    out = arena_.copy(text);
  buffer_.resize(from);
  return out;
}

Datum Evaluator::expand(const Template& text) {
  if (!text.unset.empty()) return Datum::missing();
  if (text.literal()) return Datum::of(text.literal_text());
  if (text.single()) return part(text.parts[0]);
  const std::size_t from = buffer_.size();
  for (const Template::Part& p : text.parts) {
    const Datum d = part(p);
    if (d.is_missing()) {
      buffer_.resize(from);
      return d;
    }
    append_text(d);
  }
  return Datum::of(put_together(from));
}

Datum Evaluator::header(const std::string& name) {
  const std::optional<std::string_view> value = answer_->headers.find(small_letters(name));
  if (!value) return Datum::missing();
  charge_text(*value);
  return Datum::of(*value);
}

}  // namespace tallyman::map
