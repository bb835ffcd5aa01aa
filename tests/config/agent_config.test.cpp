// targets.yaml: a good file field by field, includes, defaults, variables. Mistakes are in
// agent_errors.test.cpp.
#include "config/agent_config.h"

#include "config/expand.h"
#include "config/world.h"
#include "support/catch.h"

using namespace tallyman;
using namespace tallyman::config;
using namespace std::chrono_literals;

namespace {

AgentConfig load(const World& world, const std::string& path = "targets.yaml") {
  Diagnostics found;
  const auto config = load_agent(path, world.sources(), found);
  for (const Diagnostic& d : found) UNSCOPED_INFO(to_string(d));
  REQUIRE(config.has_value());
  return *config;
}

std::vector<std::string> texts(const std::vector<Text>& all) {
  std::vector<std::string> out;
  for (const Text& text : all) out.push_back(text.text);
  return out;
}

}  // namespace

TEST_CASE("targets: a minimal file gets the documented defaults") {
  const AgentConfig config =
      load({{{"targets.yaml", "targets:\n- { name: a, collector: rabbitmq, url: http://h:1 }\n"}}, {}});
  CHECK(config.listen.text == ":10780");
  CHECK(config.threads == 1);
  CHECK(config.log_level == log::Level::info);
  CHECK(config.log_form == log::Form::text);
  CHECK(config.collector_paths.empty());
  REQUIRE(config.targets.size() == 1);
  const Target& t = config.targets[0];
  CHECK(t.name.text == "a");
  CHECK(to_string(t.name.at) == "targets.yaml:2:11");
  CHECK(t.collector.text == "rabbitmq");
  CHECK(to_string(t.collector.at) == "targets.yaml:2:25");
  CHECK(t.endpoint.url.text() == "http://h:1");
  CHECK(to_string(t.url_at) == "targets.yaml:2:40");
  CHECK(t.interval == 15s);
  CHECK(t.timeout == 10s);
  CHECK(t.on_failure == OnFailure::hold);
  CHECK_FALSE(t.max_age.has_value());
  CHECK_FALSE(t.worker_grace.has_value());
  CHECK_FALSE(t.honor_labels);
  CHECK(t.limits.body_bytes == 16u * 1024 * 1024);
  CHECK(t.limits.samples == 100'000);
  CHECK(t.limits.label_value_bytes == 1024);
  CHECK(t.limits.depth == 64);
  CHECK(t.endpoint.body_limit == 16u * 1024 * 1024);
  CHECK(t.endpoint.auth.kind == AuthSettings::Kind::none);
  CHECK(t.timezone.empty());
}

TEST_CASE("targets: every setting arrives in its field") {
  const char* text = R"(
listen: "127.0.0.1:9999"
threads: 4
log: { level: warn, format: json }
collector_paths: [mine, /etc/tallyman/collectors]
targets:
  - name: rabbit
    collector: rabbitmq
    url: https://rabbit.example:15671/base/
    interval: 30s
    timeout: 2500ms
    labels: { team: blue, rack: 12, primary: true }
    headers: { X-Trace: abc, X-Count: 3 }
    auth: { basic: { user: monitor, password: env:RABBIT_PASSWORD } }
    tls: { ca: ca.pem, cert: /etc/c.pem, key: k.pem, server_name: rabbit }
    limits: { body: 1MiB, samples: 500, label: 64B, depth: 10, pages: 3, follow_ups: 4 }
    on_failure: drop
    max_age: 2m
    worker_grace: 0s
    honor_labels: true
    filter: { keep: ["tally_*", "rabbitmq_*"], drop: ["*_secret"], keep_labels: [queue], drop_labels: [node] }
    with: { page_size: 100, names: [a, 2], note: null, flag: true, text: "5" }
    timezone: Europe/Berlin
)";
  const AgentConfig config =
      load({{{"conf/targets.yaml", text}}, {{"RABBIT_PASSWORD", "secret"}}}, "conf/targets.yaml");
  CHECK(config.listen.text == "127.0.0.1:9999");
  CHECK(config.threads == 4);
  CHECK(config.log_level == log::Level::warn);
  CHECK(config.log_form == log::Form::json);
  CHECK(texts(config.collector_paths) == std::vector<std::string>{"conf/mine", "/etc/tallyman/collectors"});
  CHECK(to_string(config.collector_paths[1].at) == "conf/targets.yaml:5:25");
  REQUIRE(config.targets.size() == 1);
  const Target& t = config.targets[0];
  CHECK(t.endpoint.url.text() == "https://rabbit.example:15671/base/");
  CHECK(t.interval == 30s);
  CHECK(t.timeout == 2500ms);
  CHECK(t.labels == Labels{{"team", "blue"}, {"rack", "12"}, {"primary", "true"}});
  CHECK(t.endpoint.headers == Labels{{"X-Trace", "abc"}, {"X-Count", "3"}});
  CHECK(t.endpoint.auth.kind == AuthSettings::Kind::basic);
  CHECK(t.endpoint.auth.name == "monitor");
  CHECK(t.endpoint.auth.secret.source() == Secret::Source::env);
  CHECK(t.endpoint.auth.secret.reveal() == "RABBIT_PASSWORD");
  CHECK(t.endpoint.tls.ca == "conf/ca.pem");
  CHECK(t.endpoint.tls.cert == "/etc/c.pem");
  CHECK(t.endpoint.tls.key == "conf/k.pem");
  CHECK(t.endpoint.tls.server_name == "rabbit");
  CHECK_FALSE(t.endpoint.tls.insecure);
  CHECK(t.limits.body_bytes == 1048576);
  CHECK(t.endpoint.body_limit == 1048576);
  CHECK(t.limits.samples == 500);
  CHECK(t.limits.label_value_bytes == 64);
  CHECK(t.limits.depth == 10);
  CHECK(t.limits.pages == 3);
  CHECK(t.limits.follow_ups == 4);
  CHECK(t.on_failure == OnFailure::drop);
  CHECK(t.max_age == Nanoseconds(2min));
  CHECK(t.worker_grace == Nanoseconds(0));
  CHECK(t.honor_labels);
  CHECK(texts(t.filter.keep) == std::vector<std::string>{"tally_*", "rabbitmq_*"});
  CHECK(texts(t.filter.drop) == std::vector<std::string>{"*_secret"});
  CHECK(texts(t.filter.keep_labels) == std::vector<std::string>{"queue"});
  CHECK(texts(t.filter.drop_labels) == std::vector<std::string>{"node"});
  REQUIRE(t.with.size() == 5);
  CHECK(std::get<Scalar>(t.with[0].second) == Scalar(Number::of(std::int64_t{100})));
  CHECK(std::get<std::vector<Scalar>>(t.with[1].second) ==
        std::vector<Scalar>{Scalar("a"), Scalar(Number::of(std::int64_t{2}))});
  CHECK(std::get<Scalar>(t.with[2].second) == Scalar(std::monostate{}));
  CHECK(std::get<Scalar>(t.with[3].second) == Scalar(true));
  CHECK(std::get<Scalar>(t.with[4].second) == Scalar("5"));
  CHECK(t.timezone.text == "Europe/Berlin");
}

TEST_CASE("targets: what may be probed") {
  const std::string rest = "\ntargets: [{ name: a, collector: c, url: http://h }]\n";
  CHECK_FALSE(load({{{"targets.yaml", rest}}, {}}).probe);

  const AgentConfig least =
      load({{{"targets.yaml", "probe: { allow: { networks: [10.0.0.0/8] }, collectors: [c] }" + rest}}, {}});
  REQUIRE(least.probe);
  CHECK(least.probe->max == 20);
  CHECK(least.probe->auth.empty());
  CHECK(texts(least.probe->collectors) == std::vector<std::string>{"c"});
  CHECK(least.probe->reach->hosts.empty());
  CHECK(least.probe->reach->ports.empty());
  CHECK(least.probe->reach->http);
  CHECK(least.probe->reach->https);
  CHECK(least.probe->reach->allows_address("10.1.2.3"));
  CHECK_FALSE(least.probe->reach->allows_address("11.1.2.3"));

  // For modules of json_exporter there need be neither collectors nor targets.
  for (const char* more : {"", "targets: []\n"}) {
    const AgentConfig bare =
        load({{{"targets.yaml", "probe: { allow: { networks: [10.0.0.0/8] } }\n" + std::string(more)}}, {}});
    REQUIRE(bare.probe);
    CHECK(bare.probe->collectors.empty());
    CHECK(bare.targets.empty());
  }

  const AgentConfig all =
      load({{{"d/targets.yaml",
              "probe:\n"
              "  allow:\n"
              "    networks: [10.0.0.0/8, \"fd00::/8\"]\n"
              "    hosts: [\"*.Example.org.\", \"::1\", 10.0.0.1]\n"
              "    schemes: [https]\n"
              "    ports: [443, 8080]\n"
              "  collectors: [c, d]\n"
              "  auth: { DB.example.org: { bearer: file:s/db }, \"::1\": { basic: { user: u, password: p } } }\n"
              "  max: 7" +
                  rest},
             {"d/s/db", "x"}},
            {}},
           "d/targets.yaml");
  REQUIRE(all.probe);
  const Reach& reach = *all.probe->reach;
  CHECK(reach.hosts == std::vector<std::string>{"*.example.org", "::1", "10.0.0.1"});
  CHECK_FALSE(reach.http);
  CHECK(reach.https);
  CHECK(reach.ports == std::vector<std::uint16_t>{443, 8080});
  CHECK(reach.allows_address("fdff::1"));
  CHECK(texts(all.probe->collectors) == std::vector<std::string>{"c", "d"});
  CHECK(all.probe->max == 7);
  REQUIRE(all.probe->auth.size() == 2);
  CHECK(all.probe->auth[0].first == "db.example.org");
  CHECK(all.probe->auth[0].second.secret.source() == Secret::Source::file);
  CHECK(all.probe->auth[0].second.secret.shown() == "file:d/s/db");
  CHECK(all.probe->auth[1].first == "::1");
  CHECK(all.probe->auth[1].second.kind == AuthSettings::Kind::basic);
}

TEST_CASE("targets: the forms of auth") {
  struct Row {
    const char* yaml;
    AuthSettings::Kind kind;
    const char* name;
    const char* scheme;
    Secret::Source source;
    const char* secret;
  };
  using Kind = AuthSettings::Kind;
  using Source = Secret::Source;
  const Row rows[] = {
      {"{ basic: { user: u, password: p } }", Kind::basic, "u", "", Source::inline_value, "p"},
      {"{ basic: { user: env:WHO, password: 0123 } }", Kind::basic, "operator", "", Source::inline_value, "0123"},
      {"{ bearer: file:token }", Kind::header, "Authorization", "Bearer", Source::file, "d/token"},
      {"{ bearer: file:/run/token }", Kind::header, "Authorization", "Bearer", Source::file, "/run/token"},
      {"{ bearer: env:WHO }", Kind::header, "Authorization", "Bearer", Source::env, "WHO"},
      {"{ header: { scheme: Token, value: abc } }", Kind::header, "Authorization", "Token", Source::inline_value,
       "abc"},
      {"{ header: { name: X-Api-Key, value: abc } }", Kind::header, "X-Api-Key", "", Source::inline_value, "abc"},
      {"{ header: { name: X-Auth, scheme: Key, value: a } }", Kind::header, "X-Auth", "Key", Source::inline_value, "a"},
      {"{ query: { token: abc } }", Kind::query, "token", "", Source::inline_value, "abc"},
      {"none", Kind::none, "", "", Source::inline_value, ""},
  };
  for (const Row& row : rows) {
    INFO(row.yaml);
    const std::string text = std::string("defaults: { auth: { bearer: x } }\n") +
                             "targets: [{ name: a, collector: c, url: http://h, auth: " + row.yaml + " }]\n";
    const AuthSettings auth = load({{{"d/t.yaml", text}}, {{"WHO", "operator"}}}, "d/t.yaml").targets[0].endpoint.auth;
    CHECK(auth.kind == row.kind);
    CHECK(auth.name == row.name);
    CHECK(auth.scheme == row.scheme);
    CHECK(auth.secret.source() == row.source);
    CHECK(auth.secret.reveal() == row.secret);
  }
}

TEST_CASE("targets: defaults give way key by key") {
  const char* text = R"(
defaults:
  interval: 5s
  timeout: 4s
  collector: nats
  labels: { a: "1", b: "2" }
  headers: { X-A: "1" }
  with: { x: 1, y: 2 }
  limits: { body: 1MiB, samples: 7 }
  tls: { ca: ca.pem }
  worker_grace: 1m
targets:
  - { name: plain, url: http://h }
  - { name: own, url: http://h, collector: rabbitmq, labels: { b: "3", c: "4" }, headers: { X-B: "2" },
      with: { y: 3, z: 4 }, limits: { samples: 8 }, tls: { server_name: s }, interval: 2s, worker_grace: 2m }
)";
  const AgentConfig config = load({{{"targets.yaml", text}}, {}});
  REQUIRE(config.targets.size() == 2);
  const Target& own = config.targets[0];  // sorted by name
  const Target& plain = config.targets[1];
  CHECK(own.name.text == "own");
  CHECK(plain.collector.text == "nats");
  CHECK(plain.interval == 5s);
  CHECK(plain.timeout == 4s);
  CHECK(plain.labels == Labels{{"a", "1"}, {"b", "2"}});
  CHECK(plain.limits.samples == 7);
  CHECK(own.collector.text == "rabbitmq");
  CHECK(own.labels == Labels{{"a", "1"}, {"b", "3"}, {"c", "4"}});
  CHECK(own.endpoint.headers == Labels{{"X-A", "1"}, {"X-B", "2"}});
  REQUIRE(own.with.size() == 3);
  CHECK(std::get<Scalar>(own.with[1].second) == Scalar(Number::of(std::int64_t{3})));
  CHECK(own.limits.body_bytes == 1048576);
  CHECK(own.limits.samples == 8);
  CHECK(own.endpoint.tls.ca == "ca.pem");
  CHECK(own.endpoint.tls.server_name == "s");
  CHECK(own.interval == 2s);
  CHECK(own.timeout == 2s);  // a default timeout gives way to a short interval
  CHECK(own.worker_grace == Nanoseconds(2min));
}

TEST_CASE("targets: the timeout without one is the interval, at most 10 s") {
  const auto timeout = [](const std::string& interval) {
    return load({{{"t", "targets: [{ name: a, collector: c, url: http://h, interval: " + interval + " }]"}}, {}}, "t")
        .targets[0]
        .timeout;
  };
  CHECK(timeout("100ms") == 100ms);
  CHECK(timeout("10s") == 10s);
  CHECK(timeout("1h") == 10s);
}

TEST_CASE("targets: included files add targets, relative to the including file") {
  const World world = {
      {{"conf/targets.yaml",
        "defaults: { interval: 3s }\ninclude: [\"targets.d/*.yaml\", targets.d/b.yaml]\n"
        "targets: [{ name: m, collector: c, url: http://h }]\n"},
       {"conf/targets.d/b.yaml", "targets: [{ name: b, collector: c, url: http://h, auth: { bearer: file:t } }]"},
       {"conf/targets.d/a.yaml", "targets:\n- { name: z, collector: c, url: http://h }\n"},
       {"conf/targets.d/empty.yaml", "targets: []"},
       {"conf/targets.d/note.txt", "not read"}},
      {}};
  const AgentConfig config = load(world, "conf/targets.yaml");
  REQUIRE(config.targets.size() == 3);
  CHECK(config.targets[0].name.text == "b");
  CHECK(config.targets[0].interval == 3s);
  CHECK(config.targets[0].endpoint.auth.secret.reveal() == "conf/targets.d/t");
  CHECK(config.targets[1].name.text == "m");
  CHECK(config.targets[2].name.text == "z");
  CHECK(to_string(config.targets[2].name.at) == "conf/targets.d/a.yaml:2:11");
}

TEST_CASE("targets: an include that matches nothing, or only the file itself, is no error") {
  const AgentConfig config = load(
      {{{"targets.yaml", "include: [\"*.yaml\", \"none/*.yml\"]\ntargets: [{ name: a, collector: c, url: http://h }]"}},
       {}});
  CHECK(config.targets.size() == 1);
}

TEST_CASE("targets: variables are filled in in urls, labels and headers") {
  const char* text = R"(
targets:
  - name: a
    collector: c
    url: http://${POD_IP}:${PORT:-8080}/x$$y
    labels: { pod: "${POD}-${EMPTY}" }
    headers: { X-Pod: "${POD}" }
)";
  const Target t =
      load({{{"targets.yaml", text}}, {{"POD_IP", "10.0.0.7"}, {"POD", "web-0"}, {"EMPTY", ""}}}).targets[0];
  CHECK(t.endpoint.url.text() == "http://10.0.0.7:8080/x$y");
  CHECK(t.labels == Labels{{"pod", "web-0-"}});
  CHECK(t.endpoint.headers == Labels{{"X-Pod", "web-0"}});
}

TEST_CASE("expand: what a text becomes") {
  const Environment environment = [](const std::string& name) -> std::optional<std::string> {
    if (name == "A") return "x";
    if (name == "E") return "";
    return std::nullopt;
  };
  struct Row {
    const char* text;
    const char* out;  // null: refused
  };
  const Row rows[] = {{"", ""},
                      {"plain", "plain"},
                      {"${A}", "x"},
                      {"<${A}${A}>", "<xx>"},
                      {"$$", "$"},
                      {"$${A}", "${A}"},
                      {"$$$$", "$$"},
                      {"a$", "a$"},
                      {"a$1", "a$1"},
                      {"$", "$"},
                      {"${E}", ""},
                      {"${E:-d}", "d"},
                      {"${N:-d}", "d"},
                      {"${N:-}", ""},
                      {"${A:-d}", "x"},
                      {"${N:-$A}", "$A"},
                      {"${N:-$${A}}", nullptr},
                      {"${N:-x${A}}", nullptr},  // also where the default is not needed
                      {"${A:-x${A}}", nullptr},
                      {"${N}", nullptr},
                      {"${}", nullptr},
                      {"${A", nullptr},
                      {"$A", nullptr},
                      {"${A-b}", nullptr},
                      {"${1}", nullptr},
                      {"${ A }", nullptr}};
  for (const Row& row : rows) {
    INFO(row.text);
    const Result<std::string> out = expand(row.text, environment);
    CHECK(out.has_value() == (row.out != nullptr));
    if (out && row.out) CHECK(*out == row.out);
  }
}

TEST_CASE("limits: the target's, else the collector's, else the agent's") {
  CollectorLimits target, collector;
  target.body = 10;
  collector.body = 20;
  collector.pages = 30;
  const Limits out = effective_limits(target, collector);
  CHECK(out.body_bytes == 10);
  CHECK(out.pages == 30);
  CHECK(out.follow_ups == 1000);
}
