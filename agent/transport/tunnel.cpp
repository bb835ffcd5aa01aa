#include "transport/tunnel.h"

#include "transport/connect.h"
#include "transport/exchange.h"

namespace tallyman::transport {
namespace {

// RFC 9110 7.2: the port is always said.
std::string authority_with_port(const Url& url) {
  const bool v6 = url.host.find(':') != std::string::npos;
  return (v6 ? "[" + url.host + "]" : url.host) + ":" + std::to_string(url.port);
}

}  // namespace

Error proxy_wants_auth(const std::string& proxy, bool have_some) {
  return error(Stage::auth, proxy + (have_some ? " refuses our user and password (407): look at proxy: { auth }"
                                               : " asks for a user and password (407): say them in proxy: { url, "
                                                 "auth: { basic: { user, password } } }"));
}

Task<Result<Socket>> open_tunnel(Socket to_proxy, TunnelPlan plan, Call& call) {
  const std::string to = authority_with_port(plan.to);
  Connection connection;
  connection.stream = make_plain_stream(std::move(to_proxy));
  connection.peer = plan.proxy;
  Gear gear;
  gear.request = "CONNECT " + to + " HTTP/1.1\r\nHost: " + to + "\r\nUser-Agent: tallyman/" TALLYMAN_VERSION "\r\n" +
                 plan.auth + "\r\n";
  HttpMachine::Options options;
  options.head = true;  // what follows the headers of a good answer is the tunnel
  gear.machine.start(options);
  Outcome outcome = co_await exchange(connection, gear, plan.shared, call);
  if (!outcome.result) co_return outcome.result.error();
  const int status = gear.machine.status();
  if (status == 407) co_return proxy_wants_auth(plan.proxy, !plan.auth.empty());
  if (status < 200 || status > 299)
    co_return error(Stage::connect, plan.proxy + " does not connect us to " + to + ": it answers " +
                                        std::to_string(status) + "; may it, and can it reach that?");
  co_return std::move(connection.stream->socket());
}

}  // namespace tallyman::transport
