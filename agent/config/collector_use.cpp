#include "config/collector_use.h"

#include <set>
#include <string_view>

namespace tallyman::config {
namespace {

using Names = std::set<std::string>;

void warn(const Position& at, std::string what, Diagnostics& out) { out.push_back({at, std::move(what), true}); }

std::string in_ticks(std::string_view text) { return "`" + std::string(text) + "`"; }

void tables_of(const Value& value, Names& out) {
  if (!value.with.map_table.empty()) out.insert(value.with.map_table.text);
  for (const Value& part : value.list) tables_of(part, out);
}

Names tables_read(const CollectorFile& file) {
  Names out;
  for (const Rule& rule : file.rules) {
    for (const auto* values : {&rule.values, &rule.labels, &rule.tasks, &rule.workers})
      for (const auto& [key, value] : *values) tables_of(value, out);
    if (rule.tasks_value) tables_of(*rule.tasks_value, out);
    for (const Metric& metric : rule.metrics) {
      tables_of(metric.value, out);
      for (const auto& [label, value] : metric.labels) tables_of(value, out);
      for (const auto* value : {&metric.histogram.le, &metric.histogram.sum})
        if (*value) tables_of(**value, out);
    }
  }
  for (const Table& table : file.tables) {
    tables_of(table.key, out);
    tables_of(table.value, out);
  }
  return out;
}

}  // namespace

void review_use(const CollectorFile& file, Diagnostics& out) {
  Names requests;
  for (const Rule& rule : file.rules) requests.insert(rule.from.text);
  for (const Table& table : file.tables) requests.insert(table.from.text);
  for (const Passthrough& pass : file.passthrough) requests.insert(pass.from.text);
  for (const Request& request : file.requests)
    if (request.for_each) requests.insert(request.for_each->from.text);
  for (const Request& request : file.requests) {
    const bool only = file.requests.size() == 1 && requests.contains("");
    const bool verdict = !request.expect.empty() && !request.optional;  // without a good answer the target is down
    if (!only && !verdict && !requests.contains(request.name.text))
      warn(request.name.at,
           "the request " + in_ticks(request.name.text) + " is asked and nothing reads its answer; expected " +
               in_ticks("from: " + request.name.text) + " in a rule" +
               (request.optional ? "" : ", or `expect` if the answer is only to be good"),
           out);
  }
  const Names tables = tables_read(file);
  for (const Table& table : file.tables)
    if (!tables.contains(table.name.text))
      warn(table.name.at,
           "the table " + in_ticks(table.name.text) + " is filled and nothing reads it; expected " +
               in_ticks("map: " + table.name.text) + " in a value",
           out);
}

}  // namespace tallyman::config
