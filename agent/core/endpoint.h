// How a target is reached and what it may send: settings that the configuration fills in and
// the transport obeys. Values only.
#pragma once
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/duration.h"
#include "core/reach.h"
#include "core/secret.h"
#include "core/url.h"

namespace tallyman {

struct TlsSettings {
  std::string ca;           // path of a PEM bundle; "" = the system's
  std::string cert;         // path, client certificate chain
  std::string key;          // path
  std::string server_name;  // "" = the url's host
  bool insecure = false;    // no verification; logged as a warning at load
  friend bool operator==(const TlsSettings&, const TlsSettings&) = default;
};

struct AuthSettings {
  enum class Kind { none, basic, header, query };
  Kind kind = Kind::none;
  // basic: the user. header: the header's name (`Authorization`). query: the parameter's name.
  std::string name;
  // header: the word before the value (`Bearer`, `Token`), may be empty.
  std::string scheme;
  Secret secret;  // password, token or value; a `file:` is read again when it changes
  friend bool operator==(const AuthSettings&, const AuthSettings&) = default;
};

struct Limits {
  std::size_t body_bytes = 16u << 20;  // decoded
  std::size_t samples = 100'000;
  std::size_t label_value_bytes = 1024;
  std::size_t depth = 64;
  std::size_t pages = 100;
  std::size_t follow_ups = 1000;
  // Of the answers of one poll together, bytes of text and tree. Honest JSON takes 3 to 5 bytes for each of
  // its own once it is parsed, `[1,1,1]` takes 13: what is read is bounded by what it costs. Small bodies are
  // not: a document of 1 MiB may be as dense as it likes.
  std::size_t memory() const { return std::max<std::size_t>(body_bytes / 2 * 5, 16u << 20); }
  // Of what is shown: names, labels, help. At the defaults as much as a body may have; a user who raised either
  // wants as much.
  std::size_t text() const { return std::max<std::size_t>({body_bytes, 160 * samples, 1u << 20}); }
  friend bool operator==(const Limits&, const Limits&) = default;
};

// An HTTP proxy on the way: http is asked for there, https goes through a tunnel (CONNECT).
struct ProxySettings {
  Url url;            // http://host:port; no host: there is none
  AuthSettings auth;  // none or basic
  friend bool operator==(const ProxySettings&, const ProxySettings&) = default;
};

struct Endpoint {
  Url url;
  std::vector<std::pair<std::string, std::string>> headers;
  AuthSettings auth;
  TlsSettings tls;
  ProxySettings proxy;  // obeyed for http and https
  std::size_t body_limit = 16u << 20;
  std::shared_ptr<const Reach> reach;  // null: wherever the url and its redirects lead
  friend bool operator==(const Endpoint&, const Endpoint&) = default;

  bool proxied() const {
    return !proxy.url.host.empty() && (url.scheme == Url::Scheme::http || url.scheme == Url::Scheme::https);
  }
  // Whose name is looked up and to whom the connection goes.
  const Url& first_hop() const { return proxied() ? proxy.url : url; }
};

}  // namespace tallyman
