// What infer proposes: the rules of a collector with their reasons, as data. infer/yaml.h writes it
// down. Values are texts of the collector language, ready for YAML.
#pragma once
#include <cstddef>
#include <string>
#include <vector>

namespace tallyman::infer {

struct Line {
  std::string key, value;
  std::string comment;  // why, or what to look at; may be empty
  bool live = true;     // else it is written as a comment
};

struct Metric {
  std::string name, type, value, help;
  std::string states;  // of a stateset: `[a, b]`
  std::string comment;
  bool live = true;
};

struct Rule {
  std::string kind;                 // workers, queues, service
  std::vector<std::string> notes;   // comments above it
  std::vector<std::string> each;    // steps; none: the document
  bool fold = false;                // fold: sum
  std::string identity;             // the value of `worker` or `queue`
  std::vector<Line> values, tasks;  // identity first
  std::vector<Line> labels;
  std::vector<Metric> metrics;
  struct Left {
    std::string name, why;
  };
  std::vector<Left> left_out;
  std::size_t items = 1, series_per_item = 0;
};

struct Proposal {
  std::string name, about, source;
  std::vector<std::string> notes;  // at the head
  std::vector<Rule> rules;
  std::vector<std::string> others;  // lists that were found and not taken, with the reason
  // Limits of its own for large answers and deep ones; 0: the default.
  std::size_t samples = 0, depth = 0;
};

}  // namespace tallyman::infer
