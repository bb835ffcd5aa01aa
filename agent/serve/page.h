// The landing page: what is here, one line each, how the last reload went, and the targets, those that are not well
// first with the reason. Plain HTML, no script.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "serve/server.h"

namespace tallyman::serve {

// Shows at most max_listed targets, and how many more there are. Within the well and the unwell the
// order is that of `targets`: one check per target, `detail` says why it is not ok.
inline constexpr std::size_t max_listed = 1000;
std::string landing_page(std::string_view version, const Configuration& configuration,
                         const std::vector<Check>& targets);

std::string escape_html(std::string_view text);

}  // namespace tallyman::serve
