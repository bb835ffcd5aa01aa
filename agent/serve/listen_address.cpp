#include "serve/listen_address.h"

#include <boost/asio/ip/address.hpp>
#include <charconv>

namespace tallyman::serve {
namespace {

Error wrong(std::string_view text, const std::string& why) {
  return error(Stage::config, "cannot listen on `" + std::string(text) + "`: " + why +
                                  "; expected :PORT, ADDR:PORT or [V6]:PORT, e.g. :10780 or 127.0.0.1:10780");
}

}  // namespace

Result<ListenAddress> parse_listen(std::string_view text) {
  if (text.find('/') != std::string_view::npos) return wrong(text, "it is a url or a path, not an address");
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return wrong(text, "it has no port");
  ListenAddress out;
  const std::string_view port = text.substr(colon + 1);
  const auto read = std::from_chars(port.data(), port.data() + port.size(), out.port);
  if (port.empty() || read.ec != std::errc() || read.ptr != port.data() + port.size())
    return wrong(text, "`" + std::string(port) + "` is not a port (0 to 65535)");
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (host.empty() && !bracketed) return out;
  if (host == "localhost") host = "127.0.0.1";
  if (!bracketed && host.find(':') != std::string_view::npos) return wrong(text, "an IPv6 address stands in brackets");
  boost::system::error_code failed;
  const auto address = boost::asio::ip::make_address(std::string(host), failed);
  if (failed) return wrong(text, "`" + std::string(host) + "` is not a numeric address");
  if (bracketed && !address.is_v6()) return wrong(text, "`" + std::string(host) + "` in brackets is not IPv6");
  out.host = host;
  return out;
}

}  // namespace tallyman::serve
