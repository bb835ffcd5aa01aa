// Accept and Accept-Encoding, RFC 9110 sections 12.4 and 12.5.
#include <charconv>
#include <optional>
#include <utility>

#include "exposition/exposition.h"

namespace tallyman::exposition {
namespace {

std::string_view trimmed(std::string_view s) {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\t')) s.remove_suffix(1);
  return s;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (lower(a[i]) != lower(b[i])) return false;
  return true;
}

// The text before the next `separator` that is not inside quotes; removes both from `rest`.
std::string_view next_part(std::string_view& rest, char separator) {
  bool quoted = false;
  std::size_t i = 0;
  for (; i < rest.size(); ++i) {
    if (quoted && rest[i] == '\\')
      ++i;
    else if (rest[i] == '"')
      quoted = !quoted;
    else if (rest[i] == separator && !quoted)
      break;
  }
  const std::string_view part = trimmed(rest.substr(0, i));
  rest.remove_prefix(std::min(i + 1, rest.size()));
  return part;
}

std::pair<std::string_view, std::string_view> parameter(std::string_view part) {
  const std::size_t eq = part.find('=');
  if (eq == std::string_view::npos) return {part, {}};
  std::string_view value = trimmed(part.substr(eq + 1));
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
  return {trimmed(part.substr(0, eq)), value};
}

// In thousandths; what is no weight counts as 1, like a missing one.
int weight(std::string_view text) {
  double q = 1;
  const auto r = std::from_chars(text.data(), text.data() + text.size(), q);
  if (r.ec != std::errc() || !(q >= 0 && q <= 1)) return 1000;
  return static_cast<int>(q * 1000 + 0.5);
}

// How well one format is wanted: by the most specific range that names it.
struct Wish {
  int specific = -1;  // 0 `*/*`, 1 `type/*`, 2 the type, 3 with its version
  int q = 0;
  int position = 0;
};

}  // namespace

Format negotiate_format(std::string_view accept) {
  struct Offer {
    std::string_view type, subtype, version;
    Wish wish;
  };
  Offer text{"text", "plain", "0.0.4", {}}, openmetrics{"application", "openmetrics-text", "1.0.0", {}};
  for (int position = 0; !accept.empty(); ++position) {
    std::string_view range = next_part(accept, ',');
    const std::string_view media = next_part(range, ';');
    const std::size_t slash = media.find('/');
    if (slash == std::string_view::npos) continue;
    const std::string_view type = trimmed(media.substr(0, slash)), subtype = trimmed(media.substr(slash + 1));
    std::string_view version;
    int q = 1000;
    while (!range.empty()) {
      const auto [name, value] = parameter(next_part(range, ';'));
      if (same(name, "q")) q = weight(value);
      if (same(name, "version")) version = value;
    }
    for (Offer* offer : {&text, &openmetrics}) {
      int specific = -1;
      if (type == "*" && subtype == "*")
        specific = 0;
      else if (same(type, offer->type) && subtype == "*")
        specific = 1;
      else if (same(type, offer->type) && same(subtype, offer->subtype))
        specific = version.empty() ? 2 : version == offer->version ? 3 : -1;
      // Of two ranges as specific as each other the better one counts.
      if (specific > offer->wish.specific || (specific == offer->wish.specific && q > offer->wish.q))
        if (specific >= 0) offer->wish = {specific, q, position};
    }
  }
  const Wish &t = text.wish, &o = openmetrics.wish;
  if (o.specific < 0 || o.q == 0) return Format::text;
  if (t.specific < 0 || t.q != o.q) return o.q > t.q ? Format::openmetrics : Format::text;
  if (t.specific != o.specific && (t.specific < 2 || o.specific < 2))
    return o.specific > t.specific ? Format::openmetrics : Format::text;
  return o.position < t.position ? Format::openmetrics : Format::text;
}

bool accepts_gzip(std::string_view accept_encoding) {
  std::optional<int> gzip, any;
  while (!accept_encoding.empty()) {
    std::string_view item = next_part(accept_encoding, ',');
    const std::string_view coding = next_part(item, ';');
    int q = 1000;
    while (!item.empty()) {
      const auto [name, value] = parameter(next_part(item, ';'));
      if (same(name, "q")) q = weight(value);
    }
    if (same(coding, "gzip") || same(coding, "x-gzip"))
      gzip = std::max(gzip.value_or(0), q);
    else if (coding == "*")
      any = q;
  }
  return gzip.value_or(any.value_or(0)) > 0;
}

std::string_view content_type(Format format) {
  return format == Format::text ? "text/plain; version=0.0.4; charset=utf-8"
                                : "application/openmetrics-text; version=1.0.0; charset=utf-8";
}

}  // namespace tallyman::exposition
