// What of an item no word of the vocabulary takes: metrics under own names, labels, and what is left
// out, each with its reason.
#pragma once
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "infer/leaves.h"
#include "infer/proposal.h"

namespace tallyman::infer {

// What two samples said of a number.
enum class Trend : unsigned char { unknown, same, grew, fell };

struct Figures {
  std::string prefix;  // of metric names: `rabbitmq_queue_`
  std::string noun;    // "each queue", for help
  std::size_t items = 1;
  std::function<Trend(const Leaf&)> trend;
  std::set<std::string>& names;       // taken in the whole file
  std::set<std::string> labels = {};  // that the rule's metrics have already
};
// Adds to metrics, labels of an info metric, and left_out.
void add_figures(const Figures& about, std::vector<Leaf>& leaves, Rule& rule);

// `wait_ms`, `gc_ms_total`: named by the base unit, and converted. False: its name says none.
bool take_unit(std::string& name, Reading& value, Metric& metric);

// mem_used_mb -> mem_used, where the unit is one of bytes.
std::string without_bytes(const std::string& plain_name);

// Legal, not the agent's own, its ending as `type` wants it, and of a family that is not taken.
std::string metric_name(std::string_view wanted, std::string_view type, std::set<std::string>& taken);
std::string label_name(std::string_view plain_name);
std::string singular(std::string_view plain_name);  // queue_details -> queue

}  // namespace tallyman::infer
