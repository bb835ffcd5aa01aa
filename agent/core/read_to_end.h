// A descriptor read to its end, but no further than a bound: what is no regular file (a pipe, /dev/zero) has no size
// that could be looked at first. Knows no paths, and neither opens nor closes.
#pragma once
#include <cstddef>
#include <string>

#include "core/result.h"

namespace tallyman {

// Errors: Stage::limit when there are more than `most` bytes; Stage::read, with the system's word for it.
Result<std::string> read_to_end(int fd, std::size_t most);

}  // namespace tallyman
