// One target from a command line: what `probe` and `explain` poll.
#pragma once
#include <optional>

#include "app_config.h"
#include "cli/commands.h"

namespace tallyman::cli {

// None if something is wrong, which is then on stderr: exit code 2.
std::optional<RunnableTarget> one_target(const ProbeOptions& options);

}  // namespace tallyman::cli
