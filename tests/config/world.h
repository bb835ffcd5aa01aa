// A disk and an environment of our own, for load_agent.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/agent_config.h"

struct World {
  std::map<std::string, std::string> files;
  std::map<std::string, std::string> environment;

  // glob: exact names, and patterns with one `*`.
  tallyman::config::Sources sources() const {
    const World world = *this;
    tallyman::config::Sources out;
    out.read = [world](const std::string& path) -> tallyman::Result<std::string> {
      const auto found = world.files.find(path);
      if (found == world.files.end()) return tallyman::error(tallyman::Stage::config, "No such file or directory");
      return found->second;
    };
    out.glob = [world](const std::string& pattern) {
      std::vector<std::string> names;
      const std::size_t star = pattern.find('*');
      for (const auto& [name, text] : world.files)
        if (star == std::string::npos
                ? name == pattern
                : name.starts_with(pattern.substr(0, star)) && name.ends_with(pattern.substr(star + 1)))
          names.push_back(name);
      return names;
    };
    // A folder is there if a file in it is; of `locked/` nothing can be seen.
    out.folder = [world](const std::string& path) -> tallyman::Result<bool> {
      if (path.starts_with("locked/")) return tallyman::error(tallyman::Stage::config, "Permission denied");
      const auto from = world.files.lower_bound(path);
      return from != world.files.end() && from->first.starts_with(path);
    };
    out.environment = [world](const std::string& name) -> std::optional<std::string> {
      const auto found = world.environment.find(name);
      return found == world.environment.end() ? std::nullopt : std::optional(found->second);
    };
    return out;
  }
};
