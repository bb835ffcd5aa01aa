#include <cstdio>

#include "app.h"
#include "cli/commands.h"
#include "cli/one_target.h"
#include "core/log.h"

namespace tallyman::cli {

int probe(const ProbeOptions& options) {
  log::configure(log::Level::error, log::Form::text);
  std::optional<RunnableTarget> target = one_target(options);
  if (!target) return 2;
  const ProbeResult result = probe_target(std::move(*target), options.openmetrics);
  std::fwrite(result.text.data(), 1, result.text.size(), stdout);
  for (const std::string& note : result.notes) std::fprintf(stderr, "%s\n", one_line(note).c_str());
  if (!result.ok) std::fprintf(stderr, "failed: %s\n", one_line(result.reason).c_str());
  return result.ok ? 0 : 1;
}

}  // namespace tallyman::cli
