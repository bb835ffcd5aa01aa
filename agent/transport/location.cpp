#include "transport/location.h"

#include <algorithm>
#include <cctype>
#include <vector>

namespace tallyman::transport {
namespace {

// `/a/b/../c` -> `/a/c` (RFC 3986 5.2.4); the query stays.
std::string without_dots(std::string_view target) {
  const std::size_t question = target.find('?');
  std::string_view path = target.substr(0, question);
  std::vector<std::string_view> parts;
  bool directory = false;
  while (!path.empty()) {
    path.remove_prefix(1);  // the `/`
    const std::string_view part = path.substr(0, path.find('/'));
    path.remove_prefix(part.size());
    directory = part == "." || part == "..";
    if (part == ".." && !parts.empty()) parts.pop_back();
    if (!directory) parts.push_back(part);
  }
  std::string out;
  for (std::string_view part : parts) out.append("/").append(part);
  if (directory || out.empty()) out += '/';
  if (question != std::string_view::npos) out += target.substr(question);
  return out;
}

bool is_http(const Url& url) { return url.scheme == Url::Scheme::http || url.scheme == Url::Scheme::https; }

// Schemes are letters, digits, `+`, `-`, `.` before a `:`.
bool has_scheme(std::string_view reference) {
  const std::size_t end = reference.find_first_of(":/?");
  return end != std::string_view::npos && end > 0 && reference[end] == ':';
}

Result<Location> from_url(const Location& base, const std::string& text) {
  const Result<Url> url = parse_url(text);
  if (!url) return error(Stage::redirect, url.error().detail);
  if (!is_http(*url)) return error(Stage::redirect, "`" + url->text() + "`: expected http or https");
  const std::string target = location_of(*url, "").target;
  const bool ours = base.url.scheme == Url::Scheme::unix_http && url->scheme == Url::Scheme::http &&
                    url->authority() == host_header(base.url);
  return Location{ours ? base.url : *url, without_dots(target)};
}

}  // namespace

std::string Location::shown() const {
  const std::string path = target.substr(0, target.find('?'));
  if (url.scheme == Url::Scheme::unix_http) return "unix:" + url.socket_path + ":" + path;
  return std::string(url.scheme == Url::Scheme::https ? "https://" : "http://") + url.authority() + path;
}

Location location_of(const Url& url, std::string_view path) {
  Location out{url, url.path};
  // A bare `/` asks for the url as it was written: `http://h/stats.json` is no folder.
  const bool bare = path.starts_with('/') && (path.size() == 1 || path[1] == '?');
  if (bare && !url.path.empty()) path.remove_prefix(1);
  if (path.starts_with('/'))
    while (out.target.ends_with('/')) out.target.pop_back();
  out.target += path;
  if (out.target.empty() || out.target[0] != '/') out.target.insert(0, "/");
  if (!url.query.empty()) out.target += (out.target.find('?') == std::string::npos ? "?" : "&") + url.query;
  return out;
}

bool same_origin(const Url& a, const Url& b) {
  const bool same_host =
      std::equal(a.host.begin(), a.host.end(), b.host.begin(), b.host.end(),
                 [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
  return a.scheme == b.scheme && same_host && a.port == b.port && a.socket_path == b.socket_path;
}

std::string host_header(const Url& url) { return url.scheme == Url::Scheme::unix_http ? "localhost" : url.authority(); }

Result<Location> resolve_reference(const Location& base, std::string_view reference) {
  reference = reference.substr(0, reference.find('#'));
  for (unsigned char c : reference)
    if (c <= 0x20 || c == 0x7f) return error(Stage::redirect, "an address with blanks or control characters");
  if (has_scheme(reference)) return from_url(base, std::string(reference));
  if (reference.starts_with("//"))
    return from_url(base, (base.url.scheme == Url::Scheme::https ? "https:" : "http:") + std::string(reference));
  if (reference.empty()) return base;
  const std::string path = base.target.substr(0, base.target.find('?'));
  if (reference[0] == '?') return Location{base.url, path + std::string(reference)};
  if (reference[0] == '/') return Location{base.url, without_dots(reference)};
  return Location{base.url, without_dots(path.substr(0, path.rfind('/') + 1) + std::string(reference))};
}

void add_query(std::string& target, std::string_view parameter) {
  if (parameter.empty()) return;
  const std::size_t question = target.find('?');
  const std::string_view name = parameter.substr(0, parameter.find('=') + 1);
  if (question != std::string::npos) {
    const std::string query = "&" + target.substr(question + 1);
    if (query.find("&" + std::string(name)) != std::string::npos) return;
  }
  target += question == std::string::npos ? '?' : '&';
  target += parameter;
}

void remove_query(std::string& target, std::string_view name) {
  const std::size_t question = target.find('?');
  if (question == std::string::npos) return;
  std::string_view query = std::string_view(target).substr(question + 1);
  std::string kept;
  while (!query.empty()) {
    const std::string_view part = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), part.size() + 1));
    if (part.substr(0, part.find('=')) != name) kept.append(kept.empty() ? "?" : "&").append(part);
  }
  target.resize(question);
  target += kept;
}

}  // namespace tallyman::transport
