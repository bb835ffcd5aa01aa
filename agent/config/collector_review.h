// Looks at a collector that could be run for what a person hardly means or will regret: names that break Prometheus'
// conventions, families whose labels differ, labels that make series without end, requests and tables that nothing
// reads. All of it is a warning, for `tallyman check`; `run` does not come here. It knows the file and nothing of the
// answers.
#pragma once
#include "config/collector_file.h"

namespace tallyman::config {

void review_collector(const CollectorFile& file, Diagnostics& out);

}  // namespace tallyman::config
