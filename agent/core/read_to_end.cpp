#include "core/read_to_end.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace tallyman {

Result<std::string> read_to_end(int fd, std::size_t most) {
  std::string out;
  char block[65536];
  for (;;) {
    const ssize_t n = ::read(fd, block, sizeof block);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return error(Stage::read, errno == EISDIR ? "it is a directory" : std::strerror(errno));
    if (n == 0) return out;
    out.append(block, static_cast<std::size_t>(n));
    if (out.size() > most) return error(Stage::limit, "it has more than " + std::to_string(most) + " bytes");
  }
}

}  // namespace tallyman
