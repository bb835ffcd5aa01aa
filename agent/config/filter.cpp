#include <algorithm>

#include "config/agent_config.h"
#include "core/glob.h"

namespace tallyman::config {
namespace {

bool any_matches(const std::vector<Text>& globs, std::string_view name) {
  return std::any_of(globs.begin(), globs.end(), [&](const Text& glob) { return glob_match(glob.text, name); });
}

}  // namespace

bool Filter::keeps_family(std::string_view name) const {
  return (keep.empty() || any_matches(keep, name)) && !any_matches(drop, name);
}

bool Filter::keeps_label(std::string_view name) const {
  return (keep_labels.empty() || any_matches(keep_labels, name)) && !any_matches(drop_labels, name);
}

}  // namespace tallyman::config
