// A collector in a few lines of YAML, run on bodies given as text, its samples as lines: what the
// tests of map/ share.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "map/collector.h"

namespace tallyman::map::testing {

struct Given {
  std::string yaml;
  // By request: its answers. A request that is not named has none.
  std::map<std::string, std::vector<std::string>> bodies;
  std::vector<std::string> lost;  // requests that failed
  double now = 1'000'000;
  std::string timezone;
  config::Parameters with;
  ReplyHeaders headers;  // of every answer
  bool has_target = false;
  std::string url;  // of the target
  bool kube_texts = false;
};

struct Mapped {
  std::vector<std::string> lines;               // `name{labels} value`; of another block than 0: `[1] name...`
  std::map<std::string, std::uint64_t> errors;  // "workers[0] type" -> how often; with missing and skipped
  Output out;
  std::string failure;  // of map() or read(): "stage: detail"

  bool has(const std::string& whole) const;
  // The lines that begin with one of these names, in order.
  std::vector<std::string> of(const std::string& name) const;
  std::string text() const;  // all lines, for INFO
};

// Compiles; the messages of the diagnostics, one per line, without positions.
std::shared_ptr<const Collector> compiled(const Given& given, std::string* messages = nullptr,
                                          bool with_positions = false);
Mapped mapped(const Given& given);

// The shortest collector around one value: `service: { metrics: { m: { gauge: VALUE } } }`, run on
// `json`; gives the number's text, "missing", or the reason of an error.
std::string value_of(const std::string& value, const std::string& json, double now = 1'000'000,
                     const std::string& timezone = "");
// The same as a label: the text between the quotes, escaped as in label text.
std::string label_of(const std::string& value, const std::string& json);

std::string read_file(const std::string& path);

}  // namespace tallyman::map::testing
