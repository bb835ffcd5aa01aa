// Mistakes in collector files and the exact text a person reads. Most rows begin on line 4, after
// `head`; the column is that of the key or value at fault.
#include "config/collector_file.h"
#include "config/errors.h"
#include "support/catch.h"

using namespace tallyman;

namespace {

const std::string head = "collector: x\nabout: t\nrequests: { r: {} }\n";
const std::string two = "collector: x\nabout: t\nrequests: { r: {}, q: {} }\n";
const std::string names = "collector: x\nabout: t\n";
const std::string rule = "\nservice: { load: 1 }\n";

void check(const std::vector<Mistake>& rows) {
  for (const Mistake& row : rows) {
    INFO(row.yaml);
    Diagnostics found;
    const auto file = config::parse_collector(row.yaml, "x.yaml", "x", found);
    CHECK_FALSE(file.has_value());
    CHECK(lines(found) == row.said);
  }
}

}  // namespace

TEST_CASE("collector mistakes: login") {
  const std::string begin = names + "login: ";
  const std::string rest = "\nrequests: { r: {} }\nservice: { load: 1 }\n";
  check({
      {begin + "{ path: /in, tokn: $.t }" + rest,
       {"x.yaml:3:21: unknown key `tokn` in `login`; did you mean `token`?"}},
      {begin + "{ path: /in, every: 1h }" + rest,
       {"x.yaml:3:21: unknown key `every` in `login`; expected path, query, method, headers, body, accept, expect, "
        "timeout, token, again or optional"}},
      {begin + "{ token: $.t }" + rest,
       {"x.yaml:3:8: `path` of `login` is missing; expected the path of the login call"}},
      {begin + "{ path: /in, optional: perhaps }" + rest,
       {"x.yaml:3:31: `optional` must be true or false; found the text `perhaps`"}},
      {begin + "{ path: /in, again: Login }" + rest, {"x.yaml:3:28: `again` must be a list; found the text `Login`"}},
  });
}

TEST_CASE("collector mistakes: yaml itself") {
  check({
      {"", {"x.yaml:1:1: the file is empty; expected a collector, which begins with `collector: NAME`"}},
      {"[a]", {"x.yaml:1:1: a collector must be a map; found a list"}},
      {"workers:\n  each: \"$.a[*]\n  worker: \"@.id\"\n",
       {"x.yaml:3:12: not YAML: unknown token; a text in quotes ended here: is one before it not closed?"}},
      {"workers:\n  each: \"$.a[*]\"\n    worker: \"@.id\"\n",
       {"x.yaml:3:5: not YAML: end of map not found; the keys of a map begin in one column, and so do the `- ` of a "
        "list"}},
      {"collector: x\nabout: [t\n", {"x.yaml:3:1: not YAML: end of sequence flow not found"}},
      {names + "requests: { r: {} }\nworkers: { each: $.a[*], worker: x }\n",
       {"x.yaml:4:21: not YAML: end of map flow not found; inside { } and [ ] a text that holds one of `[ ] { } ,` "
        "must "
        "stand in quotes, such as \"$.a[*]\""}},
      {"collector: x\nabout: \xC3\xA4\xFF\n",
       {"x.yaml:2:9: the byte 0xFF is not UTF-8; expected a file that is saved as UTF-8"}},
      {head + "service: { load: @.x }\n",
       {"x.yaml:4:18: not YAML: unknown token; a text that starts with `@` must stand in quotes"}},
      {head + "service: { load: 1 }\nservice: { load: 2 }\n",
       {"x.yaml:5:1: the key `service` is already on line 4; a key may stand once, write a list where several are "
        "wanted"}},
      {head + "service: { load: 1 }\n---\nmore: 1\n",
       {"x.yaml:6:1: a second document; one file holds one (remove the line `---`)"}},
      {head + "service: { load: !!int 1 }\n",
       {"x.yaml:4:18: the tag `!!int` has no meaning here; only !!str is known"}},
      {head + "service: { ~: 1 }\n",
       {"x.yaml:4:12: a key is null; put it in quotes if the text `null` or `~` is meant"}},
      {head + "service: { [a]: 1 }\n", {"x.yaml:4:12: a key must be a text, not a list or a map"}},
      {"a: &a [1]\nb: &b [*b]\n", {"x.yaml:2:8: an alias (`*name`) inside its own anchor (`&name`)"}},
      {"a: { <<: 5 }\n", {"x.yaml:1:10: `<<` takes a map, or a list of maps, usually an alias"}},
  });
}

TEST_CASE("collector mistakes: the root") {
  check({
      {"about: t\n",
       {"x.yaml:1:1: `collector` is missing; expected the collector's name, as in `collector: rabbitmq`",
        "x.yaml:1:1: `requests` is missing; expected what the service is asked, such as requests: { stats: { path: "
        "/stats } }",
        "x.yaml:1:1: the collector has no rule; expected workers, queues, service or passthrough"}},
      {"collector: y\nabout: t\nrequests: { r: {} }\nservice: { load: 1 }\n",
       {"x.yaml:1:12: `collector: y` is not the file's name; expected `collector: x`"}},
      {"collector: My_App\nabout: t\nrequests: { r: {} }\nservice: { load: 1 }\n",
       {"x.yaml:1:12: a collector cannot be named `My_App`; expected small letters, digits and -, a letter first"}},
      {"collector: x\nabout: 5\nrequests: { r: {} }\nservice: { load: 1 }\n",
       {"x.yaml:2:8: `about` must be a text; found the number `5`, put it in quotes if that is meant"}},
      {"collector: x\nabout:\nrequests: { r: {} }\nservice: { load: 1 }\n",
       {"x.yaml:2:1: `about` must be a text; found nothing"}},
      {"collector: x\nrequests: { r: {} }\nservice: { load: 1 }\n",
       {"x.yaml:1:1: `about` is missing; expected one line that says what the collector is for"}},
      {head + "worker: { worker: a }\n",
       {"x.yaml:1:1: the collector has no rule; expected workers, queues, service or passthrough",
        "x.yaml:4:1: unknown key `worker` in a collector; did you mean `workers`?"}},
      {head + "zzzzzz: 1\nservice: { load: 1 }\n",
       {"x.yaml:4:1: unknown key `zzzzzz` in a collector; expected collector, about, system, with, requests, login, "
        "tables, workers, queues, service, passthrough or limits"}},
      {head + "with: { Page: 1, b: { c: 1 } }\nservice: { load: 1 }\n",
       {"x.yaml:4:9: a parameter cannot be named `Page`; expected small letters, digits and _, a letter first",
        "x.yaml:4:21: `b` of `with` must be a constant, a list of constants or null; found a map"}},
      {head + "limits: { body: big, depth: 0, page: 1 }\nservice: { load: 1 }\n",
       {"x.yaml:4:17: `body` must be a size, such as 64KiB or 16MiB, or a number of bytes; found the text `big`",
        "x.yaml:4:29: `depth` must be a whole number from 1 to 2147483647; found the number `0`",
        "x.yaml:4:32: unknown key `page` in `limits`; did you mean `pages`?"}},
      {head + "service: []\n", {"x.yaml:4:10: `service` is empty; expected at least one entry"}},
  });
}

TEST_CASE("collector mistakes: requests") {
  check({
      {names + "requests: {}" + rule, {"x.yaml:3:11: `requests` is empty; expected at least one entry"}},
      {names + "requests:\n  r:" + rule, {"x.yaml:4:3: the request `r` is empty; write `r: {}` if it needs nothing"}},
      {names + "requests: { 1st: {} }" + rule,
       {"x.yaml:3:13: a request cannot be named `1st`; expected small letters, digits and _, a letter first"}},
      {names + "requests: { r: { path: \"/a?b=1\" } }" + rule,
       {"x.yaml:3:24: `path` contains `?`; write what follows it under `query`"}},
      {names + "requests: { r: { path: a/b } }" + rule, {"x.yaml:3:24: `path` must start with `/`; found `a/b`"}},
      {names + "requests: { r: { path: /a, querry: { b: 1 } } }" + rule,
       {"x.yaml:3:28: unknown key `querry` in a request; did you mean `query`?"}},
      {names + "requests: { r: { url: \"http://x\", auth: { bearer: x } } }\nservice: { load: 1 }\n",
       {"x.yaml:3:18: unknown key `url` in a request; it is the target's, in targets.yaml",
        "x.yaml:3:35: unknown key `auth` in a request; it is the target's, in targets.yaml"}},
      {names + "requests: { r: { query: { a: [1] } } }" + rule,
       {"x.yaml:3:30: `a` of `query` must be a text or a number; found a list"}},
      {names + "requests: { r: { headers: { \"a b\": c } } }" + rule,
       {"x.yaml:3:29: `a b` is not the name of an HTTP header"}},
      {names + "requests: { r: { method: PUT } }" + rule,
       {"x.yaml:3:26: `method` cannot be `PUT`; expected GET, POST or HEAD"}},
      {names + "requests: { r: { format: jsn } }" + rule,
       {"x.yaml:3:26: `format` cannot be `jsn`; did you mean `json`?"}},
      {names + "requests: { r: { format: cvs } }" + rule,
       {"x.yaml:3:26: `format` cannot be `cvs`; did you mean `csv`?"}},
      {names + "requests: { r: { format: tsv } }" + rule,
       {"x.yaml:3:26: `format` cannot be `tsv`; did you mean `csv`?"}},
      {names + "requests: { r: { format: table } }" + rule,
       {"x.yaml:3:26: `format` cannot be `table`; expected json, xmlrpc, csv, kv, fields, text or prometheus"}},
      {names + "requests: { r: { send: \"\" } }" + rule, {"x.yaml:3:24: `send` must not be empty"}},
      {names + "requests: { r: { until: \"\" } }" + rule, {"x.yaml:3:25: `until` must not be empty"}},
      {names + "requests: { r: { send: [stats] } }" + rule, {"x.yaml:3:24: `send` must be a text; found a list"}},
      {names + "requests: { r: { until: 5 } }" + rule,
       {"x.yaml:3:25: `until` must be a text; found the number `5`, put it in quotes if that is meant"}},
      {names + "requests: { r: { send: 'stats\\n' } }" + rule,
       {"x.yaml:3:24: `send` ends with a backslash and a letter; a line break is written between double quotes: send: "
        "\"stats\\n\""}},
      {names + "requests: { r: { until: END\\r\\n } }" + rule,
       {"x.yaml:3:25: `until` ends with a backslash and a letter; a line break is written between double quotes: "
        "until: \"END\\r\\n\""}},
      {names + "requests: { r: { optional: yes } }" + rule,
       {"x.yaml:3:28: `optional` must be true or false; found the text `yes`"}},
      {names + "requests: { r: { accept: [200, 2] } }" + rule,
       {"x.yaml:3:32: an HTTP status in `accept` must be a whole number from 100 to 599; found the number `2`"}},
      {names + "requests: { r: { every: 60 } }" + rule,
       {"x.yaml:3:25: `every`: `60` is not a duration; expected a number with a unit, such as 500ms, 15s, 2m or "
        "1h30m"}},
      {names + "requests: { r: { timeout: 0s } }" + rule, {"x.yaml:3:27: `timeout` must be at least 1ms; found 0s"}},
      {names + "requests: { r: { body: { json: 1, text: a } } }" + rule,
       {"x.yaml:3:24: `body` has 2 keys; expected exactly one of json, form, text or xmlrpc"}},
      {names + "requests: { r: { pages: { query: page } } }" + rule,
       {"x.yaml:3:25: `pages` does not say where they end; expected `last` (numbered pages) or `next` (the next page's "
        "parameter, url or path)"}},
      {names + "requests: { r: { pages: { query: p, last: $.a, next: $.b } } }" + rule,
       {"x.yaml:3:25: `pages` has both `last` and `next`; expected one of them"}},
      {names + "requests: { r: { pages: { start: 0, next: $.b } } }" + rule,
       {"x.yaml:3:34: `start` of `pages` goes with `last`: numbered pages need both"}},
      {names + "requests: { r: { pages: { last: $.b } } }" + rule,
       {"x.yaml:3:25: `pages` with `last` needs `query`: the parameter that is counted up"}},
      {names + "requests: { list: {}, r: { for_each: { from: lits, each: \"$[*]\", as: { id: \"@.id\" } } } }\n" +
           "service: { from: r, load: 1 }\n",
       {"x.yaml:3:46: unknown request `lits`; did you mean `list`?"}},
      {names + "requests: { r: { for_each: { from: r, as: { id: \"@.id\" } } } }" + rule,
       {"x.yaml:3:36: `for_each` of `r` asks for itself; `from` must name another request"}},
      {names + "requests: { r: { for_each: { each: \"$[*]\" } } }" + rule,
       {"x.yaml:3:28: `as` of `for_each` is missing; expected names and what they are, such as as: { id: \"@.id\" }",
        "x.yaml:3:36: `each` of `for_each` needs `from`: the request whose answer holds the items"}},
      {names + "with: { id: 1 }\nrequests: { r: { for_each: { as: { id: [1], now: [2] } } } }" + rule,
       {"x.yaml:4:36: `id` is already a parameter (`with`); choose another name",
        "x.yaml:4:45: `now` is a variable of the language; choose another name"}},
      {names + "requests:\n  a: { for_each: { from: c, as: { i: \"@\" } } }\n" +
           "  b: { for_each: { from: a, as: { i: \"@\" } } }\n  c: { for_each: { from: b, as: { i: \"@\" } } }\n" +
           "service: { from: a, load: 1 }\n",
       {"x.yaml:4:26: the requests wait for each other: a -> c -> b -> a"}},
  });
}

TEST_CASE("collector mistakes: rules") {
  check({
      {two + "service: { load: 1 }\n",
       {"x.yaml:4:10: `from` of a rule of `service` is missing; expected one of r or q"}},
      {two + "service: { from: rr, load: 1 }\n", {"x.yaml:4:18: unknown request `rr`; did you mean `r`?"}},
      {head + "workers: { load: 1 }\n",
       {"x.yaml:4:10: `worker` of a rule of `workers` is missing; expected what identifies it, such as worker: "
        "\"@.name\""}},
      {head + "workers: { worker: a, lod: 1 }\n",
       {"x.yaml:4:23: unknown key `lod` in a rule of `workers`; did you mean `load`?"}},
      {head + "workers: { worker: a, up: { path: \"@.s\", map: { online: up, gone: 0 } } }\n",
       {"x.yaml:4:49: `map` makes the text `up` of `online`, and `up` must be a number; expected a number, true or "
        "false"}},
      {head + "workers: { worker: a, status: \"@.s\" }\n",
       {"x.yaml:4:23: unknown key `status` in a rule of `workers`; that is `state` here"}},
      {head + "queues: { queue: a, length: \"@.n\" }\n",
       {"x.yaml:4:21: unknown key `length` in a rule of `queues`; that is `tasks: { ready: .. }` here"}},
      {head + "queues: { queue: a, grace: 5m }\n",
       {"x.yaml:4:21: unknown key `grace` in a rule of `queues`; expected from, each, fold, labels, metrics, queue, "
        "namespace, consumer_group, state, max_tasks, paused, consumers, consumer_utilisation, enqueued_total, "
        "delivered_total, completed_total, failed_total, redelivered_total, expired_total, oldest_age, wait, bytes or "
        "tasks"}},
      {head + "workers: { worker: a, fold: avg }\n", {"x.yaml:4:29: `fold` cannot be `avg`; expected sum, min or max"}},
      {head + "workers: { worker: a, state: bussy }\n", {"x.yaml:4:30: unknown state `bussy`; did you mean `busy`?"}},
      {head + "workers: { worker: a, state: { path: \"@.s\", map: { on: up, off: down } } }\n",
       {"x.yaml:4:65: unknown state `down`; expected idle, busy, draining, paused, starting, offline, failed, unknown "
        "or up"}},
      {head + "workers: { worker: a, state: { count: \"@.s[*]\" } }\n",
       {"x.yaml:4:30: `state` needs a word, and `count` gives a number; expected a query with a `map` to idle, busy, "
        "draining, paused, starting, offline, failed, unknown or up"}},
      {head + "queues: { queue: a, tasks: 1 }\n",
       {"x.yaml:4:28: `tasks` as one value needs `state`; expected both, or a map such as tasks: { ready: .., active: "
        ".. }"}},
      {head + "queues: { queue: a, state: ready }\n",
       {"x.yaml:4:28: `state` of a queue says which tasks are counted; expected `tasks` with it, such as tasks: 1"}},
      {head + "queues: { queue: a, tasks: { waiting: 1 } }\n",
       {"x.yaml:4:30: unknown state `waiting`; expected ready, active, delayed, retry, blocked, failed or completed"}},
      {head + "queues: { queue: a, tasks: { ready: 1 }, state: ready }\n",
       {"x.yaml:4:49: `state` goes with `tasks` as one value; here `tasks` gives its states itself, remove one of "
        "them"}},
      {head + "service: { workers: { up: 1 } }\n",
       {"x.yaml:4:23: unknown state `up`; expected idle, busy, draining, paused, starting, offline, failed or "
        "unknown"}},
      {head + "service: { labels: { target: a, __x: b, \"a-b\": c } }\n",
       {"x.yaml:4:22: the label `target` is set by the agent; choose another name",
        "x.yaml:4:33: the label `__x` begins with `__`, which Prometheus keeps for itself",
        "x.yaml:4:41: `a-b` is not a legal label name; expected letters, digits and _, no digit first"}},
      {head + "workers: { worker: a, labels: { worker: b } }\n",
       {"x.yaml:4:33: the label `worker` is already the rule's own; remove it from `labels`"}},
      {head + "service: { each: \"items\" }\n",
       {"x.yaml:4:18: a step of `each` must be a query that starts with `$` or `@`; found the text `items`"}},
      {head + "service: { each: { frist: [$.a] } }\n",
       {"x.yaml:4:20: a step of `each` has none of its forms; expected a query, { first: [..] }, { json: .. } or { "
        "keys: .., match: .. }"}},
      {head + "service: { each: { keys: $.a } }\n",
       {"x.yaml:4:18: `match` of a step with `keys` is missing; expected a regular expression for the names"}},
      {head + "service: { flatten: { prefix: tally_x_ } }\n",
       {"x.yaml:4:31: `prefix` cannot begin with tally_ or tallyman_: those names are the agent's own"}},
      {head + "service: { flatten: { drop: [a] } }\n",
       {"x.yaml:4:21: `prefix` of `flatten` is missing; expected what the names of the metrics start with, such as "
        "\"app_\""}},
      {head + "workers: { worker: a, grace: -5s }\n",
       {"x.yaml:4:30: `grace`: `-5s` is not a duration; expected a number with a unit, such as 500ms, 15s, 2m or "
        "1h30m"}},
      {head + "tables: { t: { key: $.a } }\nservice: { load: 1 }\n",
       {"x.yaml:4:14: `value` of the table `t` is missing; expected a query, such as \"@.id\""}},
      {head + "passthrough: { keep: [\"a*\"] }\n",
       {"x.yaml:4:14: `passthrough` needs a request with `format: prometheus`; `r` has `format: json`"}},
      {names + "requests: { r: { format: prometheus } }\npassthrough: { keep: \"a*\", rename: { a: b-c } }\n",
       {"x.yaml:4:22: `keep` must be a list; found the text `a*`",
        "x.yaml:4:41: `b-c` is not a legal name of a metric; expected letters, digits and _, a letter first"}},
      {names +
           "requests: { r: { format: prometheus } }\npassthrough: { drop: [\"a.b\"], rename: { a: c, b: c, \"d*\": e } "
           "}\n",
       {"x.yaml:4:23: `a.b` matches no name of a metric; expected letters, digits, _ and :, with `*` for any text and "
        "`?` for any character",
        "x.yaml:4:50: `a` and `b` are both renamed to `c`",
        "x.yaml:4:53: `d*` is not a legal name of a metric; expected letters, digits and _, a letter first"}},
      {names +
           "requests: { r: { format: prometheus } }\npassthrough: { labels: { drop: [\"a b\"], rename: { x: target } } "
           "}\n",
       {"x.yaml:4:33: `a b` matches no name of a label; expected letters, digits and _, with `*` for any text and `?` "
        "for any character",
        "x.yaml:4:54: the label `target` is set by the agent; choose another name"}},
  });
}

TEST_CASE("collector mistakes: values") {
  check({
      {head + "service: { load: { count: $.a, sum: $.b } }\n",
       {"x.yaml:4:32: two operations in one value, `count` and `sum`; expected exactly one"}},
      {head + "service: { load: { counts: $.a } }\n",
       {"x.yaml:4:20: unknown operation `counts`; did you mean `count`?"}},
      {head + "service: { load: { none: 1 } }\n",
       {"x.yaml:4:18: `load` has no operation; expected one of path, text, header, first, count, sum, min, max, diff, "
        "concat or test"}},
      {head + "service: { load: { count: $.a, none: 0 } }\n",
       {"x.yaml:4:32: `count` does not take `none`; it takes outer or default"}},
      {head + "service: { load: { path: $.a, sep: x } }\n",
       {"x.yaml:4:31: `path` does not take `sep`; it takes outer, none, extract, map, as or default"}},
      {head + "service: { load: { path: $.a, defualt: 0 } }\n",
       {"x.yaml:4:31: unknown modifier `defualt` of `path`; did you mean `default`?"}},
      {head + "service: { load: { path: a.b } }\n",
       {"x.yaml:4:26: `path` must be a query that starts with `$` or `@`; found the text `a.b`"}},
      {head + "service: { load: { sum: a } }\n",
       {"x.yaml:4:25: `sum` must be a query that starts with `$` or `@`, or a list of values; found the text `a`"}},
      {head + "service: { load: { diff: [$.a] } }\n",
       {"x.yaml:4:26: `diff` takes two values, the second is taken from the first; found 1"}},
      {head + "service: { load: { diff: $.a } }\n",
       {"x.yaml:4:26: `diff` must be a list of two values, the second is taken from the first; found the text `$.a`"}},
      {head + "service: { load: { path: $.a, as: sec } }\n",
       {"x.yaml:4:35: `as` cannot be `sec`; expected ns, us, ms, s, min, h, d, duration, kB, MB, GB, TB, KiB, MiB, "
        "GiB, "
        "TiB, size, percent, unix, unix_ms, unix_us, unix_ns or time"}},
      {head + "service: { load: { path: $.a, as: unixms } }\n",
       {"x.yaml:4:35: `as` cannot be `unixms`; did you mean `unix_ms`?"}},
      {head + "service: { each: \"$[*]\", load: { path: \"@.a\", outer: 1 } }\n",
       {"x.yaml:4:54: `outer: 1` is beyond the `each` steps; there is no step further out (`$` is the document)"}},
      {head + "service: { each: [\"$[*]\", \"@[*]\"], load: { path: \"@.a\", outer: 2 } }\n",
       {"x.yaml:4:64: `outer: 2` is beyond the `each` steps; at most 1 here"}},
      {head + "service: { load: { path: $.a, outer: 6 } }\n",
       {"x.yaml:4:38: `outer` must be a whole number from 1 to 5; found the number `6`"}},
      {head + "service: { load: { path: $.a, map: arhc } }\ntables: { arch: { key: $.k, value: $.v } }\n",
       {"x.yaml:4:36: unknown table `arhc`; did you mean `arch`?"}},
      {head + "service: { load: { path: $.a, map: arch } }\n",
       {"x.yaml:4:36: unknown table `arch`; there is no table here"}},
      {head + "service: { load: { path: $.a, none: { b: 1 } } }\n",
       {"x.yaml:4:37: `none` must be a constant: a number, true, false or a text; found a map"}},
      {head + "service: { load: high }\n",
       {"x.yaml:4:18: `load` must be a number; found the text `high` (a query starts with `$` or `@`, true and false "
        "are the booleans)"}},
      {head + "service: { load: a text that is longer than a short string }\n",  // was read after it was freed
       {"x.yaml:4:18: `load` must be a number; found the text `a text that is longer than a short string` (a query "
        "starts with `$` or `@`, true and false are the booleans)"}},
      {head + "service: { load: { sum: [{ sum: [{ sum: [{ sum: $.a }] }] }] } }\n",
       {"x.yaml:4:42: operations nested too deeply; at most 3"}},
      {head + "service: { load: }\n",
       {"x.yaml:4:18: `load` must be a value: a constant, a text, a query or an operation such as { count: "
        "\"@.x[*]\" }; found nothing"}},
  });
}

TEST_CASE("collector mistakes: metrics") {
  check({
      {head + "service: { metrics: { a_b: { gauge: 1 } } }\n",
       {"x.yaml:4:23: `help` of the metric `a_b` is missing; expected a sentence that says what it is"}},
      {head + "service: { metrics: { a_b: { help: h } } }\n",
       {"x.yaml:4:23: the metric `a_b` has no type; expected gauge, counter, info, stateset or histogram"}},
      {head + "service: { metrics: { a_b: { guage: 1, help: h } } }\n",
       {"x.yaml:4:23: the metric `a_b` has no type; expected gauge, counter, info, stateset or histogram",
        "x.yaml:4:30: unknown key `guage` in the metric `a_b`; did you mean `gauge`?"}},
      {head + "service: { metrics: { a_b: { gauge: 1, labels: { l: x }, help: h } } }\n",
       {"x.yaml:4:40: unknown key `labels` in the metric `a_b`; expected `labels` beside `metrics`: all metrics of a "
        "rule have the same"}},
      {head + "service: { metrics: { a_b: { type: gauge, gauge: $.n, help: h } } }\n",
       {"x.yaml:4:30: unknown key `type` in the metric `a_b`; expected the value under its type, such as `gauge: "
        "$.n`"}},
      {head + "service: { metrics: { a_b: { gauge: 1, counter: 1, help: h } } }\n",
       {"x.yaml:4:40: the metric `a_b` is a `gauge` and a `counter`; expected one type"}},
      {head + "service: { metrics: { a_b: { counter: 1, help: h } } }\n",
       {"x.yaml:4:23: the counter `a_b` must end in `_total`; a value that can fall is a `gauge`"}},
      {head + "service: { metrics: { A-b: { gauge: 1, help: h } } }\n",
       {"x.yaml:4:23: a metric cannot be named `A-b`; expected small letters, digits, _ and :, no digit first"}},
      {head + "service: { metrics: { tally_x: { gauge: 1, help: h } } }\n",
       {"x.yaml:4:23: the metric `tally_x` begins with tally_: those names are the agent's own; what the vocabulary "
        "has "
        "is written as a key of the rule"}},
      {head + "service:\n- { metrics: { a: { gauge: 1, help: h } } }\n- { metrics: { a: { info: {}, help: h } } }\n",
       {"x.yaml:6:16: the metric `a` has another type on line 5; one name has one type in the whole file"}},
      {head + "service:\n- { metrics: { a: { gauge: 1, help: h } } }\n- { metrics: { a: { gauge: 1, help: g } } }\n",
       {"x.yaml:6:16: the metric `a` has another help on line 5; one name has one help in the whole file"}},
      {head + "service:\n- { metrics: { a: { histogram: { buckets: \"$.b[*]\", le: \"@.l\", as: s }, help: h } } }\n"
              "- { metrics: { a_count: { gauge: 1, help: h } } }\n",
       {"x.yaml:6:16: `a_count` is the name of a sample of the histogram `a` on line 5; choose another name"}},
      {head + "service: { metrics: { a: { stateset: $.s, help: h } } }\n",
       {"x.yaml:4:26: `states` of the stateset `a` is missing; expected the list of its states"}},
      {head + "service: { metrics: { a: { stateset: $.s, states: [x, y, x], help: h } } }\n",
       {"x.yaml:4:58: the state `x` is in `states` twice"}},
      {head + "service: { metrics: { a: { gauge: 1, states: [x], help: h } } }\n",
       {"x.yaml:4:46: `states` goes with `stateset` only; the metric `a` is a `gauge`"}},
      {head + "service: { metrics: { a: { histogram: { bucket: \"$.b[*]\" }, help: h } } }\n",
       {"x.yaml:4:39: `buckets` of `histogram` is missing; expected a query whose nodes are the counts",
        "x.yaml:4:39: `le` of `histogram` is missing; expected a value read with the bucket as item, the bucket's "
        "upper "
        "bound",
        "x.yaml:4:41: unknown key `bucket` in `histogram`; did you mean `buckets`?"}},
  });
}

TEST_CASE("collector mistakes: all are found, in the order of the file") {
  check({{
      "collector: X\n"                                             // 1
      "abuot: t\n"                                                 // 2
      "requests:\n"                                                // 3
      "  list: { path: list }\n"                                   // 4
      "  detail: { for_each: { from: lst, as: {} } }\n"            // 5
      "workers:\n"                                                 // 6
      "  - from: list\n"                                           // 7
      "    load: { cuont: \"@.a\" }\n"                             // 8
      "  - form: detail\n"                                         // 9
      "    worker: \"@.n\"\n"                                      // 10
      "queues: { from: list, queue: \"@.q\", tasks: \"@.n\" }\n",  // 11
      {
          "x.yaml:1:1: `about` is missing; expected one line that says what the collector is for",
          "x.yaml:1:12: a collector cannot be named `X`; expected small letters, digits and -, a letter first",
          "x.yaml:2:1: unknown key `abuot` in a collector; did you mean `about`?",
          "x.yaml:4:17: `path` must start with `/`; found `list`",
          "x.yaml:5:31: unknown request `lst`; did you mean `list`?",
          "x.yaml:5:40: `as` of `for_each` is empty; expected at least one entry",
          "x.yaml:7:5: `worker` of a rule of `workers` is missing; expected what identifies it, such as worker: "
          "\"@.name\"",
          "x.yaml:8:13: unknown operation `cuont`; did you mean `count`?",
          "x.yaml:9:5: unknown key `form` in a rule of `workers`; did you mean `from`?",
          "x.yaml:9:5: `from` of a rule of `workers` is missing; expected one of list or detail",
          "x.yaml:11:44: `tasks` as one value needs `state`; expected both, or a map such as tasks: { ready: .., "
          "active: "
          ".. }",
      },
  }});
}
