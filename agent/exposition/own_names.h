// Which families only the agent may show: what it says of itself and of how its targets do. A target
// that happens to be another agent has them too.
#pragma once
#include <string_view>

namespace tallyman::exposition {

bool is_own_name(std::string_view family);

}  // namespace tallyman::exposition
