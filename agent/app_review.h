// Looks at a configuration that could be run for what nobody is likely to mean: filters that match
// nothing, two targets that ask the same, certificates that TLS will refuse, and what is to be said of a user's
// collectors that it uses. All of it is a warning, for `tallyman check`; `run` does not come here.
#pragma once
#include "app_config.h"

namespace tallyman {

void review(const Runnable& runnable, const config::Sources& sources, Diagnostics& out);

}  // namespace tallyman
