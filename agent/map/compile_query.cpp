#include <re2/re2.h>

#include "map/compile.h"

namespace tallyman::map {
namespace {

std::string bad(const char* what, const config::Text& text, const jsonpath::SyntaxError& e) {
  return std::string("bad ") + what + " `" + jsonpath::excerpt(text.text, e.offset).text + "`, at its character " +
         std::to_string(jsonpath::character(text.text, e.offset)) + ": " + e.what;
}

// What was meant by a text that begins as a query does and goes on as a formula of other languages.
std::string formula(const std::string& text, std::size_t offset) {
  if (!jsonpath::Expression::parse(text).has_error())
    return "; a condition as a value is `{ test: .. }`, a list's items are chosen by a filter, `[?..]`";
  const std::size_t sign = text.find_first_not_of(' ', offset);
  if (sign != std::string::npos && std::string_view("+-*/").find(text[sign]) != std::string_view::npos)
    return "; `{ sum: [..] }` and `{ diff: [a, b] }` add and subtract, products and quotients are PromQL's";
  return "";
}

}  // namespace

std::shared_ptr<const jsonpath::Query> parse_query(Compiling& c, const config::Text& text) {
  auto parsed = jsonpath::Query::parse(text.text);
  if (parsed.has_error()) {
    c.fail(text.at, bad("query", text, parsed.error()) + formula(text.text, parsed.error().offset));
    return nullptr;
  }
  for (const jsonpath::SyntaxError& note : parsed->notes()) c.fail(text.at, bad("query", text, note));
  return std::make_shared<const jsonpath::Query>(std::move(*parsed));
}

std::shared_ptr<const jsonpath::Expression> compile_expression(Compiling& c, const config::Text& text) {
  auto parsed = jsonpath::Expression::parse(text.text);
  if (parsed.has_error()) {
    c.fail(text.at, bad("expression", text, parsed.error()));
    return nullptr;
  }
  for (const jsonpath::SyntaxError& note : parsed->notes()) c.fail(text.at, bad("expression", text, note));
  return std::make_shared<const jsonpath::Expression>(std::move(*parsed));
}

QueryPlan compile_query(Compiling& c, const config::Text& text, int outer, const Scope& scope) {
  QueryPlan plan;
  if (!scope.walk) {
    c.fail(text.at,
           "`" + text.text + "` reads an answer, and there is none here; expected a constant or a {parameter}");
    return plan;
  }
  const auto query = parse_query(c, text);
  if (!query) return plan;
  plan.level = query->relative() ? std::max(0, scope.level - outer) : 0;
  plan.slot = scope.walk->tries[static_cast<std::size_t>(plan.level)].slot(query->base(), scope.walk->slots);
  if (!query->singular()) plan.query = query;
  plan.whole = query;
  return plan;
}

WalkPlan compile_walk(Compiling& c, std::size_t request, const std::vector<config::Step>& each) {
  static const std::vector<config::Step> whole = [] {
    config::Step step;
    step.queries.push_back({"$", {}});
    return std::vector{step};
  }();
  WalkPlan plan;
  plan.request = request;
  for (const config::Step& step : each.empty() ? whole : each) {
    StepPlan out;
    out.kind = step.kind;
    for (const config::Text& text : step.queries) {
      StepPlan::Alternative way;
      way.query = parse_query(c, text);
      if (!way.query) continue;
      way.absolute = !way.query->relative();
      way.singular = way.query->singular();
      const bool one = step.kind == config::Step::Kind::json || step.kind == config::Step::Kind::keys;
      if (one && !way.singular)
        c.fail(text.at, "`" + text.text + "` may select several nodes; `" +
                            (step.kind == config::Step::Kind::json ? "json" : "keys") +
                            "` takes one (names and indexes only), reached by a step before it");
      out.alternatives.push_back(std::move(way));
    }
    if (step.kind == config::Step::Kind::keys) out.match = compile_regex(c, step.match);
    plan.steps.push_back(std::move(out));
  }
  plan.tries.resize(plan.steps.size() + 2);
  return plan;
}

}  // namespace tallyman::map
