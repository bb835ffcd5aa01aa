#include "map/times.h"

#include <date/date.h>
#include <date/tz.h>

#include <array>
#include <cctype>
#include <stdexcept>

namespace tallyman::map {
namespace {

// A cursor over the text: each step reads one thing or says no.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}

  bool done() const { return at_ == text_.size(); }
  char peek() const { return done() ? '\0' : text_[at_]; }
  bool take(char c) {
    if (peek() != c || done()) return false;
    ++at_;
    return true;
  }
  bool take_any(std::string_view set, char* which = nullptr) {
    if (done() || set.find(peek()) == std::string_view::npos) return false;
    if (which) *which = peek();
    ++at_;
    return true;
  }
  bool word(std::string_view w) {
    if (text_.substr(at_, w.size()) != w) return false;
    at_ += w.size();
    return true;
  }
  // Exactly `digits` digits.
  bool number(int digits, int& out) {
    int value = 0;
    for (int i = 0; i < digits; ++i, ++at_) {
      if (done() || peek() < '0' || peek() > '9') return false;
      value = value * 10 + (peek() - '0');
    }
    out = value;
    return true;
  }
  bool digit() const { return peek() >= '0' && peek() <= '9'; }
  bool blanks() {
    const std::size_t before = at_;
    while (peek() == ' ') ++at_;
    return at_ != before;
  }
  std::string_view letters() {
    const std::size_t from = at_;
    while (std::isalpha(static_cast<unsigned char>(peek()))) ++at_;
    return text_.substr(from, at_ - from);
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

struct Moment {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  double fraction = 0;
  bool zoned = false;
  int offset = 0;  // seconds east of UTC

  bool valid() const {
    const date::year_month_day ymd{date::year(year), date::month(static_cast<unsigned>(month)),
                                   date::day(static_cast<unsigned>(day))};
    return ymd.ok() && hour <= 24 && minute < 60 && second <= 60 && (hour < 24 || (minute == 0 && second == 0));
  }
  std::int64_t wall() const {
    const date::year_month_day ymd{date::year(year), date::month(static_cast<unsigned>(month)),
                                   date::day(static_cast<unsigned>(day))};
    return std::int64_t{date::sys_days(ymd).time_since_epoch().count()} * 86400 + hour * 3600 + minute * 60 + second;
  }
};

int month_of(std::string_view name) {
  static constexpr std::array<std::string_view, 12> names = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                             "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  for (std::size_t i = 0; i < names.size(); ++i)
    if (name == names[i]) return static_cast<int>(i) + 1;
  return 0;
}

bool read_fraction(Cursor& in, double& out) {
  if (!in.take_any(".,")) return true;
  double unit = 0.1;
  int digits = 0;
  std::int64_t value = 0;
  for (; in.digit(); ++digits) {
    int d = 0;
    in.number(1, d);
    if (digits < 9) value = value * 10 + d, unit /= 10;
  }
  if (digits == 0) return false;
  static constexpr double scale[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};
  out = static_cast<double>(value) / scale[digits < 9 ? digits : 9];
  return true;
}

// Z, GMT, UTC, +hh:mm, +hhmm, +hh; or nothing.
bool read_zone(Cursor& in, Moment& m) {
  if (in.done()) return true;
  in.blanks();
  m.zoned = true;
  if (in.take_any("Zz") || in.word("GMT") || in.word("UTC")) return in.done();
  char sign = 0;
  int hours = 0, minutes = 0;
  if (!in.take_any("+-", &sign) || !in.number(2, hours)) return false;
  if (!in.done()) {
    in.take(':');
    if (!in.number(2, minutes)) return false;
  }
  if (hours > 23 || minutes > 59) return false;
  m.offset = (hours * 3600 + minutes * 60) * (sign == '-' ? -1 : 1);
  return in.done();
}

// 2026-11-22T01:11:17.5Z, 2026-11-22 01:11, 20261122T01:11:17
bool read_iso(Cursor in, Moment& m) {
  if (!in.number(4, m.year)) return false;
  const bool basic = in.digit();
  if (!basic && !in.take('-')) return false;
  if (!in.number(2, m.month) || (!basic && !in.take('-')) || !in.number(2, m.day)) return false;
  if (!in.take_any("Tt ")) return false;
  if (!in.number(2, m.hour)) return false;
  const bool colons = in.take(':');
  if ((!colons && !basic) || !in.number(2, m.minute)) return false;
  if (colons ? in.take(':') : in.digit()) {
    if (!in.number(2, m.second) || !read_fraction(in, m.fraction)) return false;
  }
  return read_zone(in, m);
}

bool read_clock(Cursor& in, Moment& m) {
  return in.number(2, m.hour) && in.take(':') && in.number(2, m.minute) && in.take(':') && in.number(2, m.second);
}

// Sun, 22 Nov 2026 01:11:17 GMT | Sunday, 22-Nov-26 01:11:17 GMT | Sun Nov 22 01:11:17 2026
bool read_http(Cursor in, Moment& m) {
  if (in.letters().size() < 3) return false;
  m.zoned = true;
  if (!in.take(',')) {
    if (!in.take(' ') || (m.month = month_of(in.letters())) == 0) return false;
    in.blanks();
    if (!in.digit() || !in.number(1, m.day)) return false;
    int second = 0;
    if (in.digit() && in.number(1, second)) m.day = m.day * 10 + second;
    return in.take(' ') && read_clock(in, m) && in.take(' ') && in.number(4, m.year) && in.done();
  }
  if (!in.take(' ') || !in.number(2, m.day)) return false;
  const bool dashes = in.take('-');
  if (!dashes && !in.take(' ')) return false;
  m.month = month_of(in.letters());
  if (m.month == 0) return false;
  if (dashes) {
    if (!in.take('-') || !in.number(2, m.year)) return false;
    m.year += m.year < 70 ? 2000 : 1900;
  } else if (!in.take(' ') || !in.number(4, m.year)) {
    return false;
  }
  return in.take(' ') && read_clock(in, m) && read_zone(in, m) && m.zoned;
}

}  // namespace

Result<Zone> Zone::find(const std::string& name) {
  Zone out;
  if (name.empty() || name == "UTC" || name == "Etc/UTC") return out;
  try {
    out.zone_ = date::locate_zone(name);
  } catch (const std::exception&) {
    return error(Stage::config, "unknown time zone `" + name +
                                    "`; expected a name of the IANA database, such as Europe/Prague (package tzdata)");
  }
  return out;
}

std::int64_t Zone::to_epoch(std::int64_t local) const {
  if (!zone_) return local;
  const date::local_seconds wall{std::chrono::seconds(local)};
  return zone_->to_sys(wall, date::choose::earliest).time_since_epoch().count();
}

std::optional<Number> parse_time(std::string_view text, const Zone& zone) {
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  Moment m;
  if (!read_iso(Cursor(text), m)) {
    m = Moment{};
    if (!read_http(Cursor(text), m)) return std::nullopt;
  }
  if (!m.valid()) return std::nullopt;
  const std::int64_t wall = m.wall();
  const std::int64_t epoch = m.zoned ? wall - m.offset : zone.to_epoch(wall);
  if (m.fraction == 0) return Number::of(epoch);
  return Number::of(static_cast<double>(epoch) + m.fraction);
}

}  // namespace tallyman::map
