// The allow-list of probes: networks, hosts, ports. Each row was worked out by hand.
#include "core/reach.h"

#include "support/catch.h"

using namespace tallyman;

TEST_CASE("reach: networks") {
  struct Row {
    const char* network;
    const char* in;
    const char* out;
  };
  const Row rows[] = {
      {"10.0.0.0/8", "10.255.255.255", "11.0.0.0"},
      {"10.1.2.128/25", "10.1.2.128", "10.1.2.127"},
      {"192.168.1.7", "192.168.1.7", "192.168.1.6"},
      {"0.0.0.0/0", "255.255.255.255", "::1"},  // of IPv4 only
      {"::/0", "2001:db8::1", "127.0.0.1"},     // of IPv6 only
      {"::/0", "::1", "::ffff:127.0.0.1"},
      {"::ffff:10.0.0.0/104", "10.9.9.9", "11.0.0.0"},
      {"::/0", "fe80::1%eth0", "nonsense"},
      {"fd00::/8", "fdff::1", "fe00::1"},
      {"::1", "::1", "::2"},
      {"127.0.0.0/8", "::ffff:127.0.0.1", "::1"},  // the same address, written as IPv6
      {"2001:db8:0:8000::/49", "2001:db8:0:ffff::", "2001:db8::"},
  };
  for (const Row& row : rows) {
    INFO(row.network);
    const auto network = Network::parse(row.network);
    REQUIRE(network);
    const Reach reach{{}, {*network}, true, true, {}};
    CHECK(reach.allows_address(row.in));
    CHECK_FALSE(reach.allows_address(row.out));
  }
  for (const char* bad : {"", "x", "10.0.0.0/33", "10.0.0.1/8", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8x", "fd00::1/8",
                          "::/129", "10.0.0/8", "localhost"}) {
    INFO(bad);
    CHECK_FALSE(Network::parse(bad));
  }
}

TEST_CASE("reach: urls") {
  const Reach reach{{"*.example.org", "127.0.0.1", "::1"}, {*Network::parse("127.0.0.0/8")}, true, false, {80, 8080}};
  const std::pair<const char*, const char*> rows[] = {
      {"http://a.example.org/x", ""},
      {"http://A.Example.ORG:8080", ""},
      {"http://a.example.org.:80", ""},
      {"http://127.0.0.1", ""},
      {"http://example.org", "its host is not in `hosts`"},
      {"http://a.example.org.evil.net", "its host is not in `hosts`"},
      {"http://127.0.0.2", "its host is not in `hosts`"},
      {"http://[::1]", "its address is not in `networks`"},
      {"http://a.example.org:81", "its port 81 is not in `ports`"},
      {"https://a.example.org:8080", "its scheme is not in `schemes`"},
      {"file:/etc/passwd", "only http:// and https:// can be probed"},
      {"unix:/run/x.sock:/", "only http:// and https:// can be probed"},
      {"unix:///run/x.sock", "only http:// and https:// can be probed"},
      {"tcp://127.0.0.1:80", "only http:// and https:// can be probed"},
      {"dummy:kobo", "only http:// and https:// can be probed"},
  };
  for (const auto& [text, why] : rows) {
    INFO(text);
    const auto url = parse_url(text);
    REQUIRE(url.has_value());
    CHECK(reach.refuses(*url) == why);
  }
}
