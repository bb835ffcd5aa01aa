// Looks at a configuration, as far as it could be read, for what nobody is likely to mean: filters that match
// nothing, two targets that ask the same, certificates that TLS will refuse, and what is to be said of a user's
// collectors that it uses. All of it is a warning, for `tallyman check`; `run` does not come here.
#pragma once
#include "app_config.h"

namespace tallyman {

// `out` holds its errors, if there are any. Then nothing is said of filters and equal targets: what was not read may
// tell.
void review(const Runnable& runnable, const config::Sources& sources, Diagnostics& out);

}  // namespace tallyman
