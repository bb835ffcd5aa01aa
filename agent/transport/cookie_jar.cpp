#include "transport/cookie_jar.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <optional>

#include "core/letters.h"

namespace tallyman::transport {
namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

std::string_view path_of(std::string_view target) { return target.substr(0, target.find('?')); }

// RFC 6265 5.1.4: the folder of the page, `/` at least.
std::string default_path(std::string_view target) {
  const std::string_view path = path_of(target);
  const std::size_t last = path.rfind('/');
  return last == std::string_view::npos || last == 0 ? "/" : std::string(path.substr(0, last));
}

bool belongs(std::string_view cookie_path, std::string_view path) {
  if (!path.starts_with(cookie_path)) return false;
  return path.size() == cookie_path.size() || cookie_path.ends_with('/') || path[cookie_path.size()] == '/';
}

std::optional<int> number(std::string_view text) {
  int value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// RFC 6265 5.1.1, which takes every date that servers have been seen to write: the parts in any
// order, the zone ignored (it is always GMT).
std::optional<double> cookie_date(std::string_view text) {
  static constexpr std::array<std::string_view, 12> months = {"jan", "feb", "mar", "apr", "may", "jun",
                                                              "jul", "aug", "sep", "oct", "nov", "dec"};
  std::optional<int> day, month, year;
  std::tm when{};
  bool has_time = false;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(" \t-,;/"), text.size());
    const std::string word = small_letters(std::string(text.substr(0, end)));
    text.remove_prefix(std::min(text.size(), end + 1));
    if (word.empty()) continue;
    const auto name = std::find(months.begin(), months.end(), std::string_view(word).substr(0, 3));
    if (!has_time && word.size() == 8 && word[2] == ':' && word[5] == ':') {
      const auto h = number(word.substr(0, 2)), m = number(word.substr(3, 2)), s = number(word.substr(6, 2));
      if (!h || !m || !s || *h > 23 || *m > 59 || *s > 59) return std::nullopt;
      when.tm_hour = *h, when.tm_min = *m, when.tm_sec = *s;
      has_time = true;
    } else if (!month && name != months.end()) {
      month = static_cast<int>(name - months.begin());
    } else if (const auto n = number(word); n && *n >= 0) {
      if (!day && word.size() <= 2)
        day = n;
      else if (!year)
        year = *n < 70 ? *n + 2000 : *n < 100 ? *n + 1900 : *n;
    }
  }
  if (!has_time || !day || *day < 1 || *day > 31 || !month || !year || *year < 1601) return std::nullopt;
  when.tm_mday = *day, when.tm_mon = *month, when.tm_year = *year - 1900;
  return static_cast<double>(::timegm(&when));
}

}  // namespace

void CookieJar::store(std::string_view set_cookie, std::string_view target, double now) {
  if (has_control(set_cookie)) return;
  const std::string_view pair = set_cookie.substr(0, set_cookie.find(';'));
  const std::size_t equals = pair.find('=');
  if (equals == std::string_view::npos) return;
  Cookie cookie;
  cookie.name = trimmed(pair.substr(0, equals));
  cookie.value = trimmed(pair.substr(equals + 1));
  cookie.path = default_path(target);
  if (cookie.name.empty() || cookie.name.size() + cookie.value.size() > most_bytes) return;

  std::optional<double> max_age, expires;
  for (std::string_view rest = set_cookie.substr(pair.size()); !rest.empty();) {
    rest.remove_prefix(1);  // the `;`
    const std::string_view attribute = rest.substr(0, rest.find(';'));
    rest.remove_prefix(attribute.size());
    const std::size_t at = attribute.find('=');
    const std::string name = small_letters(std::string(trimmed(attribute.substr(0, at))));
    const std::string_view value =
        at == std::string_view::npos ? std::string_view() : trimmed(attribute.substr(at + 1));
    if (name == "path" && value.starts_with('/')) cookie.path = value;
    if (name == "secure") cookie.secure = true;
    if (name == "expires") expires = cookie_date(value);
    if (name == "max-age") {
      long long seconds = 0;
      const auto [end, failed] = std::from_chars(value.data(), value.data() + value.size(), seconds);
      const bool whole = end == value.data() + value.size() && !value.empty();
      if (whole && failed == std::errc()) max_age = static_cast<double>(seconds);
      // Longer than any number: for ever, or long ago.
      if (whole && failed == std::errc::result_out_of_range) max_age = value[0] == '-' ? -1.0 : 1e18;
    }
  }
  bool over = false;
  if (max_age) {
    over = *max_age <= 0;
    cookie.ends = now + *max_age;
  } else if (expires) {
    over = *expires <= now;
    cookie.ends = *expires;
  }
  const auto known = std::find_if(cookies_.begin(), cookies_.end(),
                                  [&](const Cookie& c) { return c.name == cookie.name && c.path == cookie.path; });
  if (known != cookies_.end() && over)
    cookies_.erase(known);
  else if (known != cookies_.end())
    *known = std::move(cookie);
  else if (!over && cookies_.size() < most_cookies)
    cookies_.push_back(std::move(cookie));
}

std::vector<std::string> CookieJar::values() const {
  std::vector<std::string> out;
  for (const Cookie& cookie : cookies_) out.push_back(cookie.value);
  return out;
}

std::string CookieJar::header(std::string_view target, bool safe, double now) const {
  std::vector<const Cookie*> sent;
  for (const Cookie& cookie : cookies_)
    if ((safe || !cookie.secure) && (cookie.ends == 0 || cookie.ends > now) && belongs(cookie.path, path_of(target)))
      sent.push_back(&cookie);
  // The nearest path first, then as they came: a server that looks for the first of a name finds the right one.
  std::sort(sent.begin(), sent.end(), [](const Cookie* a, const Cookie* b) {
    return a->path.size() != b->path.size() ? a->path.size() > b->path.size() : a < b;
  });
  std::string out;
  for (const Cookie* cookie : sent) out += (out.empty() ? "Cookie: " : "; ") + cookie->name + "=" + cookie->value;
  if (!out.empty()) out += "\r\n";
  return out;
}

}  // namespace tallyman::transport
