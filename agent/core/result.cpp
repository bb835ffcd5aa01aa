#include "core/result.h"

#include <array>
#include <stdexcept>

namespace tallyman {

std::string_view to_string(Stage stage) {
  static constexpr std::array<std::string_view, stage_count> names = {
      "config", "resolve", "connect", "tls",   "auth",     "timeout", "status",    "redirect", "read",
      "decode", "refused", "map",     "limit", "conflict", "fds",     "cancelled", "internal"};
  return names[static_cast<std::size_t>(stage)];
}

void throw_exception_from_error(const Error& error, const boost::source_location& where) {
  throw std::logic_error("value() of a failed Result at " + where.to_string() + ": " +
                         std::string(to_string(error.stage)) + ": " + error.detail);
}

}  // namespace tallyman
