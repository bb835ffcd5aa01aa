// `${NAME}` and `${NAME:-default}` in urls, labels and headers of targets.yaml.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.h"

namespace tallyman::config {

using Environment = std::function<std::optional<std::string>(const std::string& name)>;

// `$$` is a dollar sign. The default serves when the variable is unset or empty, and is not
// expanded itself. Errors: Stage::config, naming the variable that is not set, or what is not a
// variable (`$NAME` without braces, an open brace, `${` in a default).
Result<std::string> expand(std::string_view text, const Environment& environment);

bool is_variable_name(std::string_view name);  // [A-Za-z_][A-Za-z0-9_]*

}  // namespace tallyman::config
