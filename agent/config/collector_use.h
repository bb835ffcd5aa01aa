// Requests that are asked and tables that are filled, and nothing reads them: warnings about a file that was read
// whole.
#pragma once
#include "config/collector_file.h"

namespace tallyman::config {

void review_use(const CollectorFile& file, Diagnostics& out);

}  // namespace tallyman::config
