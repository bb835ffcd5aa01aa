// The parts of a collector file, one function per section of the language. They share a Reader
// for errors and a Scope for names; collector_file.cpp puts them together and checks what spans
// the whole file.
#pragma once
#include "config/value_reader.h"

namespace tallyman::config {

Request read_request(Reader& r, const Scope& scope, const Text& name, const Node& node);
Login read_login(Reader& r, const Scope& scope, const Node& node);
Rule read_rule(Reader& r, const Scope& scope, Rule::Kind kind, const Node& node);
std::vector<Metric> read_metrics(Reader& r, const Scope& scope, const Node& node, const std::vector<Step>& each);
Passthrough read_passthrough(Reader& r, const Scope& scope, const Node& node);
Table read_table(Reader& r, const Scope& scope, const Text& name, const Node& node);

std::vector<std::pair<Text, Value>> read_labels(Reader& r, const Scope& scope, const Node& node,
                                                const std::string& subject, int max_outer);
Fold read_fold(Reader& r, const Node& node);
// `from`, checked against the requests; required when there are several. `at`: of the rule.
Text read_from(Reader& r, const Scope& scope, const Node& node, const std::string& subject);
bool is_own_metric_name(Reader& r, const Text& name);  // legal, and not in our namespaces

std::string_view to_string(Rule::Kind kind);  // "workers"
std::string_view to_string(Format format);    // "json"

CollectorLimits read_limits(Reader& r, const Node& node);  // section 8, also of targets.yaml

// A parameter's value: a constant, a list of constants, or null (unset). Also of targets.yaml.
Parameter read_parameter(Reader& r, const Text& name, const Node& node);
// A node as JSON text, scalars by the core schema.
std::string json_of(const Node& node);

}  // namespace tallyman::config
