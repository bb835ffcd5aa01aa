#include <cstdio>
#include <filesystem>

#include "app.h"
#include "cli/commands.h"
#include "core/log.h"
#include "serve/listen_address.h"

namespace tallyman::cli {

int run(const RunOptions& options) {
  std::string path = options.config;
  if (path.empty()) {
    const char* const places[] = {"targets.yaml", "/etc/tallyman/targets.yaml"};
    for (const char* place : places)
      if (path.empty() && std::filesystem::exists(place)) path = place;
    if (path.empty() && options.json_exporter.empty()) {
      std::fprintf(stderr,
                   "no configuration: there is neither ./targets.yaml nor /etc/tallyman/targets.yaml; "
                   "use --config FILE\n");
      return 2;
    }
  }
  if (!options.listen.empty()) {
    if (const auto address = serve::parse_listen(options.listen); !address) {
      std::fprintf(stderr, "--listen: %s\n", address.error().detail.c_str());
      return 2;
    }
  }
  AgentOptions agent;
  agent.origin = {path, options.collectors, options.listen, options.json_exporter};
  agent.enable_lifecycle = options.enable_lifecycle;
  if (options.auto_reload) {
    const Result<Nanoseconds> interval = parse_duration(options.auto_reload_interval);
    if (!interval || *interval < std::chrono::milliseconds(100)) {
      std::fprintf(stderr, "--config.auto-reload-interval: `%s`: expected a duration of at least 100ms, such as 10s\n",
                   options.auto_reload_interval.c_str());
      return 2;
    }
    agent.auto_reload = *interval;
  }
  Diagnostics found;
  std::optional<Runnable> runnable = load(agent.origin, agent.files.noting(config::Sources::system()), found);
  print(found);
  if (!runnable) return 2;
  log::configure(runnable->agent.log_level, runnable->agent.log_form);
  return run_agent(std::move(*runnable), std::move(agent));
}

}  // namespace tallyman::cli
