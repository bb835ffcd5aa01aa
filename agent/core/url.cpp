#include "core/url.h"

#include <charconv>

#include "core/letters.h"

namespace tallyman {
namespace {

Error bad(std::string_view text, const std::string& why) {
  return error(Stage::config, "`" + std::string(text) + "`: " + why);
}

bool has_control(std::string_view s) {
  for (unsigned char c : s)
    if (c <= 0x20 || c == 0x7f) return true;
  return false;
}

// Splits `rest` at the first `?`; a fragment has no meaning for us. The path stays as written: to a
// server `/metrics` and `/metrics/` are two pages. Only a lone `/` is the same as no path.
void split_query(std::string_view rest, Url& url) {
  const std::size_t q = rest.find('?');
  url.path = rest.substr(0, q);
  if (url.path == "/") url.path.clear();
  if (q != std::string_view::npos) url.query = rest.substr(q + 1);
}

}  // namespace

Result<Url> parse_url(std::string_view written) {
  // A scheme may be written in capital letters (RFC 3986, 3.1).
  const std::size_t end_of_scheme = written.find_first_of(":/?");
  const std::size_t scheme = end_of_scheme != written.npos && written[end_of_scheme] == ':' ? end_of_scheme : 0;
  const std::string small = small_letters(std::string(written.substr(0, scheme))) + std::string(written.substr(scheme));
  const std::string_view text = small;
  Url url;
  const auto starts = [&](std::string_view prefix) { return text.substr(0, prefix.size()) == prefix; };
  if (has_control(text)) return bad(text, "a url has no blanks or control characters; write them as %20");
  if (starts("file:")) {
    url.scheme = Url::Scheme::file;
    url.path = text.substr(5);
    if (url.path.starts_with("///")) url.path.erase(0, 2);
    if (url.path.empty() || url.path[0] != '/')
      return bad(text, "expected an absolute path, such as file:/var/lib/x.json");
    return url;
  }
  if (starts("dummy:")) {
    url.scheme = Url::Scheme::dummy;
    split_query(text.substr(6), url);
    if (url.path != "kobo" && url.path != "broker" && url.path != "site")
      return bad(text, "expected dummy:kobo, dummy:broker or dummy:site");
    const std::string_view seed = url.query;
    if (!seed.empty() && (!seed.starts_with("seed=") || seed.size() == 5 || seed.size() > 24 ||
                          seed.find_first_not_of("0123456789", 5) != seed.npos))
      return bad(text, "expected ?seed= and a number, or nothing, after the name of the dummy");
    return url;
  }
  if (starts("unix://")) {
    url.scheme = Url::Scheme::unix_stream;
    url.socket_path = text.substr(7);
    if (url.socket_path.empty() || url.socket_path[0] != '/')
      return bad(text, "expected an absolute path after unix://, such as unix:///run/app.sock");
    if (url.socket_path.find(':') != std::string::npos)
      return bad(text,
                 "unix:// is a socket without HTTP, which has no path; write unix:/run/app.sock:/stats for HTTP, or "
                 "unix:///run/app.sock");
    if (url.socket_path.size() > 107) return bad(text, "the path of a unix socket has at most 107 bytes");
    return url;
  }
  if (starts("unix:")) {
    url.scheme = Url::Scheme::unix_http;
    std::string_view rest = text.substr(5);
    const std::size_t colon = rest.find(':');
    url.socket_path = rest.substr(0, colon);
    if (url.socket_path.empty() || url.socket_path[0] != '/')
      return bad(text, "expected an absolute path, such as unix:/run/app.sock:/stats");
    if (url.socket_path.size() > 107) return bad(text, "the path of a unix socket has at most 107 bytes");
    if (colon != std::string_view::npos) split_query(rest.substr(colon + 1), url);
    if (!url.path.empty() && url.path[0] != '/')
      return bad(text,
                 "after the socket an http path that starts with `/` is expected, such as unix:/run/app.sock:/stats");
    return url;
  }
  std::string_view rest;
  if (starts("http://")) {
    url.scheme = Url::Scheme::http, url.port = 80, rest = text.substr(7);
  } else if (starts("https://")) {
    url.scheme = Url::Scheme::https, url.port = 443, rest = text.substr(8);
  } else if (starts("tcp://")) {
    url.scheme = Url::Scheme::tcp, rest = text.substr(6);
  } else {
    return bad(text, "expected http://, https://, unix:, tcp://, file: or dummy:");
  }
  if (rest.find('#') != std::string_view::npos) return bad(text, "a fragment (`#`) has no meaning here");
  const std::size_t slash = rest.find_first_of("/?");
  std::string_view authority = rest.substr(0, slash);
  if (authority.find('@') != std::string_view::npos)
    return bad("***",
               "credentials do not belong in a url, which is shown in logs; use `auth: { basic: { user, password } }`");
  if (slash != std::string_view::npos) split_query(rest.substr(slash), url);
  const bool is_tcp = url.scheme == Url::Scheme::tcp;
  if (is_tcp && (!url.path.empty() || !url.query.empty() || rest.ends_with('?')))
    return bad(text, "tcp:// is a connection without HTTP, which has no path; expected tcp://HOST:PORT");
  std::string_view port;
  if (authority.starts_with('[')) {
    const std::size_t close = authority.find(']');
    if (close == std::string_view::npos) return bad(text, "`[` without `]` in the address");
    url.host = authority.substr(1, close - 1);
    std::string_view after = authority.substr(close + 1);
    if (!after.empty() && after[0] != ':') return bad(text, "expected `:port` after `]`");
    if (!after.empty()) port = after.substr(1);
    if (!after.empty() && port.empty()) return bad(text, "a port is missing after `:`");
  } else {
    const std::size_t colon = authority.find(':');
    url.host = authority.substr(0, colon);
    if (colon != std::string_view::npos) {
      port = authority.substr(colon + 1);
      if (port.find(':') != std::string_view::npos)
        return bad(text, "an IPv6 address stands in brackets: http://[::1]:8080");
      if (port.empty()) return bad(text, "a port is missing after `:`");
    }
  }
  if (url.host.empty()) return bad(text, "the host is missing");
  if (!port.empty()) {
    unsigned value = 0;
    const auto [end, ec] = std::from_chars(port.data(), port.data() + port.size(), value);
    if (ec != std::errc() || end != port.data() + port.size() || value == 0 || value > 65535)
      return bad(text, "`" + std::string(port) + "` is not a port; expected 1 to 65535");
    url.port = static_cast<std::uint16_t>(value);
  } else if (is_tcp) {
    return bad(text, "the port is missing; expected tcp://HOST:PORT, such as tcp://localhost:11300");
  }
  return url;
}

std::string Url::authority() const {
  const bool v6 = host.find(':') != std::string::npos;
  std::string out = v6 ? "[" + host + "]" : host;
  const bool standard = (scheme == Scheme::http && port == 80) || (scheme == Scheme::https && port == 443);
  if (!standard) out += ":" + std::to_string(port);
  return out;
}

std::string Url::text() const {
  const std::string q = query.empty() ? "" : "?" + query;
  switch (scheme) {
    case Scheme::http:
      return "http://" + authority() + path + q;
    case Scheme::https:
      return "https://" + authority() + path + q;
    case Scheme::unix_http:
      return "unix:" + socket_path + (path.empty() && q.empty() ? "" : ":" + path + q);
    case Scheme::tcp:
      return "tcp://" + authority();
    case Scheme::unix_stream:
      return "unix://" + socket_path;
    case Scheme::file:
      return "file:" + path;
    case Scheme::dummy:
      return "dummy:" + path + q;
  }
  return {};
}

std::string percent_encode(std::string_view text) {
  static constexpr char hex[] = "0123456789ABCDEF";
  std::string out;
  for (unsigned char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '_' || c == '.' || c == '~';
    if (plain)
      out += static_cast<char>(c);
    else
      out += {'%', hex[c >> 4], hex[c & 15]};
  }
  return out;
}

}  // namespace tallyman
