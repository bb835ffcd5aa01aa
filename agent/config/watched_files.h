// Which files a configuration was read from, and whether they still say the same: by content, so that a swapped
// symlink (a ConfigMap) counts and a touched file does not. Knows no clock and no thread.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "config/agent_config.h"

namespace tallyman::config {

class WatchedFiles {
 public:
  // The same, but what is read and looked for through it is noted here: every configuration, collector, secret
  // and certificate. This object must outlive it.
  Sources noting(const Sources& sources);

  // Reads all of them again, up to the first that differs from what was noted.
  bool changed(const Sources& sources) const;
  std::size_t size() const { return files_.size(); }

 private:
  std::map<std::string, std::uint64_t> files_;                // path to a hash of its content, or of why it has none
  std::map<std::string, std::vector<std::string>> patterns_;  // what they matched
};

}  // namespace tallyman::config
