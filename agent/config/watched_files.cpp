#include "config/watched_files.h"

#include <functional>
#include <string_view>

namespace tallyman::config {
namespace {

std::uint64_t hash_of(const Result<std::string>& content) {
  return content ? std::hash<std::string_view>()("=" + *content)
                 : std::hash<std::string_view>()("!" + content.error().detail);
}

}  // namespace

Sources WatchedFiles::noting(const Sources& sources) {
  Sources out = sources;
  out.read = [this, read = sources.read](const std::string& path) {
    Result<std::string> content = read(path);
    files_[path] = hash_of(content);
    return content;
  };
  out.glob = [this, glob = sources.glob](const std::string& pattern) {
    std::vector<std::string> found = glob(pattern);
    patterns_[pattern] = found;
    return found;
  };
  return out;
}

bool WatchedFiles::changed(const Sources& sources) const {
  for (const auto& [pattern, found] : patterns_)
    if (sources.glob(pattern) != found) return true;
  for (const auto& [path, hash] : files_)
    if (hash_of(sources.read(path)) != hash) return true;
  return false;
}

}  // namespace tallyman::config
