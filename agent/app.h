// The composition root of `tallyman run`: builds everything, waits for a signal, takes it down in
// order. The only place that knows all layers.
#pragma once
#include <memory>
#include <optional>
#include <string>

#include "app_config.h"
#include "config/watched_files.h"
#include "poll/poll_trace.h"

namespace tallyman {

// What of `tallyman run` is not in the file.
struct AgentOptions {
  Origin origin;
  config::WatchedFiles files;              // those the runnable was read from
  bool enable_lifecycle = false;           // POST /-/reload
  std::optional<Nanoseconds> auto_reload;  // how often the files are looked at
};

// Runs until SIGTERM or SIGINT; SIGHUP reads the configuration again. Returns the exit code: 0, or 1 when it could not
// start.
int run_agent(Runnable runnable, AgentOptions options);

// The agent's own view of one target, without a server: polls once, gives the exposition text.
struct ProbeResult {
  bool ok = false;
  std::string text;                // exposition, 0.0.4
  std::string reason;              // if not ok: "connect: connect to 127.0.0.1:1 refused"
  std::vector<std::string> notes;  // what rules missed or could not read
};
ProbeResult probe_target(RunnableTarget target, bool openmetrics);

// One poll of it, and what became of each rule.
poll::PollTrace explain_target(RunnableTarget target);

// Raises the limit of open files to its hard limit: each target is a connection.
void raise_file_limit();

}  // namespace tallyman
