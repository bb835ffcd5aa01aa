#include "exposition/exposition.h"
#include "support/catch.h"

using namespace tallyman::exposition;

TEST_CASE("negotiate: the best format that we have") {
  struct Row {
    const char* accept;
    bool openmetrics;
  };
  const Row rows[] = {
      {"", false},
      {"*/*", false},
      {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", false},
      {"application/openmetrics-text", true},
      {"application/openmetrics-text; version=1.0.0", true},
      {"Application/OpenMetrics-Text; Version=\"1.0.0\"; charset=utf-8", true},
      {"application/openmetrics-text; version=0.0.1", false},
      {"application/openmetrics-text; version=2.0.0", false},
      {"application/json", false},
      {"application/*", true},
      {"text/*", false},
      // Prometheus 2.42 and 3
      {"application/openmetrics-text; version=1.0.0,application/openmetrics-text; version=0.0.1;q=0.75,"
       "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
       true},
      {"application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
       "application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,"
       "text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
       true},
      {"text/plain;version=0.0.4;q=1,*/*;q=0.1", false},
      {"application/openmetrics-text;q=0.3,text/plain;q=0.4", false},
      {"application/openmetrics-text;q=0.4,text/plain;q=0.3", true},
      {"application/openmetrics-text;q=0.4,*/*;q=0.5", false},
      {"application/openmetrics-text;q=0,*/*", false},
      {"text/plain;q=0,*/*", true},
      {"text/plain;q=0,application/openmetrics-text;q=0", false},
      {"application/openmetrics-text,text/plain", true},
      {"text/plain,application/openmetrics-text", false},
      {"application/openmetrics-text,*/*", true},
      {"*/*,application/openmetrics-text", true},
      {" application/openmetrics-text ; version = 1.0.0 ; q = 0.9 , text/plain ; q=0.1", true},
      {"application/openmetrics-text;q=high,text/plain;q=0.5", true},
      {"nonsense, ;;, application/openmetrics-text", true},
  };
  for (const Row& row : rows) {
    CAPTURE(row.accept);
    CHECK((negotiate_format(row.accept) == Format::openmetrics) == row.openmetrics);
  }
}

TEST_CASE("negotiate: gzip only if it is accepted") {
  struct Row {
    const char* accept_encoding;
    bool gzip;
  };
  const Row rows[] = {
      {"", false},
      {"gzip", true},
      {"GZIP", true},
      {"x-gzip", true},
      {"gzip, deflate, br", true},
      {"deflate", false},
      {"identity", false},
      {"*", true},
      {"*;q=0", false},
      {"gzip;q=0", false},
      {"gzip;q=0.000", false},
      {"gzip;q=0.001", true},
      {"gzip;q=0, *", false},
      {"*;q=0, gzip", true},
      {"identity;q=0, gzip;q=0.5", true},
      {"identity;q=0", false},
      {"deflate ; q=1 , gzip ; q=0.2", true},
  };
  for (const Row& row : rows) {
    CAPTURE(row.accept_encoding);
    CHECK(accepts_gzip(row.accept_encoding) == row.gzip);
  }
}

TEST_CASE("negotiate: content types carry the version") {
  CHECK(content_type(Format::text) == "text/plain; version=0.0.4; charset=utf-8");
  CHECK(content_type(Format::openmetrics) == "application/openmetrics-text; version=1.0.0; charset=utf-8");
}
