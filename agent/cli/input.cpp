#include "cli/input.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "core/letters.h"
#include "core/read_to_end.h"

namespace tallyman::cli {
namespace {

constexpr std::size_t most = std::size_t{1} << 30;  // /dev/zero has no end

Result<std::string> read_all(int fd) {
  Result<std::string> out = read_to_end(fd, most);
  if (!out && out.error().stage == Stage::limit) return error(Stage::read, "it has more than 1 GiB");
  return out;
}

}  // namespace

Result<std::string> read_input(const std::string& path) {
  if (path == "-") return read_all(STDIN_FILENO);
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return error(Stage::read, std::strerror(errno));
  Result<std::string> out = read_all(fd);
  ::close(fd);
  return out;
}

Result<Url> source_url(const std::string& source) {
  const std::string scheme = small_letters(source.substr(0, source.find(':')));
  const bool is_url = source.find("://") != std::string::npos ||
                      (scheme.size() < source.size() && (scheme == "unix" || scheme == "file" || scheme == "dummy"));
  if (is_url) return parse_url(source);
  std::error_code ec;
  const std::filesystem::path path = std::filesystem::absolute(source, ec);
  if (!std::filesystem::exists(path, ec) && !ec)  // one that may not be looked at is read, to say so
    return error(Stage::config, "`" + source +
                                    "` is neither a file that exists nor a url, which begins with http://, "
                                    "https://, unix:, tcp://, file: or dummy:");
  Url file;  // not by way of a url's text: a file's name may have blanks, ? and %
  file.scheme = Url::Scheme::file;
  file.path = path.string();
  return file;
}

}  // namespace tallyman::cli
