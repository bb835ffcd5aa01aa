// The collectors of collectors/*.yaml, compiled into the binary by cmake/EmbedCollectors.cmake. A
// user's file of the same name wins; that is decided where they are put together, not here.
#pragma once
#include <string_view>
#include <vector>

namespace tallyman::config {

struct Builtin {
  std::string_view name;  // "rabbitmq", the file's name without .yaml
  std::string_view yaml;
};

const std::vector<Builtin>& builtin_collectors();  // by name

std::string_view collector_schema();  // JSON Schema, for editors: collectors/collector.schema.json

}  // namespace tallyman::config
