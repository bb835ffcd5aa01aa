// json_exporter's configuration as what /probe?module= may ask for: translated in memory, compiled, and bound to the
// allow-list. Knows no loop.
#pragma once
#include <string>

#include "app_config.h"

namespace tallyman {

// Errors and, as warnings, what is not as in json_exporter or left out, go to `out`.
ProbeModules load_modules(const std::string& path, const config::Sources& sources, Diagnostics& out);

// Whether `probe` says what modules need: whom they may be sent to.
void check_modules(const ProbeModules& modules, const std::string& path, const config::AgentConfig& agent,
                   Diagnostics& out);

}  // namespace tallyman
