// Where a request goes: the url of the target and the path of the collector put together.
#include "transport/location.h"

#include "support/catch.h"

using namespace tallyman;

TEST_CASE("location: url, path and query together") {
  struct Row {
    const char* url;
    const char* path;
    const char* target;
  };
  const Row rows[] = {
      {"http://h", "/", "/"},
      {"http://h/", "/", "/"},
      {"http://h", "/api/queues?page=1", "/api/queues?page=1"},
      {"http://h/base/", "/api", "/base/api"},
      {"http://h/stats.json", "/", "/stats.json"},
      {"http://h/library/metrics/", "/", "/library/metrics/"},
      {"http://h/library/metrics/", "/?a=1", "/library/metrics/?a=1"},
      {"http://h/stats?json", "/", "/stats?json"},
      {"http://h/stats?json", "/?a=1", "/stats?a=1&json"},
      {"http://h/base?t=1", "/api", "/base/api?t=1"},
      {"unix:/run/a.sock:/stats/", "/", "/stats/"},
      {"unix:/run/a.sock", "/", "/"},
  };
  for (const Row& row : rows) {
    INFO(row.url << " + " << row.path);
    const auto url = parse_url(row.url);
    REQUIRE(url.has_value());
    CHECK(transport::location_of(*url, row.path).target == row.target);
  }
}
