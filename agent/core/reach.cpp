#include "core/reach.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

#include "core/glob.h"
#include "core/letters.h"

namespace tallyman {

std::optional<std::array<std::uint8_t, 16>> address_bytes(const std::string& text) {
  std::array<std::uint8_t, 16> out{};
  if (::inet_pton(AF_INET6, text.c_str(), out.data()) == 1) return out;
  out = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (::inet_pton(AF_INET, text.c_str(), out.data() + 12) == 1) return out;
  return std::nullopt;
}

bool Network::contains(const std::array<std::uint8_t, 16>& address) const {
  static constexpr std::array<std::uint8_t, 12> v4{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (bits < 96 && std::equal(v4.begin(), v4.end(), address.begin())) return false;  // `::/0` means no IPv4
  for (int bit = 0; bit < bits; bit += 8) {
    const auto mask = static_cast<std::uint8_t>(0xff << std::max(0, 8 - (bits - bit)));
    const auto i = static_cast<std::size_t>(bit / 8);
    if ((address[i] & mask) != (bytes[i] & mask)) return false;
  }
  return true;
}

std::optional<Network> Network::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string address(text.substr(0, slash));
  const auto bytes = address_bytes(address);
  if (!bytes) return std::nullopt;
  const bool v4 = address.find(':') == std::string::npos;
  Network out{*bytes, 128};
  if (slash != std::string_view::npos) {
    int bits = -1;
    const auto [end, ec] = std::from_chars(text.data() + slash + 1, text.data() + text.size(), bits);
    if (ec != std::errc() || end != text.data() + text.size() || bits < 0 || bits > (v4 ? 32 : 128))
      return std::nullopt;
    out.bits = bits + (v4 ? 96 : 0);
  }
  for (int bit = out.bits; bit < 128; ++bit)
    if (out.bytes[static_cast<std::size_t>(bit / 8)] & (0x80 >> (bit % 8))) return std::nullopt;
  return out;
}

std::string compared_host(std::string host) {
  host = small_letters(std::move(host));
  while (host.ends_with('.')) host.pop_back();
  return host;
}

std::string Reach::refuses(const Url& url) const {
  if (url.scheme != Url::Scheme::http && url.scheme != Url::Scheme::https)
    return "only http:// and https:// can be probed";
  if (url.scheme == Url::Scheme::http ? !http : !https) return "its scheme is not in `schemes`";
  if (!ports.empty() && std::find(ports.begin(), ports.end(), url.port) == ports.end())
    return "its port " + std::to_string(url.port) + " is not in `ports`";
  if (!hosts.empty() && !any_glob(hosts, compared_host(url.host))) return "its host is not in `hosts`";
  if (address_bytes(url.host) && !allows_address(url.host)) return "its address is not in `networks`";
  return "";
}

bool Reach::allows_address(const std::string& address) const {
  const auto bytes = address_bytes(address.substr(0, address.find('%')));
  return bytes && std::any_of(networks.begin(), networks.end(), [&](const Network& n) { return n.contains(*bytes); });
}

}  // namespace tallyman
