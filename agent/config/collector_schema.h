// Which keys a part of a collector may have, as the shipped JSON Schema says: editors and `check` go by one list.
// What the values are is the reader's own, which says more than a schema can: places, what was meant, what to do.
#pragma once
#include <string_view>

#include "config/reader.h"

namespace tallyman::config {

// The names under `pointer` (RFC 6901), in the schema's order: "/properties", "/$defs/request/properties".
// Ends the program if there is no such object: the schema is built in.
Words schema_keys(std::string_view pointer);

}  // namespace tallyman::config
