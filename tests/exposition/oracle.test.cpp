// What we expose, judged by parsers that are not ours: python3-prometheus-client (strict for
// OpenMetrics) and promtool. Without them the test says so, loudly, and judges nothing.
#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <utility>

#include "decode/prometheus_text.h"
#include "exposition/build.h"
#include "support/catch.h"
#include "support/folder.h"

using namespace tallyman;
using namespace tallyman::test;
using exposition::Format;

namespace {

struct Ran {
  int code = -1;
  std::string output;
};

Ran run(const std::string& command) {
  Ran out;
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return out;
  char part[4096];
  while (const std::size_t n = fread(part, 1, sizeof part, pipe)) out.output.append(part, n);
  const int status = pclose(pipe);
  out.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return out;
}

const std::string python = "/usr/bin/python3";

bool have_python() {
  static const bool have = run(python + " -c 'import prometheus_client.openmetrics.parser'").code == 0;
  if (!have) WARN("SKIPPED: no /usr/bin/python3 with prometheus_client (Debian: python3-prometheus-client)");
  return have;
}
bool have_promtool() {
  static const bool have = run("promtool --version").code == 0;
  if (!have) WARN("SKIPPED in part: no promtool (Debian: prometheus)");
  return have;
}

struct Case {
  std::string name;
  std::vector<store::SnapshotPtr> all;
  std::size_t series;  // as counted by hand
};

// Both formats of each, as all judges see them; one run of python for all, for it starts slowly.
void judge(const std::vector<Case>& cases) {
  const Folder folder;
  std::string files;
  for (std::size_t i = 0; i < cases.size(); ++i)
    files += " " + folder.write("text" + std::to_string(i), exposed(cases[i].all, Format::text)) + " " +
             folder.write("openmetrics" + std::to_string(i), exposed(cases[i].all, Format::openmetrics));
  if (have_python()) {
    const Ran ran = run("timeout 120 " + python + " " TALLYMAN_TESTS_DIR "/exposition/compare.py" + files);
    CHECK(ran.code == 0);
    std::istringstream lines(ran.output);
    for (const Case& c : cases) {
      std::string line;
      std::getline(lines, line);
      CAPTURE(c.name);
      CHECK(line == std::to_string(c.series) + " series");
    }
  }
  if (!have_promtool()) return;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    // 3: well formed, with names that the linter would choose otherwise: they are the source's.
    const Ran ran = run("timeout 60 promtool check metrics < " + folder.path() + "/text" + std::to_string(i));
    CAPTURE(cases[i].name, ran.output);
    CHECK((ran.code == 0 || ran.code == 3));
  }
}

store::SnapshotPtr read_again(const std::string& target, std::string_view text, std::size_t& samples) {
  const auto parsed = decode::parse_prometheus(std::string(text));
  REQUIRE(parsed.has_value());
  samples += parsed->samples - parsed->duplicates;
  SampleBatch batch;
  decode::fill_batch(*parsed, batch);
  auto out = std::make_shared<store::Snapshot>();
  out->target = target;
  out->blocks.push_back(block_of(target, batch, store::Clock::time_point::max()));
  return out;
}

}  // namespace

TEST_CASE("oracle: captured texts of all targets at once are well formed in both formats") {
  std::vector<Case> cases;
  Case together{"all", {}, 0};
  for (const char* name : {"bullmq.prom", "dask.prom", "fastapi.prom", "flower.prom", "indico.prom", "kobo.prom",
                           "php-fpm.openmetrics", "reva.prom"}) {
    std::ifstream in(std::string(TALLYMAN_TESTS_DIR "/decode/prometheus/") + name, std::ios::binary);
    REQUIRE(in.good());
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    std::size_t own = 0;
    const auto target = read_again(name, text, own);
    cases.push_back({name, {target}, own});
    together.all.push_back(target);
    together.series += own;
  }
  CHECK(together.series == 491);  // as tests/decode counts their lines
  CHECK(exposition::plan_for(together.all, nullptr).conflicts.empty());
  cases.push_back(std::move(together));
  judge(cases);
}

TEST_CASE("oracle: what OpenMetrics forbids is shown so that it parses, with every series") {
  struct Row {
    const char* text;
    std::size_t series;
  };
  const Row rows[] = {
      {"# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 2\nh_sum 3\nh_count 2\n", 4},
      {"# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_sum 3\nh_count 2\n", 3},
      {"# TYPE h histogram\nh_bucket{le=\"+Inf\"} 2\nh_count 2\n", 2},
      {"# TYPE h histogram\nh_bucket{le=\"+Inf\"} 2\nh_sum 2\n", 2},
      {"# TYPE h histogram\nh_sum 2\nh_count 2\n", 2},
      {"# TYPE h histogram\nh_bucket{le=\"1\"} 3\nh_bucket{le=\"+Inf\"} 2\nh_sum 2\nh_count 2\n", 4},
      {"# TYPE h histogram\nh_bucket{le=\"+Inf\"} 2\nh_sum 2\nh_count 3\n", 3},
      {"# TYPE h histogram\nh_bucket{le=\"+Inf\"} 2\nh_sum NaN\nh_count 2\n", 3},
      {"# TYPE h histogram\nh_bucket{le=\"+Inf\"} 2.5\nh_sum 1\nh_count 2.5\n", 3},
      {"# TYPE h histogram\nh_bucket{le=\"-1\"} 1\nh_bucket{le=\"+Inf\"} 2\nh_sum -2\nh_count 2\n", 4},
      {"# TYPE h histogram\nh_bucket{le=\"-1\"} 1\nh_bucket{le=\"+Inf\"} 2\nh_sum 2\nh_count 2\n", 4},
      {"# TYPE h histogram\nh_bucket{le=\"much\"} 1\nh_bucket 2\nh 7\n", 3},
      {"# TYPE h histogram\nh_bucket{le=\"1000000\"} 1\nh_bucket{le=\"2.5\"} 1\nh_bucket{le=\"inf\"} 2\n", 3},
      {"# TYPE h gaugehistogram\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 2\nh_gsum 3\nh_gcount 2\n", 4},
      {"# TYPE h gaugehistogram\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 2\nh_gsum -3\nh_gcount 2\n", 4},
      {"# TYPE h gaugehistogram\nh_bucket{le=\"1\"} 1\nh_gsum 3\n", 2},
      {"# TYPE s summary\ns{quantile=\"0.5\"} 1\ns{quantile=\"1\"} NaN\ns_sum 2\ns_count 2\n", 4},
      {"# TYPE s summary\ns{quantile=\"50\"} 1\ns_sum 2\ns_count 2\n", 3},
      {"# TYPE s summary\ns{quantile=\"0.5\"} -1\ns_sum -2\ns_count 2\n", 3},
      {"# TYPE s summary\ns 1\ns_sum 2\n", 2},
      {"# TYPE c_total counter\nc_total -1\n", 1},
      {"# TYPE c_total counter\nc_total NaN\n", 1},
      {"# TYPE c counter\nc 1\n", 1},
      {"# TYPE c counter\nc 1\nc_total 2\n", 2},
      {"# TYPE c gauge\nc 1\n# TYPE c_total counter\nc_total 2\n", 2},
      {"# TYPE c_total counter\nc_total 1\n# TYPE c_created gauge\nc_created 9\n", 2},
      {"# TYPE c_total counter\nc_total 1\n# TYPE c_created gauge\nc_created{a=\"1\"} 9\n", 2},
      {"# TYPE c counter\nc 1\n# TYPE c_created gauge\nc_created 9\n", 2},
      {"# TYPE c_total_total counter\nc_total_total 1\n# TYPE c_total counter\nc_total 2\n", 2},
      {"# TYPE i info\ni_info{a=\"1\"} 1\n# TYPE i gauge\n", 1},
      {"# TYPE i info\ni_info{a=\"1\"} 2\n", 1},
      {"# TYPE i info\ni{a=\"1\"} 1\n", 1},
      {"# TYPE e stateset\ne{e=\"a\"} 1\ne{e=\"b\"} 0\n", 2},
      {"# TYPE e stateset\ne{state=\"a\"} 1\ne{state=\"b\"} 0\n", 2},
      {"# TYPE e stateset\ne{e=\"a\"} 3\n", 1},
      {"# TYPE u unknown\nu +Inf\nu{a=\"\"} 1\nu{a=\"\\\\ \\\" \\n } # {\"} 1e300\n", 2},
      {"# HELP x a \\\\ \\n \"b\"\n# TYPE x gauge\n# UNIT x s\nx 18446744073709551615\n", 1},
      {"# HELP x_s \n# TYPE x_s gauge\n# UNIT x_s s\nx_s -0.001\n", 1},
      {"# TYPE x_info info\n# UNIT x_info info\nx_info 1\n", 1},
      {"x_bucket 1\nx_count{le=\"1\"} 2\nx_sum 3\nx_total 4\nx_created 5\nx_info 6\nx 7\n", 7},
      {"# TYPE h histogram\nh_bucket{p=\"a\",le=\"1\"} 1\nh_bucket{p=\"b\",le=\"1\"} 1\nh_bucket{p=\"a\",le=\"+Inf\"} "
       "1\n"
       "h_bucket{p=\"b\",le=\"+Inf\"} 1\nh_sum{p=\"b\"} 1\nh_sum{p=\"a\"} 1\nh_count{p=\"b\"} 1\nh_count{p=\"a\"} 1\n"
       "h_created{p=\"b\"} 1\nh_created{p=\"a\"} 1\n",
       10},
  };
  // Each alone, and all of them as targets of one exposition, where the types disagree.
  std::vector<Case> cases;
  Case together{"all", {}, 0};
  for (const Row& row : rows) {
    std::size_t samples = 0;
    together.all.push_back(read_again("t" + std::to_string(100 + cases.size()), row.text, samples));
    cases.push_back({row.text, {together.all.back()}, row.series});
  }
  std::istringstream lines(exposed(together.all, Format::text));
  for (std::string line; std::getline(lines, line);) together.series += line[0] != '#';
  CHECK(together.series > 50);
  cases.push_back(std::move(together));
  judge(cases);
}
