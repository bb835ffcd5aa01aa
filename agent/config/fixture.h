// A case of `tallyman test`: a collector, what its requests are answered, and when. The expected
// samples lie beside it in expected.prom. The layout is in tests/collectors/README.md.
#pragma once
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/collector_file.h"
#include "core/diagnostic.h"
#include "core/reply_headers.h"

namespace tallyman::config {

struct Fixture {
  struct Answer {
    Text file;  // relative to the case
    Text path;  // if given: what the collector must have asked, with its query
    int status = 200;
    ReplyHeaders headers;
  };
  Text collector;
  double now = 0;  // epoch seconds, {now} of all answers
  Parameters with;
  Text timezone;
  // By request, in the order in which they are asked: pages, follow-ups. A request that is not
  // named here fails, as if it had been refused.
  std::vector<std::pair<Text, std::vector<Answer>>> answers;
  // By family: how far a value may be off, for times that are differences.
  std::vector<std::pair<std::string, double>> tolerance;
  // Errors that rules must report, `rule reason` ("workers[0] type"): what is not named is 0.
  std::vector<std::pair<std::string, std::uint64_t>> errors;
};

std::optional<Fixture> parse_fixture(const std::string& yaml, const std::string& file, Diagnostics& out);

}  // namespace tallyman::config
