// The way through an HTTP proxy: CONNECT, after which the connection is to the target itself.
#pragma once
#include <string>

#include "core/endpoint.h"
#include "transport/call.h"
#include "transport/shared_state.h"

namespace tallyman::transport {

struct TunnelPlan {
  Shared& shared;
  const Url& to;
  std::string auth;   // header lines for the proxy
  std::string proxy;  // for messages: `the proxy 127.0.0.1:3128`
};

// Errors: auth (407), connect (any other refusal, with its status), read, limit, timeout, cancelled.
Task<Result<Socket>> open_tunnel(Socket to_proxy, TunnelPlan plan, Call& call);

// Of a 407, also without a tunnel.
Error proxy_wants_auth(const std::string& proxy, bool have_some);

}  // namespace tallyman::transport
