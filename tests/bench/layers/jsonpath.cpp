// Queries on a document that is parsed already: the ways that collectors go by, and the dear ones.
#include <benchmark/benchmark.h>

#include "inputs.h"
#include "jsonpath/query.h"

using namespace tallyman;
using bench::must;

namespace {

constexpr std::size_t workers = 400;

decode::Document document_of_crew() {
  decode::Document document;
  must(document.parse(bench::crew(workers)).has_value(), "json");
  return document;
}

void parse(benchmark::State& state) {
  for (auto _ : state)
    must(jsonpath::Query::parse("$.workers[?@.up == true && @.load < 3].queues[0]").has_value(), "a query");
}
BENCHMARK(parse);

void select(benchmark::State& state, const char* text, std::size_t expected) {
  const decode::Document document = document_of_crew();
  const auto query = jsonpath::Query::parse(text);
  must(query.has_value(), text);
  for (auto _ : state) {
    std::size_t found = 0;
    must(query->select(document.root(), document.root(), [&found](const jsonpath::Located&) { return ++found > 0; }),
         text);
    must(found == expected, text);
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * expected));
}
BENCHMARK_CAPTURE(select, each, "$.workers[*]", workers);
BENCHMARK_CAPTURE(select, member_of_each, "$.workers[*].done", workers);
BENCHMARK_CAPTURE(select, filter, "$.workers[?@.load < 3]", workers * 3 / 5);
BENCHMARK_CAPTURE(select, regular_expression, "$.workers[?match(@.name, 'worker-[0-9]*[.]example[.]org')]", workers);
BENCHMARK_CAPTURE(select, descendants, "$..queues[0]", workers);

// What a metric reads of each item.
void first(benchmark::State& state) {
  const decode::Document document = document_of_crew();
  const auto query = jsonpath::Query::parse("@.done");
  must(query.has_value(), "a query");
  const decode::Node worker = document.root().member("workers").element(7);
  for (auto _ : state) benchmark::DoNotOptimize(query->first(document.root(), worker).number().real());
}
BENCHMARK(first);

void test(benchmark::State& state) {
  const decode::Document document = document_of_crew();
  const auto expression = jsonpath::Expression::parse("@.up == true && @.load < 6");
  must(expression.has_value(), "an expression");
  const decode::Node worker = document.root().member("workers").element(7);
  for (auto _ : state)
    must(expression->test(document.root(), worker) == jsonpath::Expression::Truth::yes, "an expression");
}
BENCHMARK(test);

}  // namespace
