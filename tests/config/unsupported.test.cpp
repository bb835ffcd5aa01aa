// What the language has and the agent has not yet: refused, one row each. A row goes when the
// thing is built.
#include "config/collector_file.h"
#include "config/errors.h"
#include "support/catch.h"

using namespace tallyman;

TEST_CASE("unsupported: is said with its place, never silently accepted") {
  const std::string names = "collector: x\nabout: t\n";
  const std::string rule = "\nservice: { load: 1 }\n";
  const std::vector<Mistake> rows = {
      {names + "requests: { r: { send: stats } }" + rule, {"x.yaml:3:24: `send` is not supported yet"}},
      {names + "requests: { r: { until: end } }" + rule, {"x.yaml:3:25: `until` is not supported yet"}},
  };
  for (const Mistake& row : rows) {
    INFO(row.yaml);
    Diagnostics found;
    CHECK_FALSE(config::parse_collector(row.yaml, "x.yaml", "x", found).has_value());
    CHECK(lines(found) == row.said);
  }
}
