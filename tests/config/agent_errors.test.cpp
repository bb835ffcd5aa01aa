// Mistakes in targets.yaml and the exact text a person reads. A row that begins with `target` has
// its setting at column 1 of line 5.
#include "config/agent_config.h"
#include "config/errors.h"
#include "config/world.h"
#include "support/catch.h"

using namespace tallyman;

namespace {

const std::string target = "targets:\n- name: a\n  collector: c\n  url: http://h\n  ";
const std::string secure = "targets:\n- name: a\n  collector: c\n  url: https://h\n  ";
const std::string rest = "\ntargets: [{ name: a, collector: c, url: http://h }]\n";

std::vector<std::string> said(const World& world) {
  Diagnostics found;
  const auto config = config::load_agent("t.yaml", world.sources(), found);
  CHECK_FALSE(config.has_value());
  return lines(found);
}

void check(const std::vector<Mistake>& rows) {
  for (const Mistake& row : rows) {
    INFO(row.yaml);
    const std::vector<std::string> out =
        said({{{"t.yaml", row.yaml}}, {{"SET", "1"}, {"EMPTY", ""}, {"COLON", "a:b"}, {"SECRET", "hunter2"}}});
    CHECK(out == row.said);
    for (const std::string& line : out) CHECK(line.find("hunter") == std::string::npos);
  }
}

}  // namespace

TEST_CASE("targets mistakes: the file and the agent's settings") {
  check({
      {"", {"t.yaml:1:1: the file is empty; expected `targets:` and a list of what is polled"}},
      {"- a", {"t.yaml:1:1: the configuration must be a map; found a list"}},
      {"targets:\n\t- name: a\n", {"t.yaml:2:2: not YAML: illegal block entry; a tab cannot indent, use blanks"}},
      {"defaults:\n\tinterval: 5s\n", {"t.yaml:2:10: not YAML: illegal map value; a tab cannot indent, use blanks"}},
      {"targets:\n- name: a\n   url: b\n",
       {"t.yaml:3:7: not YAML: illegal map value; the keys of a map begin in one column, and a text that holds `: ` "
        "must "
        "stand in quotes"}},
      {"targets: - name: a\n",
       {"t.yaml:1:10: not YAML: illegal block entry; a list (`- `) begins on the line after its key"}},
      {"listen: :1\n",
       {"t.yaml:1:1: `targets` is missing; expected a list of what is polled, or `include` with files that have one"}},
      {"targets: []\n", {"t.yaml:1:10: `targets` is empty; expected at least one entry"}},
      {"lisen: :1" + rest, {"t.yaml:1:1: unknown key `lisen` in the configuration; did you mean `listen`?"}},
      {"listen: 10780" + rest,
       {"t.yaml:1:9: `listen` must be ADDRESS:PORT, such as :10780, 127.0.0.1:10780 or [::1]:10780; found the number "
        "`10780`"}},
      {"listen: ::1:80" + rest,
       {"t.yaml:1:9: `listen` must be ADDRESS:PORT, such as :10780, 127.0.0.1:10780 or [::1]:10780; found the text "
        "`::1:80`"}},
      {"listen: :70000" + rest,
       {"t.yaml:1:9: `listen` must be ADDRESS:PORT, such as :10780, 127.0.0.1:10780 or [::1]:10780; found the text "
        "`:70000`"}},
      {"listen: \"[::zz]:80\"" + rest,
       {"t.yaml:1:9: `listen` must be ADDRESS:PORT, such as :10780, 127.0.0.1:10780 or [::1]:10780; found the text "
        "`[::zz]:80`"}},
      {"listen: my.host:80" + rest,  // nobody looks a name up to listen on it
       {"t.yaml:1:9: `listen` must be ADDRESS:PORT, such as :10780, 127.0.0.1:10780 or [::1]:10780; found the text "
        "`my.host:80`"}},
      {"threads: 0" + rest, {"t.yaml:1:10: `threads` must be a whole number from 1 to 256; found the number `0`"}},
      {"log: { level: trace, format: jsn }" + rest,
       {"t.yaml:1:15: `level` cannot be `trace`; expected debug, info, warn or error",
        "t.yaml:1:30: `format` cannot be `jsn`; did you mean `json`?"}},
      {"collector_paths: mine" + rest, {"t.yaml:1:18: `collector_paths` must be a list; found the text `mine`"}},
      {"include: [x.yaml]" + rest,
       {"t.yaml:1:11: `x.yaml` does not exist; a pattern with `*` may match nothing, a file must be there"}},
      {"defaults: { name: b }" + rest, {"t.yaml:1:13: `name` cannot be a default: every target has its own"}},
      // What is wrong with one key does not hide what is wrong with the others.
      {"defaults: { url: http://h, interval: soon, name: b, labls: {} }" + rest,
       {"t.yaml:1:13: `url` cannot be a default: every target has its own",
        "t.yaml:1:38: `interval`: `soon` is not a duration; expected a number with a unit, such as 500ms, 15s, 2m or "
        "1h30m",
        "t.yaml:1:44: `name` cannot be a default: every target has its own",
        "t.yaml:1:53: unknown key `labls` in `defaults`; did you mean `labels`?"}},
      {"include: [\"locked/d/*.yaml\", \"open/*.yaml\"]" + rest,
       {"t.yaml:1:11: `locked/d/` cannot be read: Permission denied",
        "t.yaml:1:30: warning: `open/*.yaml` matches no file"}},
      {"defaults: { intervall: 5s }" + rest,
       {"t.yaml:1:13: unknown key `intervall` in `defaults`; did you mean `interval`?"}},
      {"defaults: { interval: 50ms }" + rest, {"t.yaml:1:23: `interval` must be at least 100ms; found 50ms"}},
  });
}

TEST_CASE("targets mistakes: a target") {
  check({
      {"targets: [a]\n", {"t.yaml:1:11: a target must be a map; found the text `a`"}},
      {"targets:\n- { url: http://h, collector: c }\n",
       {"t.yaml:2:3: `name` of a target is missing; expected a name of its own, which becomes the label `target`"}},
      {"targets:\n- { name: a }\n",
       {"t.yaml:2:3: `url` of the target `a` is missing; expected http://, https://, unix:, tcp://, file: or dummy:, "
        "such as "
        "url: http://localhost:15672",
        "t.yaml:2:3: `collector` of the target `a` is missing; expected the name of a collector, such as rabbitmq"}},
      {"targets:\n- { name: 7, collector: c, url: http://h }\n",
       {"t.yaml:2:11: `name` must be a text; found the number `7`, put it in quotes if that is meant"}},
      {"targets:\n- { name: a/b, collector: c, url: http://h }\n",
       {"t.yaml:2:11: a target cannot be named `a/b`; expected at most 200 bytes without `/`, control characters or "
        "blanks at the ends"}},
      {"targets:\n- { name: a, collector: c, url: http://h }\n- { name: a, collector: c, url: http://g }\n",
       {"t.yaml:3:11: the target `a` is already at t.yaml:2:11; every target has a name of its own"}},
      {"targets:\n- { name: a, collector: c, url: \"ftp://h\" }\n",
       {"t.yaml:2:33: `url`: `ftp://h`: expected http://, https://, unix:, tcp://, file: or dummy:"}},
      {"targets:\n- { name: a, collector: c, url: \"tcp://h\" }\n",
       {"t.yaml:2:33: `url`: `tcp://h`: the port is missing; expected tcp://HOST:PORT, such as tcp://localhost:11300"}},
      {"targets:\n- { name: a, collector: c, url: \"tcp://h:1/x\" }\n",
       {"t.yaml:2:33: `url`: `tcp://h:1/x`: tcp:// is a connection without HTTP, which has no path; expected "
        "tcp://HOST:PORT"}},
      {"targets:\n- { name: a, collector: c, url: \"unix:///a.sock:/x\" }\n",
       {"t.yaml:2:33: `url`: `unix:///a.sock:/x`: unix:// is a socket without HTTP, which has no path; write "
        "unix:/run/app.sock:/stats for HTTP, or unix:///run/app.sock"}},
      {"targets:\n- { name: a, collector: c, url: \"unix://a.sock\" }\n",
       {"t.yaml:2:33: `url`: `unix://a.sock`: expected an absolute path after unix://, such as unix:///run/app.sock"}},
      {"targets:\n- { name: a, collector: c, url: \"http://u:p@h\" }\n",
       {"t.yaml:2:33: `url`: `***`: credentials do not belong in a url, which is shown in logs; use `auth: { basic: { "
        "user, password } }`"}},
      {"targets:\n- { name: a, collector: c, url: \"http://${POD_IP}:1\" }\n",
       {"t.yaml:2:33: `url`: the environment variable `POD_IP` is not set; set it, or write ${POD_IP:-default}"}},
      {"targets:\n- { name: a, collector: c, url: \"http://${SET:-x${POD_IP}}\" }\n",
       {"t.yaml:2:33: `url`: `${` in the default of `${SET:-..}`: variables are not filled in there; write the default "
        "out, or set `SET` and write ${SET}"}},
      {"targets:\n- { name: a, collector: c, url: http://$SET }\n",
       {"t.yaml:2:33: `url`: `$SET` is not a variable; write `${SET}`, or `$$` for a dollar sign"}},
      {target + "colector: x\n", {"t.yaml:5:3: unknown key `colector` in a target; did you mean `collector`?"}},
      {target + "interval: 15\n",
       {"t.yaml:5:13: `interval`: `15` is not a duration; expected a number with a unit, such as 500ms, 15s, 2m or "
        "1h30m"}},
      {target + "interval: 10ms\n", {"t.yaml:5:13: `interval` must be at least 100ms; found 10ms"}},
      {target + "timeout: 20s\n",
       {"t.yaml:5:12: `timeout` 20s is longer than the interval 15s; a poll must end before the next one is due"}},
      {target + "labels: { 9a: b }\n",
       {"t.yaml:5:13: `9a` is not a legal label name; expected letters, digits and _, no digit first"}},
      {target + "labels: { __meta: b }\n",
       {"t.yaml:5:13: the label `__meta` begins with `__`, which Prometheus keeps for itself"}},
      {target + "labels: { le: b, quantile: c }\n",
       {"t.yaml:5:13: the label `le` is the one of histograms and summaries; choose another name",
        "t.yaml:5:20: the label `quantile` is the one of histograms and summaries; choose another name"}},
      {target + "labels: { worker: b, namespace: c, consumer_group: d }\n",  // namespace: of the pod, say
       {"t.yaml:5:13: the label `worker` tells the target's own series apart; choose another name",
        "t.yaml:5:38: the label `consumer_group` tells the target's own series apart; choose another name"}},
      {target + "labels: { system: b }\n",
       {"t.yaml:5:13: the label `system` is set by the agent; choose another name"}},
      {target + "labels: { a: \"${NOPE}\" }\n",
       {"t.yaml:5:16: the label `a`: the environment variable `NOPE` is not set; set it, or write ${NOPE:-default}"}},
      {target + "labels: { a: [b] }\n", {"t.yaml:5:16: the label `a` must be a text or a number; found a list"}},
      {target + "headers: { Authorization: x }\n",
       {"t.yaml:5:14: the header `Authorization` belongs under `auth`, where it is kept out of logs"}},
      {target + "headers: { X-A: \"a\\nb\" }\n", {"t.yaml:5:19: the header `X-A` holds a control character"}},
      {target + "headers: { Content-Length: 5 }\n",
       {"t.yaml:5:14: the header `Content-Length` is set by the agent; remove it"}},
      {secure + "tls: { cert: a.pem }\n",
       {"t.yaml:5:8: `key` of `tls` is missing; expected both `cert` and `key`, or neither",
        "t.yaml:5:16: warning: `cert`: `a.pem` cannot be read: No such file or directory; until it can, polls fail "
        "with "
        "the reason tls"}},
      {secure + "tls: { insecure: maybe }\n",
       {"t.yaml:5:20: `insecure` must be true or false; found the text `maybe`"}},
      {target + "proxy: https://p:3128\n",
       {"t.yaml:5:10: `proxy` cannot be `https://p:3128`; expected the proxy's own address, such as "
        "http://proxy.example.org:3128"}},
      {target + "proxy: http://me:hush@p:3128\n",
       {"t.yaml:5:10: `proxy` cannot be `***`; expected the proxy's own address, such as "
        "http://proxy.example.org:3128, and a user and password in proxy: { url, auth: { basic: { user, password } } "
        "}"}},
      {target + "proxy: { auth: { bearer: x } }\n",
       {"t.yaml:5:10: `url` of `proxy` is missing; expected the proxy's own address, such as "
        "http://proxy.example.org:3128",
        "t.yaml:5:18: `auth` of `proxy` can only be `basic: { user, password }`"}},
      {target + "limits: { body: 16MB5, sample: 1 }\n",
       {"t.yaml:5:19: `body` must be a size, such as 64KiB or 16MiB, or a number of bytes; found the text `16MB5`",
        "t.yaml:5:26: unknown key `sample` in `limits`; did you mean `samples`?"}},
      {target + "on_failure: held\n", {"t.yaml:5:15: `on_failure` cannot be `held`; did you mean `hold`?"}},
      {target + "max_age: 0s\n", {"t.yaml:5:12: `max_age` must be at least 1ms; found 0s"}},
      {target + "\"hon\\norlabels\\e[2J\": 1\n",  // one diagnostic is one line
       {"t.yaml:5:3: unknown key `hon\\norlabels\\x1b[2J` in a target; expected name, url, collector, interval, "
        "timeout, "
        "labels, headers, auth, tls, proxy, limits, on_failure, max_age, worker_grace, honor_labels, filter, with or "
        "timezone"}},
      {target + "honor_labels: 1\n", {"t.yaml:5:17: `honor_labels` must be true or false; found the number `1`"}},
      {target + "filter: { keep: kobo_* }\n", {"t.yaml:5:19: `keep` must be a list; found the text `kobo_*`"}},
      {target + "filter: { keep: [\"kobo_.*\", \"\"], drop_labels: [\"a-b\"] }\n",
       {"t.yaml:5:20: `kobo_.*` matches no name of a metric; expected letters, digits, _ and :, with `*` for any text "
        "and `?` for any character",
        "t.yaml:5:31: an entry of `keep` must not be empty",
        "t.yaml:5:50: `a-b` matches no name of a label; expected letters, digits and _, with `*` for any text and `?` "
        "for any character"}},
      {target + "filter: { kep: [a] }\n", {"t.yaml:5:13: unknown key `kep` in `filter`; did you mean `keep`?"}},
      {target + "with: { a: { b: c } }\n",
       {"t.yaml:5:14: `a` of `with` must be a constant, a list of constants or null; found a map"}},
      {target + "timezone: \"UTC+2 \"\n",
       {"t.yaml:5:13: `timezone` cannot be `UTC+2 `; expected a name such as UTC or Europe/Berlin"}},
  });
}

TEST_CASE("targets mistakes: auth, and no secret is ever shown") {
  check({
      {target + "auth: hunter2\n", {"t.yaml:5:9: `auth` must be a map; found a text"}},
      {target + "auth: { basic: hunter2 }\n", {"t.yaml:5:18: `basic` must be a map; found a text"}},
      {target + "auth: { query: hunter2 }\n", {"t.yaml:5:18: `query` of `auth` must be a map; found a text"}},
      {target + "auth: { header: hunter2 }\n", {"t.yaml:5:19: `header` must be a map; found a text"}},
      {"targets:\n- { name: a, collector: c, url: \"ftp://h/?t=${SECRET}\" }\n",
       {"t.yaml:2:33: `url`: `ftp://h/?t=${SECRET}`: expected http://, https://, unix:, tcp://, file: or dummy:"}},
      {target + "auth: { bearer: x, basic: { user: u, password: p } }\n",
       {"t.yaml:5:9: `auth` has 2 keys; expected exactly one of basic, bearer, header or query"}},
      {target + "auth: { bearer: env:NOPE, token: x, basic: { usr: hunter2, password: hunter2 }, header: hunter2 }\n",
       {"t.yaml:5:9: `auth` has 4 keys; expected exactly one of basic, bearer, header or query",
        "t.yaml:5:19: `bearer`: the environment variable `NOPE` is not set",
        "t.yaml:5:29: unknown key `token` in `auth`; expected basic, bearer, header or query",
        "t.yaml:5:46: `user` of `basic` is missing; expected basic: { user: NAME, password: env:NAME }",
        "t.yaml:5:48: unknown key `usr` in `basic`; did you mean `user`?",
        "t.yaml:5:91: `header` must be a map; found a text"}},
      {target + "auth: { token: x }\n",
       {"t.yaml:5:11: unknown key `token` in `auth`; expected basic, bearer, header or query"}},
      {target + "auth: { basic: { user: u, pasword: hunter2 } }\n",
       {"t.yaml:5:18: `password` of `basic` is missing; expected the value itself, env:NAME or file:PATH",
        "t.yaml:5:29: unknown key `pasword` in `basic`; did you mean `password`?"}},
      {target + "auth: { basic: { user: \"a:b\", password: hunter2 } }\n",
       {"t.yaml:5:26: `user` contains `:`, which Basic authentication cannot carry"}},
      {target + "auth: { basic: { user: env:COLON, password: hunter2 } }\n",
       {"t.yaml:5:26: `user` contains `:`, which Basic authentication cannot carry"}},
      {target + "auth: { bearer: env:NOPE }\n", {"t.yaml:5:19: `bearer`: the environment variable `NOPE` is not set"}},
      {target + "auth: { bearer: env:EMPTY }\n", {"t.yaml:5:19: `bearer`: the environment variable `EMPTY` is empty"}},
      {target + "auth: { bearer: \"file:\" }\n", {"t.yaml:5:19: `bearer`: a path is missing after `file:`"}},
      {target + "auth: { bearer: \"hunter\\n2\" }\n", {"t.yaml:5:19: `bearer` holds a control character"}},
      {target + "auth: { bearer: [hunter2] }\n",
       {"t.yaml:5:19: `bearer` must be the value itself, env:NAME or file:PATH; found a list"}},
      {target + "auth: { header: { value: hunter2 } }\n",
       {"t.yaml:5:19: `name` or `scheme` of `header` is missing; expected { name: X-Api-Key, value: .. } or { scheme: "
        "Token, value: .. } (of Authorization)"}},
      {target + "auth: { header: { scheme: Token x, value: hunter2 } }\n",
       {"t.yaml:5:29: `Token x` is not a scheme; expected one word, such as Token"}},
      {target + "auth: { query: { a: hunter2, b: hunter2 } }\n",
       {"t.yaml:5:18: `query` of `auth` has 2 parameters; expected one, such as { token: env:NAME }"}},
      {target + "auth: { query: { a: env:NOPE, b: [hunter2] } }\n",
       {"t.yaml:5:18: `query` of `auth` has 2 parameters; expected one, such as { token: env:NAME }",
        "t.yaml:5:23: `a` of `query`: the environment variable `NOPE` is not set",
        "t.yaml:5:36: `b` of `query` must be the value itself, env:NAME or file:PATH; found a list"}},
  });
}

TEST_CASE("targets mistakes: probe") {
  const std::string any = "probe: { collectors: [c], allow: { networks: [::/0] ";  // column 53 is next
  check({
      {"probe: yes" + rest, {"t.yaml:1:8: `probe` must be a map; found the text `yes`"}},
      {"probe:" + rest, {"t.yaml:1:1: `probe` must be a map; found nothing"}},
      {"probe: {}" + rest,
       {"t.yaml:1:8: `allow` of `probe` is missing; expected allow: { networks: [10.0.0.0/8] }, without which nothing "
        "may be probed"}},
      {any + "}, colectors: [d] }" + rest,
       {"t.yaml:1:56: unknown key `colectors` in `probe`; did you mean `collectors`?"}},
      {"probe: { collectors: [c], allow: {} }" + rest,
       {"t.yaml:1:34: `networks` of `allow` is missing; expected a list such as [10.0.0.0/8]: the address of each "
        "target must be in one"}},
      {"probe: { collectors: [c], allow: all }" + rest, {"t.yaml:1:34: `allow` must be a map; found the text `all`"}},
      {"probe: { collectors: [], allow: { networks: [] } }" + rest,
       {"t.yaml:1:22: `collectors` is empty; expected at least one entry",
        "t.yaml:1:45: `networks` is empty; expected at least one entry"}},
      {"probe: { collectors: [c], allow: { networks: [10.0.0.1/8, example.org, 10.0.0.0/33, 10] } }" + rest,
       {"t.yaml:1:47: `10.0.0.1/8` is no network; expected an address with a prefix that covers it, such as "
        "10.0.0.0/8 or fd00::/8",
        "t.yaml:1:59: `example.org` is no network; expected an address with a prefix that covers it, such as "
        "10.0.0.0/8 or fd00::/8",
        "t.yaml:1:72: `10.0.0.0/33` is no network; expected an address with a prefix that covers it, such as "
        "10.0.0.0/8 or fd00::/8",
        "t.yaml:1:85: an entry of `networks` must be a text; found the number `10`, put it in quotes if that is "
        "meant"}},
      {any + ", hosts: [\"http://h\", \"h:80\", \"a b\", \"[::1]\"] } }" + rest,
       {"t.yaml:1:63: `http://h` is no host; expected a name, an address or a pattern such as *.example.org, without "
        "scheme and port (those are `schemes` and `ports`)",
        "t.yaml:1:75: `h:80` is no host; expected a name, an address or a pattern such as *.example.org, without "
        "scheme and port (those are `schemes` and `ports`)",
        "t.yaml:1:83: `a b` is no host; expected a name, an address or a pattern such as *.example.org, without "
        "scheme and port (those are `schemes` and `ports`)",
        "t.yaml:1:90: `[::1]` is no host; expected a name, an address or a pattern such as *.example.org, without "
        "scheme and port (those are `schemes` and `ports`)"}},
      {any + ", schemes: [file, htps] } }" + rest,
       {"t.yaml:1:65: unknown scheme `file`; expected http or https",
        "t.yaml:1:71: unknown scheme `htps`; did you mean `https`?"}},
      {any + ", ports: [0, 70000, http] } }" + rest,
       {"t.yaml:1:63: a port must be a whole number from 1 to 65535; found the number `0`",
        "t.yaml:1:66: a port must be a whole number from 1 to 65535; found the number `70000`",
        "t.yaml:1:73: a port must be a whole number from 1 to 65535; found the text `http`"}},
      {any + ", network: [::1] } }" + rest,
       {"t.yaml:1:55: unknown key `network` in `allow`; did you mean `networks`?"}},
      {any + "}, max: 0 }" + rest, {"t.yaml:1:61: `max` must be a whole number from 1 to 1000; found the number `0`"}},
      {any + "}, auth: { bearer: hunter2 } }" + rest, {"t.yaml:1:72: `auth` must be a map; found a text"}},
      {any + "}, auth: { \"*.org\": { bearer: hunter2 } } }" + rest,
       {"t.yaml:1:64: `*.org` is no host; expected a name or an address, without port or pattern: what is sent there "
        "is sent to nobody else"}},
      {any + "}, auth: { \"h:80\": { bearer: hunter2 } } }" + rest,
       {"t.yaml:1:64: `h:80` is no host; expected a name or an address, without port or pattern: what is sent there "
        "is sent to nobody else"}},
      {any + ", hosts: [\"*.org\"] }, auth: { h.com: { bearer: hunter2 }, H.ORG: { bearer: hunter2 } } }" + rest,
       {"t.yaml:1:83: `h.com` is not in `hosts` of `allow`; nothing would ever be sent there"}},
      {any + "}, auth: { h: { bearer: env:NOPE } } }" + rest,
       {"t.yaml:1:77: `bearer`: the environment variable `NOPE` is not set"}},
  });
}

TEST_CASE("targets mistakes: included files") {
  const std::string one = "include: [\"d/*.yaml\"]\n" + rest.substr(1);
  CHECK(said({{{"t.yaml", one}, {"d/1.yaml", "listen: :1\ntargets: []\n"}}, {}}) ==
        std::vector<std::string>{"d/1.yaml:1:1: unknown key `listen` in an included file; expected targets"});
  CHECK(said({{{"t.yaml", one}, {"d/1.yaml", "- name: b\n"}}, {}}) ==
        std::vector<std::string>{"d/1.yaml:1:1: an included file must be a map; found a list"});
  CHECK(said({{{"t.yaml", one}, {"d/1.yaml", ""}}, {}}) ==
        std::vector<std::string>{"d/1.yaml:1:1: the file is empty; expected `targets:` and a list of what is polled"});
  CHECK(said({{{"t.yaml", one}, {"d/1.yaml", "targets:\n  - { name: a, collector: c, url: http://h }\n"}}, {}}) ==
        std::vector<std::string>{
            "d/1.yaml:2:13: the target `a` is already at t.yaml:2:19; every target has a name of its own"});
  CHECK(said({{}, {}}) == std::vector<std::string>{"t.yaml: cannot be read: No such file or directory"});
}

TEST_CASE("targets mistakes: all are found, file by file, in order") {
  const World world = {{{"t.yaml",
                         "include: [\"d/*.yaml\"]\n"
                         "threds: 2\n"
                         "defaults: { interval: soon }\n"
                         "targets:\n"
                         "  - name: a\n"
                         "    colector: rabbitmq\n"
                         "    url: htp://h\n"
                         "  - name: b\n"
                         "    collector: nats\n"
                         "    url: http://h\n"
                         "    auth: { bearer: env:TOKEN }\n"
                         "    on_failure: keep\n"},
                        {"d/1.yaml", "targets:\n- { name: b, collector: c, url: http://h, interval: 1x }\n"}},
                       {}};
  CHECK(
      said(world) ==
      std::vector<std::string>{
          "t.yaml:2:1: unknown key `threds` in the configuration; did you mean `threads`?",
          "t.yaml:3:23: `interval`: `soon` is not a duration; expected a number with a unit, such as 500ms, 15s, 2m or "
          "1h30m",
          "t.yaml:5:5: `collector` of the target `a` is missing; expected the name of a collector, such as rabbitmq",
          "t.yaml:6:5: unknown key `colector` in a target; did you mean `collector`?",
          "t.yaml:7:10: `url`: `htp://h`: expected http://, https://, unix:, tcp://, file: or dummy:",
          "t.yaml:11:21: `bearer`: the environment variable `TOKEN` is not set",
          "t.yaml:12:17: `on_failure` cannot be `keep`; expected hold or drop",
          "d/1.yaml:2:11: the target `b` is already at t.yaml:8:11; every target has a name of its own",
          "d/1.yaml:2:53: `interval`: `1x` is not a duration; expected a number with a unit, such as 500ms, 15s, 2m or "
          "1h30m",
      });
}
