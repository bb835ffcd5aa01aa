// The landing page: what is here, one line each, and the targets. Plain HTML, no script.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace tallyman::serve {

// Shows at most max_listed targets, and how many more there are.
inline constexpr std::size_t max_listed = 1000;
std::string landing_page(std::string_view version, const std::vector<std::string>& targets);

std::string escape_html(std::string_view text);

}  // namespace tallyman::serve
