// From a url to a connected stream: addresses one after the other, each with an equal share of
// the time that is left; then the tunnel if a proxy is between, then TLS if the scheme wants it.
#pragma once
#include <boost/asio/ip/address.hpp>
#include <memory>
#include <optional>
#include <string>

#include "core/endpoint.h"
#include "transport/call.h"
#include "transport/shared_state.h"
#include "transport/stream.h"

namespace tallyman::transport {

struct Connection {
  std::unique_ptr<Stream> stream;
  std::string peer;                                 // `127.0.0.1:15672`, `rabbit (10.1.2.3:15672)`, a socket's path
  std::optional<boost::asio::ip::address> address;  // not for unix
};

struct ConnectPlan {
  Shared& shared;
  const Url& url;
  const TlsSettings& tls;
  const Url* proxy;               // null: there is none
  const std::string& proxy_auth;  // header lines
  const Reach* reach = nullptr;   // what addresses may be connected to; null: any
};

// Errors: resolve, connect, tls, timeout, fds, cancelled.
Task<Result<Connection>> connect(ConnectPlan plan, Call& call);

}  // namespace tallyman::transport
