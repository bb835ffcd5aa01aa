// Points in time as services write them, to epoch seconds.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "core/number.h"
#include "core/result.h"

namespace date {
class time_zone;
}

namespace tallyman::map {

// A time zone of the system's database; a default one is UTC and needs no database.
class Zone {
 public:
  // Errors: Stage::config when there is no such zone, or no database.
  static Result<Zone> find(const std::string& name);
  // Epoch seconds of a local time given as seconds since 1970 on the wall: the earlier of two,
  // and of none the moment of the jump.
  std::int64_t to_epoch(std::int64_t local) const;

 private:
  const date::time_zone* zone_ = nullptr;
};

// RFC 3339 with 0..9 digits of a second; a blank for `T`; no seconds; `GMT` or `UTC` for `Z`; the
// three HTTP dates; ISO 8601's basic form, which XML-RPC has. Without a zone it is `zone`'s.
// Whole seconds are an integer.
std::optional<Number> parse_time(std::string_view text, const Zone& zone);

}  // namespace tallyman::map
