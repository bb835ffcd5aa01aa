// Values and steps of the collector language (sections 4 and 5 of its reference): the forms, their
// operations and which modifiers each takes. Queries and regexes stay texts; map/ compiles them.
#pragma once
#include "config/reader.h"

namespace tallyman::config {

// The names a value may refer to, gathered before values are read.
struct Scope {
  Words requests, tables, parameters;
};

struct ValueUse {
  enum class Wanted { any, number, text, state };
  std::string subject;  // "`load`"
  Wanted wanted = Wanted::any;
  int max_outer = 0;              // `each` steps around the item, see outer_of()
  const Words* states = nullptr;  // Wanted::state
  int depth = 1;                  // of nested operations
};

inline constexpr int max_value_depth = 3;

// How far `outer` may reach: the item of the last step is 0 out.
inline int outer_of(const std::vector<Step>& each) { return each.empty() ? 0 : static_cast<int>(each.size()) - 1; }

Value read_value(Reader& r, const Scope& scope, const Node& node, const ValueUse& use);
bool is_value_form(const Node& node);  // a map with one of the operations among its keys

std::vector<Step> read_each(Reader& r, const Node& node);
// A text that starts with `$` or `@`; `or_else` adds to what is expected.
Text read_query(Reader& r, const Node& node, const std::string& subject, const std::string& or_else = "");
Text read_unit(Reader& r, const Node& node);  // `as`

const Words& worker_states();  // as a file may say: with `up`
const Words& task_states();

}  // namespace tallyman::config
