// What a person gives a command to read: a file, a pipe or standard input, whole. Unlike config::Sources, which reads
// configuration and waits for nothing, this waits for whoever writes.
#pragma once
#include <string>

#include "core/result.h"

namespace tallyman::cli {

// `path` - is standard input. Errors say why it cannot be read, not its name.
Result<std::string> read_input(const std::string& path);

}  // namespace tallyman::cli
