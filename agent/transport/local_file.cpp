#include "transport/local_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace tallyman::transport {
namespace {

struct Descriptor {
  int fd;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

FileStamp to_stamp(const struct stat& s) {
  return {s.st_mtim.tv_sec, s.st_mtim.tv_nsec, s.st_size, static_cast<std::uint64_t>(s.st_ino),
          static_cast<std::uint64_t>(s.st_dev)};
}

Error open_error(const std::string& path, int code) {
  if (code == EMFILE || code == ENFILE)
    return error(Stage::fds, "no file descriptor left to open " + path + "; raise the limit of open files");
  if (code == ENOENT) return error(Stage::read, "no such file: " + path);
  if (code == EACCES)
    return error(Stage::read, "no permission to read " + path + " as user " + std::to_string(::geteuid()));
  return error(Stage::read, "cannot open " + path + ": " + std::strerror(code));
}

std::string kind(mode_t mode) {
  if (S_ISDIR(mode)) return "a directory";
  if (S_ISFIFO(mode)) return "a pipe";
  if (S_ISSOCK(mode)) return "a socket (use unix:)";
  return "a device";
}

}  // namespace

std::optional<FileStamp> stamp_of(const std::string& path) {
  struct stat s;
  if (::stat(path.c_str(), &s) != 0) return std::nullopt;
  return to_stamp(s);
}

Result<LocalFile> read_local_file(const std::string& path, std::size_t limit) {
  // O_NONBLOCK: opening a pipe must not wait for a writer.
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (file.fd < 0) {
    const int code = errno;
    struct stat s;
    if (code == ENXIO && ::stat(path.c_str(), &s) == 0)
      return error(Stage::read, path + " is " + kind(s.st_mode) + "; expected a regular file");
    return open_error(path, code);
  }
  struct stat s;
  if (::fstat(file.fd, &s) != 0) return error(Stage::read, "cannot read " + path + ": " + std::strerror(errno));
  if (!S_ISREG(s.st_mode)) return error(Stage::read, path + " is " + kind(s.st_mode) + "; expected a regular file");
  const auto too_big = [&] {
    return error(Stage::limit,
                 path + " is over the limit of " + std::to_string(limit) + " bytes; raise the target's limits.body");
  };
  if (s.st_size > 0 && static_cast<std::uint64_t>(s.st_size) > limit) return too_big();

  LocalFile out;
  out.stamp = to_stamp(s);
  // One byte more than it has, so that the read that fills it also shows the end; files of /proc
  // say that they are empty.
  std::size_t used = 0;
  out.bytes.resize(static_cast<std::size_t>(s.st_size > 0 ? s.st_size : 4095) + 1);
  for (;;) {
    if (used == out.bytes.size()) out.bytes.resize(out.bytes.size() * 2);
    const ssize_t got = ::read(file.fd, out.bytes.data() + used, out.bytes.size() - used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return error(Stage::read, "cannot read " + path + ": " + std::strerror(errno));
    if (got == 0) break;
    used += static_cast<std::size_t>(got);
    if (used > limit) return too_big();
  }
  out.bytes.resize(used);
  return out;
}

}  // namespace tallyman::transport
