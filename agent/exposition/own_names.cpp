#include "exposition/own_names.h"

#include <algorithm>
#include <iterator>

namespace tallyman::exposition {

bool is_own_name(std::string_view family) {
  constexpr std::string_view names[] = {"tally_target_up",
                                        "tally_target_last_success_timestamp_seconds",
                                        "tally_target_poll_duration_seconds",
                                        "tally_target_samples",
                                        "tally_target_body_bytes",
                                        "tally_target_errors_total"};
  if (!family.starts_with("tally")) return false;
  return family.starts_with("tallyman_") || std::find(std::begin(names), std::end(names), family) != std::end(names);
}

}  // namespace tallyman::exposition
