// A target's url, split once at load.
//   http://host:port/base?q   https://...   unix:/run/x.sock:/http/path   file:/path   dummy:kobo?seed=1
// and, for services that speak no HTTP:   tcp://host:port   unix:///run/x.sock
// The two slashes tell the unix sockets apart: a collector cannot, since some services answer without
// being asked (uWSGI), and some collectors know both ways (HAProxy).
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.h"

namespace tallyman {

struct Url {
  enum class Scheme : std::uint8_t { http, https, unix_http, tcp, unix_stream, file, dummy };
  Scheme scheme = Scheme::http;
  std::string host;         // without brackets; empty for unix, file, dummy
  std::uint16_t port = 0;   // filled in with the scheme's default; tcp has none
  std::string socket_path;  // unix: the socket
  std::string path;   // http: "", "/page" or "/base/", as written but for a lone `/`; file: the path; dummy: the name
  std::string query;  // without `?`

  bool is_http() const { return scheme == Scheme::http || scheme == Scheme::https || scheme == Scheme::unix_http; }
  bool is_stream() const { return scheme == Scheme::tcp || scheme == Scheme::unix_stream; }
  std::string authority() const;  // `host:port` as for a Host header, brackets around IPv6
  std::string text() const;       // without credentials: they are refused in parse_url
  friend bool operator==(const Url&, const Url&) = default;
};

// Errors: Stage::config, saying what was expected. Credentials in a url are an error: they
// belong under `auth`, where they are kept out of logs.
Result<Url> parse_url(std::string_view text);

std::string percent_encode(std::string_view text);  // everything but unreserved characters

}  // namespace tallyman
