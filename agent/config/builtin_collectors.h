// The collectors of collectors/*.yaml, compiled into the binary by cmake/EmbedCollectors.cmake. A
// user's file of the same name wins; that is decided where they are put together, not here.
#pragma once
#include <span>
#include <string_view>
#include <vector>

namespace tallyman::config {

struct Builtin {
  std::string_view name;  // "rabbitmq", the file's name without .yaml
  std::string_view yaml;
};

const std::vector<Builtin>& builtin_collectors();  // by name

std::string_view collector_schema();  // JSON Schema, for editors: collectors/collector.schema.json

struct SchemaPart {
  std::string_view pointer;                // RFC 6901, of a `properties` that is not inside a list
  std::span<const std::string_view> keys;  // in the schema's order
};

std::span<const SchemaPart> schema_parts();

}  // namespace tallyman::config
