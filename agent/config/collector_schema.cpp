#include "config/collector_schema.h"

#include <algorithm>
#include <cstdlib>
#include <string>

#include "config/builtin_collectors.h"
#include "core/log.h"

namespace tallyman::config {

Words schema_keys(std::string_view pointer) {
  const auto parts = schema_parts();
  const auto at = std::find_if(parts.begin(), parts.end(), [&](const SchemaPart& p) { return p.pointer == pointer; });
  if (at != parts.end()) return {at->keys.begin(), at->keys.end()};
  log::error("the built-in schema of collectors lacks a part; this is a bug of Tallyman",
             {{"part", std::string(pointer)}});
  std::abort();
}

}  // namespace tallyman::config
