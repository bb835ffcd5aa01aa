#include "serve/listen_address.h"

#include "support/catch.h"

using tallyman::serve::parse_listen;

TEST_CASE("listen: forms of an address") {
  struct Row {
    std::string text, host;
    int port;
  };
  const Row rows[] = {
      {":10780", "", 10780},
      {":0", "", 0},
      {"127.0.0.1:80", "127.0.0.1", 80},
      {"[::1]:9", "::1", 9},
      {"[::]:65535", "::", 65535},
      {"0.0.0.0:1", "0.0.0.0", 1},
      {"localhost:1", "127.0.0.1", 1},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    const auto address = parse_listen(row.text);
    REQUIRE(address.has_value());
    CHECK(address->host == row.host);
    CHECK(address->port == row.port);
  }
}

TEST_CASE("listen: what cannot be read says what was expected") {
  struct Row {
    std::string text, why;
  };
  const Row rows[] = {
      {"", "it has no port"},
      {"10780", "it has no port"},
      {":", "`` is not a port (0 to 65535)"},
      {":65536", "`65536` is not a port (0 to 65535)"},
      {":-1", "`-1` is not a port (0 to 65535)"},
      {":80x", "`80x` is not a port (0 to 65535)"},
      {"::1:80", "an IPv6 address stands in brackets"},
      {"http://localhost:80", "it is a url or a path, not an address"},
      {"example.org:80", "`example.org` is not a numeric address"},
      {"[]:80", "`` is not a numeric address"},
      {"[127.0.0.1]:80", "`127.0.0.1` in brackets is not IPv6"},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    const auto address = parse_listen(row.text);
    REQUIRE(address.has_error());
    CHECK(address.error().stage == tallyman::Stage::config);
    CHECK(address.error().detail == "cannot listen on `" + row.text + "`: " + row.why +
                                        "; expected :PORT, ADDR:PORT or [V6]:PORT, e.g. :10780 or 127.0.0.1:10780");
  }
}
