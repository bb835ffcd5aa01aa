// What a collector may say although a person hardly means it: the exact text of each warning, and that the file can be
// run. And that nothing is said of the built-in collectors.
#include "config/builtin_collectors.h"
#include "config/collector_review.h"
#include "config/errors.h"
#include "support/catch.h"

using namespace tallyman;

namespace {

const std::string head = "collector: x\nabout: t\nrequests: { r: {} }\n";

std::vector<std::string> said(const std::string& yaml, const std::string& name) {
  Diagnostics found;
  const auto file = config::parse_collector(yaml, name + ".yaml", name, found);
  for (const Diagnostic& d : found) UNSCOPED_INFO(to_string(d));
  REQUIRE(file.has_value());
  config::review_collector(*file, found);
  CHECK_FALSE(has_errors(found));
  return lines(found);
}

void check(const std::vector<Mistake>& rows) {
  for (const Mistake& row : rows) {
    INFO(row.yaml);
    CHECK(said(head + row.yaml, "x") == row.said);
  }
}

// A service with one metric, whose name stands at 4:23.
std::string metric(const std::string& name, const std::string& rest) {
  return "service: { metrics: { " + name + ": { " + rest + ", help: h } } }\n";
}

}  // namespace

TEST_CASE("collector warnings: beside errors, what holds whatever stands at their place") {
  const auto said_too = [](const std::string& yaml) {
    Diagnostics found;
    const config::CollectorFile file = config::read_collector(yaml, "x.yaml", "x", found);
    REQUIRE(has_errors(found));
    const std::size_t errors = found.size();
    config::review_collector(file, found);
    return lines(Diagnostics(found.begin() + static_cast<std::ptrdiff_t>(errors), found.end()));
  };
  CHECK(said_too("collector: x\nabout: t\nrequests: { r: {} }\nservice:\n  eahc: $.a\n  each: \"$.b[*]\"\n"
                 "  labels:\n    task_id: \"@.x\"\n    job_id: { path: \"@.y\", mpa: { a: b } }\n"
                 "  metrics:\n    m_ms: { gauge: 1, help: h }\n") ==
        std::vector<std::string>{
            "x.yaml:8:5: warning: the label `task_id` may have values without end: every task has another, and each "
            "makes series that stay; expected something of which there are few (`extract` takes a part)",
            "x.yaml:11:5: warning: `m_ms` says milliseconds; expected `m_seconds` with `as: ms`"});
  // The rule that reads `q` and the labels of the first `m` were not read.
  CHECK(said_too("collector: x\nabout: t\nrequests: { r: {}, q: {} }\nservice:\n"
                 "  - { from: r, labels: { a: { pth: $.x } }, metrics: { m: { gauge: 1, help: h } } }\n"
                 "  - { from: r, metrics: { m: { gauge: 1, help: h } } }\n"
                 "  - { form: q, load: 1 }\n")
            .empty());
  CHECK(said_too("collector: x\nservice: [\n").empty());
}

TEST_CASE("collector warnings: values that are not what they look like") {
  check({
      {"workers: { each: \"$.w[*]\", worker: \"{@.name}\" }\n",
       {"x.yaml:4:36: warning: `{@.name}` is shown as it stands: only {key}, {now} and names are filled in; expected "
        "`\"@.name\"`"}},
      {"workers: { each: \"$.w[*]\", worker: \"@.n\", host: \"h-{$.host}\" }\n",
       {"x.yaml:4:49: warning: `{$.host}` is shown as it stands: only {key}, {now} and names are filled in; expected "
        "`concat: [..]` of the path `$.host` and the texts beside it"}},
      {"workers: { each: \"$.w[*]\", worker: \"{key}\", host: \"{{@\" }\n", {}},
      {"workers: { each: \"$.w[*]\", worker: \"$.w[0].name\" }\n",
       {"x.yaml:4:36: warning: `worker: $.w[0].name` is the same for every item of `each: $.w[*]`; expected a path in "
        "the item, `\"@.name\"`"}},
      {"workers: { each: \"$.w[*]\", worker: \"$.name\" }\n", {}},
      {"workers: { each: [\"$.w[*]\", \"@.p[*]\"], worker: \"@.n\" }\n", {}},
      {"workers: { each: [\"$.w[*]\", \"$.p[*]\"], worker: \"@.n\" }\n",
       {"x.yaml:4:29: warning: step 2 of `each`, `$.p[*]`, is the same for every item of the step before; expected a "
        "path in the item, `\"@.p[*]\"`, or a rule of its own"}},
      {"workers: { each: \"$.w[*]\", worker: \"@.n\", labels: { zone: \"@.z\" } }\n",
       {"x.yaml:4:53: warning: `labels` are of the rule's own `metrics`, and it has none; expected `metrics`, or the "
        "keys that the vocabulary has (pool, queue, namespace ...)"}},
  });
}

TEST_CASE("collector warnings: names that break Prometheus' conventions") {
  check({
      {metric("jobs", "gauge: $.a"), {}},
      {metric("jobs_total", "counter: $.a"), {}},
      {metric("jobs_total", "gauge: $.a"),
       {"x.yaml:4:23: warning: `jobs_total` ends in _total, which says that it only rises, and is a gauge; expected a "
        "`counter`, or a name without it"}},
      {metric("wait_seconds_total", "histogram: { buckets: \"$.*\", le: \"{key}\" }"),
       {"x.yaml:4:23: warning: `wait_seconds_total` ends in _total, which says that it only rises, and is a histogram; "
        "expected a `counter`, or a name without it"}},
      {metric("node", "info: { os: $.os }"),
       {"x.yaml:4:23: warning: `node` is an info; expected a name that ends in _info"}},
      {metric("node_info", "info: { os: $.os }"), {}},
      {metric("node_info", "gauge: $.a"),
       {"x.yaml:4:23: warning: `node_info` ends in _info, which says that its value is always 1; expected an `info`, "
        "or "
        "a name without it"}},
      {metric("jobs_count", "gauge: $.a"),
       {"x.yaml:4:23: warning: `jobs_count` ends in _count, as samples of histograms and summaries do; expected "
        "another "
        "name"}},
      {metric("wait_sum_total", "counter: $.a"),
       {"x.yaml:4:23: warning: `wait_sum_total` ends in _sum, as samples of histograms and summaries do; expected "
        "another name"}},
      {metric("job:waiting", "gauge: $.a"),
       {"x.yaml:4:23: warning: `job:waiting` has a colon, which is for names that recording rules give"}},
  });
}

TEST_CASE("collector warnings: units in names") {
  check({
      {metric("wait_seconds", "gauge: $.a"), {}},
      {metric("wait_seconds", "gauge: { path: $.a, as: ms }"), {}},
      {metric("started_timestamp_seconds", "gauge: { path: $.a, as: time }"), {}},
      {metric("used_bytes_total", "counter: { path: $.a, as: KiB }"), {}},
      {metric("used_ratio", "gauge: { path: $.a, as: percent }"), {}},
      {metric("load_min", "gauge: $.a"), {}},  // a minimum
      {metric("wait_ms", "gauge: $.a"),
       {"x.yaml:4:23: warning: `wait_ms` says milliseconds; expected `wait_seconds` with `as: ms`"}},
      {metric("wait_ms", "gauge: { path: $.a, as: ms }"),  // a thousandth of what it says
       {"x.yaml:4:23: warning: `wait_ms` says milliseconds, and `as: ms` converts to the base unit; expected "
        "`wait_seconds`"}},
      {metric("cpu_us_total", "counter: $.a"),
       {"x.yaml:4:23: warning: `cpu_us_total` says microseconds; expected `cpu_seconds_total` with `as: us`"}},
      {metric("uptime_hours", "gauge: $.a"),
       {"x.yaml:4:23: warning: `uptime_hours` says hours; expected `uptime_seconds` with `as: h`"}},
      {metric("memory_mb", "gauge: $.a"),
       {"x.yaml:4:23: warning: `memory_mb` says megabytes; expected `memory_bytes` with `as: MB or MiB`"}},
      {metric("memory_kib", "gauge: $.a"),
       {"x.yaml:4:23: warning: `memory_kib` says kibibytes; expected `memory_bytes` with `as: KiB`"}},
      {metric("used_percent", "gauge: $.a"),
       {"x.yaml:4:23: warning: `used_percent` says hundredths; expected `used_ratio` with `as: percent`"}},
      {metric("wait", "gauge: { path: $.a, as: us }"),
       {"x.yaml:4:23: warning: `wait` does not say its unit: `as: us` gives seconds; expected a name that ends in "
        "_seconds"}},
      {metric("read_total", "counter: { path: $.a, as: size }"),
       {"x.yaml:4:23: warning: `read_total` does not say its unit: `as: size` gives bytes; expected a name that ends "
        "in "
        "_bytes_total"}},
      {metric("used_seconds", "gauge: { path: $.a, as: percent }"),
       {"x.yaml:4:23: warning: `used_seconds` does not say its unit: `as: percent` gives ratio; expected a name that "
        "ends in _ratio"}},
      {metric("wait", "histogram: { buckets: \"$.*\", le: \"{key}\", as: ms }"),
       {"x.yaml:4:23: warning: `wait` does not say its unit: `as: ms` gives seconds; expected a name that ends in "
        "_seconds"}},
  });
}

TEST_CASE("collector warnings: families") {
  const std::string one =
      "workers:\n- worker: \"@.n\"\n  labels: { os: $.os }\n  metrics: { a: { gauge: 1, help: h } }\n";
  check({
      {one + "- worker: \"@.n\"\n  labels: { os: $.o }\n  metrics: { a: { gauge: 2, help: h } }\n", {}},
      {one + "- worker: \"@.n\"\n  metrics: { a: { gauge: 2, help: h } }\n",
       {"x.yaml:9:14: warning: `a` has other labels than on line 7: here worker, there os, worker; expected one set of "
        "labels in a family"}},
      {"service:\n- metrics: { a: { gauge: 1, help: h } }\n- labels: { b: $.b }\n  metrics: { a: { gauge: 1, help: h } "
       "}\n",
       {"x.yaml:7:14: warning: `a` has other labels than on line 5: here b, there none; expected one set of labels in "
        "a "
        "family"}},
      {"service:\n- metrics: { a_info: { info: { v: $.v }, help: h } }\n- metrics: { a_info: { info: { w: $.v }, help: "
       "h } }\n",
       {"x.yaml:6:14: warning: `a_info` has other labels than on line 5: here w, there v; expected one set of labels "
        "in "
        "a family"}},
      {"service: { metrics: { jobs: { gauge: $.a, help: h }, jobs_total: { counter: $.b, help: h } } }\n",
       {"x.yaml:4:54: warning: `jobs_total` and `jobs` on line 4 are one family in OpenMetrics, `jobs`, with two "
        "types; "
        "expected another name"}},
      {"service: { metrics: { jobs_info: { info: { v: $.v }, help: h }, jobs: { gauge: $.a, help: h } } }\n",
       {"x.yaml:4:65: warning: `jobs` and `jobs_info` on line 4 are one family in OpenMetrics, `jobs`, with two types; "
        "expected another name"}},
  });
}

TEST_CASE("collector warnings: labels with values without end") {
  const std::string without_end = " may have values without end: ";
  const std::string task = without_end +
                           "every task has another, and each makes series that stay; expected something "
                           "of which there are few (`extract` takes a part)";
  const std::string port = without_end +
                           "every connection has another, and each makes series that stay; expected "
                           "something of which there are few (`extract` takes a part)";
  const std::string url = without_end +
                          "there are as many as clients make, and each makes series that stay; expected "
                          "something of which there are few (`extract` takes a part)";
  const auto label = [](const std::string& l) {
    return "service: { each: \"$[*]\", labels: { " + l + " }, metrics: { a: { gauge: 1, help: h } } }\n";
  };
  check({
      {"workers: { each: \"$[*]\", worker: \"@.id\", load: \"@.n\" }\n", {}},
      {"workers: { each: \"$[*]\", worker: \"@.workerid\", load: \"@.n\" }\n", {}},
      {"workers: { each: \"$[*]\", worker: \"@.jobId\", load: \"@.n\" }\n",
       {"x.yaml:4:26: warning: the label `worker` is read from `jobId`, and" + task}},
      {"workers: { each: \"$[*]\", worker: \"@.uri\", load: \"@.n\" }\n",
       {"x.yaml:4:26: warning: the label `worker` is read from `uri`, and" + url}},
      {"workers: { each: \"$[*]\", worker: { path: \"@.uri\", extract: \"//([^:/]+)\" }, load: \"@.n\" }\n", {}},
      {"queues: { each: \"$[*]\", queue: \"{task_id}\", tasks: { ready: 1 } }\n",
       {"x.yaml:4:25: warning: the label `queue` is read from `task_id`, and" + task}},
      {label("host: \"@.host\""), {}},
      {label("task_id: \"@.id\""), {"x.yaml:4:36: warning: the label `task_id`" + task}},
      {label("id: \"@.job['build-id']\""),
       {"x.yaml:4:36: warning: the label `id` is read from `build-id`, and" + task}},
      {label("id: \"@.uuid\""), {"x.yaml:4:36: warning: the label `id` is read from `uuid`, and" + task}},
      {label("client: { concat: [\"@.ip\", \"@.client_port\"], sep: \":\" }"),
       {"x.yaml:4:36: warning: the label `client` is read from `client_port`, and" + port}},
      {label("page: { first: [\"@.page\", \"@.request.url\"] }"),
       {"x.yaml:4:36: warning: the label `page` is read from `url`, and" + url}},
      {label("url: \"@.u\""), {"x.yaml:4:36: warning: the label `url`" + url}},
      {label("port: { path: \"@.port\", map: { 80: http, 443: https } }"), {}},
      {label("support: \"@.transport\""), {}},
      {label("Zone: \"@.zone\""),
       {"x.yaml:4:36: warning: the label `Zone` has capital letters; expected small ones, digits and _"}},
      {"service: { metrics: { a_info: { info: { uri: \"$.x\" }, help: h } } }\n",
       {"x.yaml:4:41: warning: the label `uri`" + url}},
  });
}

TEST_CASE("collector warnings: what nothing reads") {
  const std::string about = "collector: x\nabout: t\n";
  const std::string rule = "service: { from: a, load: $.n }\n";
  const std::string table = "tables: { names: { from: b, each: \"$[*]\", key: \"@.id\", value: \"@.name\" } }\n";
  const auto requests = [&](const std::string& b) { return about + "requests:\n  a: {}\n  b: " + b + "\n"; };
  const std::string unread = "x.yaml:5:3: warning: the request `b` is asked and nothing reads its answer; expected ";
  const Mistake rows[] = {
      {about + "requests: { a: {} }\nservice: { load: 1 }\n", {}},
      {about + "requests: { a: { format: prometheus } }\npassthrough: { from: a }\n", {}},
      {requests("{}") + rule, {unread + "`from: b` in a rule, or `expect` if the answer is only to be good"}},
      {requests("{ optional: true }") + rule, {unread + "`from: b` in a rule"}},
      {requests("{ optional: true, expect: $.ok }") + rule, {unread + "`from: b` in a rule"}},
      {requests("{ expect: $.ok }") + rule, {}},
      {requests("{ for_each: { from: a, each: \"$[*]\", as: { id: \"@.id\" } } }") + rule,
       {unread + "`from: b` in a rule, or `expect` if the answer is only to be good"}},
      {requests("{ for_each: { from: a, each: \"$[*]\", as: { id: \"@.id\" } } }") + "service: { from: b, load: 1 }\n",
       {}},
      {requests("{}") + table + rule,
       {"x.yaml:6:11: warning: the table `names` is filled and nothing reads it; expected `map: names` in a value"}},
      {requests("{}") + table + "service: { from: a, load: { first: [{ path: $.n, map: names }] } }\n", {}},
      {requests("{}") + table +
           "service: { from: a, labels: { n: { path: $.n, map: names } }, metrics: { m: { gauge: 1, help: h } } }\n",
       {}},
      {requests("{}") + table + "queues: { from: a, queue: q, state: { path: $.n, map: names }, tasks: 1 }\n", {}},
      {requests("{}") + table + "queues: { from: a, queue: q, tasks: { ready: { path: $.n, map: names } } }\n", {}},
      {requests("{}") + table + "service: { from: a, workers: { busy: { path: $.n, map: names } } }\n", {}},
      {requests("{}") + table +
           "service: { from: a, metrics: { m_info: { info: { n: { path: $.n, map: names } }, help: h } } }\n",
       {}},
      {requests("{}") + table +
           "service: { from: a, metrics: { m: { histogram: { buckets: $.b, le: { path: \"@.n\", map: names } }, help: "
           "h } "
           "} }\n",
       {}},
  };
  for (const Mistake& row : rows) {
    INFO(row.yaml);
    CHECK(said(row.yaml, "x") == row.said);
  }
}

TEST_CASE("collector warnings: none of the built-in collectors") {
  for (const config::Builtin& builtin : config::builtin_collectors()) {
    const std::string name(builtin.name);
    CHECK(said(std::string(builtin.yaml), name) == std::vector<std::string>{});
  }
}

TEST_CASE("collector warnings: the id of a task is no label, and that of a worker is one") {
  const std::string why =
      " is read from `id`, and may have values without end: every task has another, and each makes "
      "series that stay; expected something of which there are few (`extract` takes a part)";
  check({
      {"service: { each: \"$.jobs[*]\", labels: { job: \"@.id\" }, metrics: { job_progress: { gauge: \"@.p\", help: h "
       "} } }\n",
       {"x.yaml:4:41: warning: the label `job`" + why}},
      {"queues: { each: \"$.list[*]\", fold: sum, queue: \"@['id']\", state: \"@.state\", tasks: 1 }\n",
       {"x.yaml:4:41: warning: the label `queue`" + why}},
      {"workers: { each: \"$.workers[*]\", worker: \"@.id\" }\n", {}},
      {"queues: { each: \"$.queues[*]\", queue: \"@.id\", tasks: { ready: \"@.n\" } }\n", {}},
      {"queues: { each: \"$.jobs[*]\", fold: sum, queue: \"@.queue.id\", state: \"@.state\", tasks: 1 }\n", {}},
      {"queues: { each: [\"$.queues[*]\", \"@.jobs[*]\"], fold: sum, queue: { path: \"@.id\", outer: 1 }, tasks: { "
       "ready: 1 } }\n",
       {}},
  });
}
