// Values and their modifiers (LANGUAGE 4).
#include <re2/re2.h>

#include <algorithm>

#include "jsonpath/search.h"
#include "map/compile.h"
#include "map/evaluate.h"

namespace tallyman::map {
namespace {

using Op = config::Value::Op;

// A query that stands in a list as it is, not as a form of its own.
bool is_direct(const config::Value& v) { return v.op == Op::path && same_place(v.at, v.argument.at); }

Datum kept(Compiling& c, const config::Scalar& scalar) {
  Datum d = datum_of(scalar);
  if (d.kind == Datum::Kind::text) d.text = c.program.keep(std::string(d.text));
  return d;
}

Modifiers::Map compile_map(Compiling& c, const config::Value::Modifiers& with) {
  Modifiers::Map out;
  for (const auto& [key, scalar] : with.map) {
    const Datum value = kept(c, scalar);
    if (key.text.ends_with('*'))
      out.prefixes.emplace_back(key.text.substr(0, key.text.size() - 1), value);
    else
      out.exact.emplace_back(key.text, value);
  }
  std::sort(out.exact.begin(), out.exact.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::sort(out.prefixes.begin(), out.prefixes.end(), [](const auto& a, const auto& b) {
    return a.first.size() != b.first.size() ? a.first.size() > b.first.size() : a.first < b.first;
  });
  return out;
}

std::shared_ptr<const Modifiers> compile_modifiers(Compiling& c, const config::Value::Modifiers& with,
                                                   const Scope& scope) {
  if (!with.has_none && with.extract.empty() && !with.has_map && with.as.empty()) return nullptr;
  auto out = std::make_shared<Modifiers>();
  for (const config::Scalar& none : with.none)
    if (!std::holds_alternative<std::monostate>(none)) out->none.push_back(config::to_text(none));
  if (!with.extract.empty()) {
    out->extract = compile_regex(c, with.extract);
    if (out->extract && out->extract->NumberOfCapturingGroups() != 1)
      c.fail(with.extract.at,
             "`extract` has " + std::to_string(out->extract->NumberOfCapturingGroups()) +
                 " groups; expected exactly one, as in \"@(.+)$\" (a group that is not taken is (?:..))");
  }
  if (!with.map_table.empty()) {
    const auto table = c.tables.find(with.map_table.text);
    if (!scope.tables)
      c.fail(with.map_table.at, "tables are filled when all answers are there; expected a map written out here");
    else if (table == c.tables.end())
      c.fail(with.map_table.at, "the table `" + with.map_table.text + "` is not filled yet here; define it before");
    else
      out->table = table->second;
  } else if (with.has_map) {
    out->map = compile_map(c, with);
  }
  if (!with.as.empty()) {
    const auto unit = find_unit(with.as.text);
    if (unit)
      out->unit = *unit;
    else
      c.fail(with.as.at, "unknown unit `" + with.as.text + "`");
    out->unit.zone = c.zone;
  }
  constexpr std::size_t prefixes_per_visit = 8, texts_per_visit = 16, time_read = 8;
  const bool time = out->unit.kind == Unit::Kind::time || out->unit.kind == Unit::Kind::duration;
  out->cost = 1 + out->none.size() / texts_per_visit + (time ? time_read : 0) +
              (out->map ? out->map->prefixes.size() / prefixes_per_visit : 0);
  return out;
}

// Texts without a variable are constants.
void compile_text_value(Compiling& c, const config::Value& value, const Scope& scope, ValuePlan& plan) {
  plan.text = compile_text(c, value.argument, value.with.outer, scope);
  if (!plan.text.literal() || !plan.text.unset.empty() || plan.with) return;
  plan.op = Op::constant;
  plan.constant = compile_constant(c, std::string(plan.text.literal_text()), plan.want, value.argument.at);
}

void compile_list(Compiling& c, const config::Value& value, const Scope& scope, ValuePlan& plan) {
  const Want inner = plan.op == Op::concat ? Want::part : plan.op == Op::first ? plan.want : Want::number;
  plan.is_list = true;
  for (const config::Value& entry : value.list) {
    if (!is_direct(entry)) {
      plan.list.push_back(compile_value(c, entry, inner, scope));
      continue;
    }
    config::Value direct = entry;  // the form's modifiers are its own
    direct.with.outer = value.with.outer;
    plan.list.push_back(compile_value(c, direct, inner, scope));
    plan.list.back().with = plan.with;
    plan.list.back().plain = !plan.with;
  }
}

}  // namespace

std::shared_ptr<const re2::RE2> compile_regex(Compiling& c, const config::Text& text) {
  RE2::Options options;
  options.set_log_errors(false);
  auto regex = std::make_shared<const RE2>(text.text, options);
  if (!regex->ok())
    c.fail(text.at, "bad regular expression `" + text.text + "`: " + regex->error());
  else if (regex->ProgramSize() > jsonpath::max_program)
    c.fail(text.at, "the regular expression `" + text.text + "` is too large: " + std::to_string(regex->ProgramSize()) +
                        " steps, at most " + std::to_string(jsonpath::max_program) +
                        "; what is counted, as in `{0,900}`, has as many times its own, and `.` has ten");
  else
    return regex;
  return nullptr;
}

Datum compile_constant(Compiling& c, const config::Scalar& scalar, Want want, const Position& at) {
  Datum d = kept(c, scalar);
  if (want == Want::number) {
    if (d.kind == Datum::Kind::boolean) d.kind = Datum::Kind::number;
    if (d.kind == Datum::Kind::text) {
      const Datum number = decimal(d.text);
      const bool braces = d.text.starts_with("{$") || d.text.starts_with("{@");
      if (number.is_failed())
        c.fail(at, "expected a number; found the text `" + std::string(d.text) + "`" +
                       (braces ? ", and a path stands without braces" : ""));
      return number.is_failed() ? Datum::missing() : number;
    }
    return d;
  }
  if (d.kind == Datum::Kind::number) d.text = c.program.keep(config::to_text(scalar));
  if (want == Want::any || d.is_missing()) return d;
  d.kind = Datum::Kind::text;
  return want == Want::text && d.text.empty() ? Datum::missing() : d;
}

ValuePlan compile_value(Compiling& c, const config::Value& value, Want want, const Scope& scope) {
  ValuePlan plan;
  plan.op = value.op;
  plan.want = want;
  plan.with = compile_modifiers(c, value.with, scope);
  if (value.with.fallback) plan.fallback = compile_constant(c, *value.with.fallback, want, value.at);
  const auto read = [&] { plan.query = compile_query(c, value.argument, value.with.outer, scope); };
  switch (value.op) {
    case Op::constant:
      plan.constant = compile_constant(c, value.constant, want, value.at);
      if (plan.with) {  // the unit of a histogram, for its `le` and `sum`
        plan.constant = convert(plan.with->unit, plan.constant);
        if (plan.constant.is_failed())
          c.fail(value.at, "`as: " + value.with.as.text + "` cannot read the constant; expected a number of that unit");
      }
      break;
    case Op::text:
      compile_text_value(c, value, scope, plan);
      break;
    case Op::header:
      plan.header = value.argument.text;
      c.program.body_only = false;
      if (!scope.walk) c.fail(value.argument.at, "a header belongs to an answer, and there is none here");
      break;
    case Op::path:
      read();
      if (plan.query.query)
        c.fail(value.argument.at, "`" + value.argument.text +
                                      "` may select several nodes where one is wanted; say which: { first: .. }, "
                                      "{ count: .. } or { sum: .. }");
      plan.plain = !plan.with;
      break;
    case Op::count:
      read();
      break;
    case Op::test:
      plan.level = std::max(0, scope.level - value.with.outer);
      plan.test = compile_expression(c, value.argument);
      if (!scope.walk) c.fail(value.argument.at, "`test` reads an answer, and there is none here");
      break;
    case Op::first:
    case Op::sum:
    case Op::min:
    case Op::max:
    case Op::diff:
    case Op::concat:
      plan.sep = value.with.sep.text;
      if (value.is_list)
        compile_list(c, value, scope, plan);
      else
        read();
      break;
  }
  return plan;
}

}  // namespace tallyman::map
