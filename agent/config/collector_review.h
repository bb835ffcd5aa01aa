// Looks at a collector that could be run for what a person hardly means or will regret: names that break Prometheus'
// conventions, families whose labels differ, labels that make series without end, requests and tables that nothing
// reads. All of it is a warning, for `tallyman check`; `run` does not come here. It knows the file and nothing of the
// answers. Of a file with errors only what could be read is there: then nothing is said of what the whole of a file or
// a rule would tell (what nothing reads, other labels elsewhere), nor of the lines of errors.
#pragma once
#include "config/collector_file.h"

namespace tallyman::config {

// `out` may hold the file's errors already.
void review_collector(const CollectorFile& file, Diagnostics& out);

}  // namespace tallyman::config
