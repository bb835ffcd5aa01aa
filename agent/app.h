// The composition root of `tallyman run`: builds everything, waits for a signal, takes it down in
// order. The only place that knows all layers.
#pragma once
#include <memory>
#include <string>

#include "app_config.h"

namespace tallyman {

// Runs until SIGTERM or SIGINT. Returns the exit code: 0, or 1 when it could not start.
int run_agent(Runnable runnable);

// The agent's own view of one target, without a server: polls once, gives the exposition text.
struct ProbeResult {
  bool ok = false;
  std::string text;                // exposition, 0.0.4
  std::string reason;              // if not ok: "connect: connect to 127.0.0.1:1 refused"
  std::vector<std::string> notes;  // what rules missed or could not read
};
ProbeResult probe_target(RunnableTarget target, bool openmetrics);

// Raises the limit of open files to its hard limit: each target is a connection.
void raise_file_limit();

}  // namespace tallyman
