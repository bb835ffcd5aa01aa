// What the language has and the agent cannot do yet. It is read and checked like everything else
// and then refused in one place, so that a file is never taken for more than is done with it.
// Whoever builds one of these removes its line in unsupported.cpp, its mark in
// collectors/README.md and its rows in tests/config/unsupported.test.cpp.
#pragma once
#include "config/collector_file.h"
#include "config/reader.h"

namespace tallyman::config {

void refuse_unsupported(Reader& r, const CollectorFile& file);

}  // namespace tallyman::config
