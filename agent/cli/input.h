// What a person gives a command to read: a file, a pipe or standard input, whole. Unlike config::Sources, which reads
// configuration and waits for nothing, this waits for whoever writes.
#pragma once
#include <string>

#include "core/result.h"
#include "core/url.h"

namespace tallyman::cli {

// `path` - is standard input. Errors say why it cannot be read, not its name.
Result<std::string> read_input(const std::string& path);

// A url as it is; anything else is a file's name. Errors: it is neither.
Result<Url> source_url(const std::string& source);

}  // namespace tallyman::cli
