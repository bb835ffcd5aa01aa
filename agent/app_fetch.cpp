#include "app_fetch.h"

#include <csignal>

#include "poll/nursery.h"
#include "transport/channel.h"

namespace tallyman {
namespace {

using transport::Channel;
using transport::Reply;

Task<> fetch_into(Channel& channel, Nanoseconds timeout, Result<Reply>& out) {
  transport::Request request;
  request.path = "/";
  out = co_await channel.fetch(std::move(request), transport::Clock::now() + timeout);
}

std::string hint(int status) {
  if (status == 401 || status == 403)
    return "; --user, --bearer or --header say who asks; or fetch the page with a client that can log in, and give its "
           "answer as a file, or as - for standard input";
  return status == 404 ? "; look for the right path in the service's documentation" : "";
}

}  // namespace

Result<std::string> fetch_page(Endpoint endpoint, Nanoseconds timeout) {
  std::signal(SIGPIPE, SIG_IGN);
  Loop loop(1);
  transport::TimerWheel wheel(loop);
  transport::Resolver resolver;
  Result<Reply> reply = error(Stage::internal, "the fetch did not end");
  {
    Channel channel(transport::make_shared_state(loop, wheel, resolver), std::move(endpoint));
    poll::Nursery nursery(loop);
    nursery.spawn(fetch_into(channel, timeout, reply));
    loop.run();
  }
  if (!reply) return reply.error();
  if (reply->status != 0 && (reply->status < 200 || reply->status > 299))
    return error(Stage::status, "status " + std::to_string(reply->status) + hint(reply->status));
  return std::move(reply->body);
}

}  // namespace tallyman
