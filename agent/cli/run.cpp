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
    if (path.empty()) {
      std::fprintf(stderr,
                   "no configuration: there is neither ./targets.yaml nor /etc/tallyman/targets.yaml; "
                   "use --config FILE\n");
      return 2;
    }
  }
  Diagnostics found;
  std::optional<Runnable> runnable = load(path, options.collectors, config::Sources::system(), found);
  print(found);
  if (!runnable) return 2;
  log::configure(runnable->agent.log_level, runnable->agent.log_form);
  if (!options.listen.empty()) {
    if (const auto address = serve::parse_listen(options.listen); !address) {
      std::fprintf(stderr, "--listen: %s\n", address.error().detail.c_str());
      return 2;
    }
    runnable->agent.listen.text = options.listen;
  }
  return run_agent(std::move(*runnable));
}

}  // namespace tallyman::cli
