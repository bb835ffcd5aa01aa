#include "serve/request.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <cmath>
#include <cstdlib>

namespace tallyman::serve {
namespace http = boost::beast::http;
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string joined(const http::fields& fields, http::field name) {
  std::string out;
  const auto range = fields.equal_range(name);
  for (auto it = range.first; it != range.second; ++it) {
    if (!out.empty()) out += ", ";
    out.append(it->value().data(), it->value().size());
  }
  return out;
}

std::optional<std::chrono::milliseconds> timeout_of(std::string text) {
  char* end = nullptr;
  const double seconds = std::strtod(text.c_str(), &end);
  if (end == text.c_str() || *end != '\0' || !std::isfinite(seconds) || seconds <= 0) return std::nullopt;
  // A day is as good as forever, and fits.
  return std::chrono::milliseconds(std::max<long long>(1, std::llround(std::min(seconds, 86'400.0) * 1000)));
}

// `http://host/path` is the form for proxies, which every server must take (RFC 9112, 3.2.2).
std::string_view origin_form(std::string_view target) {
  if (target.starts_with('/')) return target;
  const auto scheme = target.find("://");
  if (scheme == std::string_view::npos) return {};
  const auto path = target.find_first_of("/?", scheme + 3);
  return path == std::string_view::npos ? std::string_view("/") : target.substr(path);
}

// Splits `/path?a=1&b` into `out`; false when an escape of the query is broken.
bool read_target(std::string_view target, Request& out) {
  target = target.substr(0, target.find('#'));
  const auto mark = target.find('?');
  out.path = target.substr(0, mark);
  if (out.path.empty()) out.path = "/";
  if (mark == std::string_view::npos) return true;
  std::string_view rest = target.substr(mark + 1);
  while (!rest.empty()) {
    const auto end = std::min(rest.find('&'), rest.size());
    const std::string_view pair = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (pair.empty()) continue;
    const auto equals = std::min(pair.find('='), pair.size());
    auto name = percent_decode(pair.substr(0, equals), true);
    auto value = percent_decode(pair.substr(std::min(equals + 1, pair.size())), true);
    if (!name || !value) return false;
    out.query.emplace_back(std::move(*name), std::move(*value));
  }
  return true;
}

}  // namespace

bool Request::has(std::string_view name) const { return parameter(name).has_value(); }

std::optional<std::string> Request::parameter(std::string_view name) const {
  for (const auto& [key, value] : query)
    if (key == name) return value;
  return std::nullopt;
}

std::optional<std::string> percent_decode(std::string_view text, bool form) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && form) {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      const int high = i + 1 < text.size() ? hex_digit(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
      if (high < 0 || low < 0) return std::nullopt;
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return out;
}

std::variant<NeedMore, Parsed, Refusal> parse_request(std::string_view bytes) {
  // RFC 9112, 2.2: empty lines before a request are ignored. Not without end: nothing is consumed
  // before a request is whole, so a client that sends nothing else would be kept in memory.
  std::size_t skipped = 0;
  while (bytes.substr(skipped).starts_with("\r\n")) skipped += 2;
  if (skipped > 2 * max_empty_lines)
    return Refusal{400, "more than " + std::to_string(max_empty_lines) + " empty lines instead of a request"};
  bytes.remove_prefix(skipped);
  if (bytes.empty()) return NeedMore{};
  if (bytes[0] == '\x16') return Refusal{400, "this port speaks plain HTTP, not TLS: use http://"};

  http::request_parser<http::empty_body> parser;
  parser.header_limit(static_cast<std::uint32_t>(max_header_bytes));
  parser.body_limit(boost::none);  // a body is refused below, whatever its size
  boost::system::error_code failed;
  const std::size_t used = parser.put(boost::asio::buffer(bytes.data(), bytes.size()), failed);
  if (failed == http::error::need_more) {
    // Beast waits for the end of the header before it looks; what cannot begin one needs no wait.
    const unsigned char first = static_cast<unsigned char>(bytes[0]);
    if (first <= ' ' || first >= 127) return Refusal{400, "not an HTTP request"};
    return NeedMore{};
  }
  if (failed == http::error::header_limit)
    return Refusal{431, "the request header is over " + std::to_string(max_header_bytes / 1024) + " KiB"};
  if (failed) return Refusal{400, "not an HTTP/1.x request: " + failed.message()};
  if (!parser.is_header_done()) return NeedMore{};

  const auto& message = parser.get();
  Parsed out;
  out.bytes = skipped + used;
  Request& request = out.request;
  request.method.assign(message.method_string().data(), message.method_string().size());
  request.http_1_1 = message.version() >= 11;
  request.keep_alive = message.keep_alive();
  const auto hosts = message.count(http::field::host);
  if (hosts > 1 || (hosts == 0 && request.http_1_1)) return Refusal{400, "an HTTP/1.1 request has one Host header"};
  if (parser.chunked() || parser.content_length().value_or(0) > 0) {
    if (request.method == "GET" || request.method == "HEAD") return Refusal{400, "no request here takes a body"};
    request.keep_alive = false;  // its body stays unread
  }
  const std::string_view target(message.target().data(), message.target().size());
  const std::string_view local = origin_form(target);
  if (local.empty() || !read_target(local, request))
    return Refusal{400, "the request target is not a path with well-formed percent escapes"};
  request.accept = joined(message, http::field::accept);
  request.accept_encoding = joined(message, http::field::accept_encoding);
  const auto timeout = message["X-Prometheus-Scrape-Timeout-Seconds"];
  if (!timeout.empty()) request.scrape_timeout = timeout_of(std::string(timeout.data(), timeout.size()));
  return out;
}

}  // namespace tallyman::serve
