// targets.yaml as structs: the agent's own settings and its targets. Strict: an unknown key is
// an error with the nearest known one. Files are read through the functions of Sources, so that
// tests need no disk and `check` and `run` see the same.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "config/collector_file.h"
#include "core/endpoint.h"
#include "core/labels.h"
#include "core/log.h"

namespace tallyman::config {

enum class OnFailure { hold, drop };

struct Filter {
  std::vector<Text> keep, drop;  // family globs; empty keep = all; drop wins
  std::vector<Text> keep_labels, drop_labels;

  // A label or family that both lists name is dropped.
  bool keeps_family(std::string_view name) const;
  bool keeps_label(std::string_view name) const;
  friend bool operator==(const Filter&, const Filter&) = default;
};

struct Target {
  Text name;
  Text collector;
  Endpoint endpoint;
  Place url_at, tls_at;
  Nanoseconds interval = std::chrono::seconds(15);
  Nanoseconds timeout = std::chrono::seconds(10);  // default: min(interval, 10 s)
  Labels labels;                                   // static, added to every series
  Limits limits;                                   // what the target says, else the agent's defaults
  CollectorLimits limits_said;                     // what the target says, for effective_limits()
  OnFailure on_failure = OnFailure::hold;
  std::optional<Nanoseconds> max_age;       // default: 2 intervals
  std::optional<Nanoseconds> worker_grace;  // default: the rule's, else 5m
  bool honor_labels = false;
  Filter filter;
  Parameters with;
  Text timezone;  // IANA name, "" = UTC

  // The same settings, wherever they stand in the files.
  friend bool operator==(const Target&, const Target&) = default;
};

// What the target says, else the collector, else the agent's defaults.
Limits effective_limits(const CollectorLimits& target, const CollectorLimits& collector);

// `probe`: what GET /probe may be asked. Without it nothing.
struct ProbeSettings {
  std::shared_ptr<const Reach> reach;
  std::vector<Text> collectors;
  std::vector<std::pair<std::string, AuthSettings>> auth;  // by the url's host, small letters: nobody else's
  TlsSettings tls;                                         // of all that is asked over https for a collector
  Position tls_at;
  int max = 20;  // polls at once
};

struct AgentConfig {
  Text listen;  // ":10780"
  int threads = 1;
  Place threads_at;
  log::Level log_level = log::Level::info;
  log::Form log_form = log::Form::text;
  std::vector<Text> collector_paths;  // directories, made relative to the file
  std::vector<Target> targets;        // sorted by name, names unique
  std::optional<ProbeSettings> probe;
};

struct Sources {
  std::function<Result<std::string>(const std::string& path)> read;          // a file
  std::function<std::vector<std::string>(const std::string& pattern)> glob;  // sorted paths
  std::function<std::optional<std::string>(const std::string& name)> environment;
  // False if it is not there; an error if it is, and what is in it cannot be seen: glob would find nothing.
  std::function<Result<bool>(const std::string& path)> folder;
  static Sources system();  // the disk (files up to 8 MiB), glob(3), getenv
};

// `path` is shown in messages as given. Every error is appended, in the order of the files; empty
// when there was one. `${NAME}` is filled in, auth from files and variables is not read yet, but a
// variable that is not set is an error. Whether collectors exist is not known here.
// The same, but gives what could be read in any case, so that a caller can go on to find errors of
// another kind; not to be run when there was an error.
AgentConfig read_agent(const std::string& path, const Sources& sources, Diagnostics& out);
std::optional<AgentConfig> load_agent(const std::string& path, const Sources& sources, Diagnostics& out);

}  // namespace tallyman::config
