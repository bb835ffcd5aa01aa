#include "core/duration.h"

#include <charconv>
#include <cmath>

namespace tallyman {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t ns;
};
constexpr Unit units[] = {{"d", 86'400'000'000'000},
                          {"h", 3'600'000'000'000},
                          {"m", 60'000'000'000},
                          {"s", 1'000'000'000},
                          {"ms", 1'000'000},
                          {"us", 1'000},
                          {"ns", 1}};

}  // namespace

Result<Nanoseconds> parse_duration(std::string_view text) {
  const auto bad = [&] {
    return error(Stage::config, "`" + std::string(text) +
                                    "` is not a duration; expected a number with a unit, "
                                    "such as 500ms, 15s, 2m or 1h30m");
  };
  if (text == "0") return Nanoseconds(0);
  if (text.empty()) return bad();
  double total = 0;
  std::int64_t last = INT64_MAX;
  const char* p = text.data();
  const char* const end = p + text.size();
  while (p != end) {
    if (!(*p >= '0' && *p <= '9')) return bad();
    double amount = 0;
    const auto [after, ec] = std::from_chars(p, end, amount, std::chars_format::fixed);
    if (ec != std::errc()) return bad();
    const char* word = after;
    while (p = word, word != end && *word >= 'a' && *word <= 'z') ++word;
    const std::string_view name(after, static_cast<std::size_t>(word - after));
    p = word;
    const Unit* unit = nullptr;
    for (const Unit& u : units)
      if (u.name == name) unit = &u;
    if (!unit || unit->ns >= last) return bad();
    last = unit->ns;
    total += amount * static_cast<double>(unit->ns);
  }
  if (!(total < 9.2e18)) return bad();
  return Nanoseconds(std::llround(total));
}

std::string duration_text(Nanoseconds d) {
  std::int64_t rest = d.count();
  if (rest == 0) return "0s";
  std::string out;
  for (const Unit& u : units) {
    if (u.name == "d") continue;
    if (const std::int64_t n = rest / u.ns; n > 0) {
      out += std::to_string(n) + std::string(u.name);
      rest -= n * u.ns;
    }
  }
  return out;
}

}  // namespace tallyman
