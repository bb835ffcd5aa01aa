// Where a probe may go: the allow-list of `probe` in targets.yaml. Pure; knows no socket and no name service.
//
// A name proves nothing: it is the address that counts, and it is asked again at each connection (`allows_address`),
// also where a redirect leads. So nobody gets further by a name of his own, or one that changes its address.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/url.h"

namespace tallyman {

struct Network {
  std::array<std::uint8_t, 16> bytes{};  // IPv4 as ::ffff:a.b.c.d, so that both ways to write it are one
  int bits = 0;                          // of those 128

  bool contains(const std::array<std::uint8_t, 16>& address) const;
  // `10.0.0.0/8`, `fd00::/8`; an address alone is a network of one. Empty if it is none, or has bits behind its prefix.
  static std::optional<Network> parse(std::string_view text);
};

// A url's host as it is compared: small letters, no dot at the end.
std::string compared_host(std::string host);

// An address as Network has it. Empty if it is none.
std::optional<std::array<std::uint8_t, 16>> address_bytes(const std::string& text);

struct Reach {
  std::vector<std::string> hosts;  // globs of the url's host, as compared_host() has it; empty: any
  std::vector<Network> networks;   // never empty: the address must be in one
  bool http = true, https = true;
  std::vector<std::uint16_t> ports;  // empty: any

  // Why not, "" if it may be asked as far as the url says.
  std::string refuses(const Url& url) const;
  bool allows_address(const std::string& address) const;
};

}  // namespace tallyman
