// The real files and environment behind Sources.
#include <dirent.h>
#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "config/agent_config.h"
#include "config/yaml_tree.h"
#include "core/read_to_end.h"

namespace tallyman::config {
namespace {

Error failed() { return error(Stage::config, std::strerror(errno)); }

Result<std::string> read_file(const std::string& path) {
  // O_NONBLOCK: a path that is a pipe must not hang the start.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return failed();
  struct Closer {
    int fd;
    ~Closer() { ::close(fd); }
  } closer{fd};
  struct stat info{};
  if (::fstat(fd, &info) != 0) return failed();
  if (S_ISDIR(info.st_mode)) return error(Stage::config, "it is a directory, a file is expected");
  if (S_ISFIFO(info.st_mode)) return error(Stage::config, "it is a pipe, a file is expected");
  Result<std::string> out = read_to_end(fd, max_file_bytes);
  if (out) return out;
  if (out.error().stage == Stage::limit)
    return error(Stage::config, "it has more than 8 MiB, which is no configuration");
  return error(Stage::config, out.error().detail);
}

std::vector<std::string> find_files(const std::string& pattern) {
  std::vector<std::string> out;
  glob_t found{};
  if (::glob(pattern.c_str(), 0, nullptr, &found) == 0)  // sorted by default
    out.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  ::globfree(&found);
  return out;
}

std::optional<std::string> variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value ? std::optional<std::string>(value) : std::nullopt;
}

Result<bool> look_into(const std::string& path) {
  DIR* const opened = ::opendir(path.c_str());
  if (opened != nullptr) {
    ::closedir(opened);
    return true;
  }
  if (errno == ENOENT) return false;
  return errno == ENOTDIR ? error(Stage::config, "it is no directory, one is expected") : failed();
}

}  // namespace

Sources Sources::system() { return {read_file, find_files, variable, look_into}; }

}  // namespace tallyman::config
