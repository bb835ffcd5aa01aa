// A local file, whole, in one go; and how to see that it changed. Files are opened by path each
// time, so that a ConfigMap's swapped symbolic link is followed.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "core/result.h"

namespace tallyman::transport {

struct FileStamp {
  std::int64_t seconds = 0, nanoseconds = 0, size = 0;  // mtime, bytes
  std::uint64_t inode = 0, device = 0;
  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};

// Follows symbolic links. Empty when it cannot be looked at.
std::optional<FileStamp> stamp_of(const std::string& path);

struct LocalFile {
  std::string bytes;
  FileStamp stamp;  // of what was opened
};

// Errors: Stage::read (missing, no permission, a directory or another thing that is no regular
// file, an I/O error), Stage::fds, Stage::limit.
Result<LocalFile> read_local_file(const std::string& path, std::size_t limit);

}  // namespace tallyman::transport
