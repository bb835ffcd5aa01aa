// LANGUAGE 3: what is asked and how replies are read.
#include "mapping.h"
#include "support/catch.h"

using namespace tallyman;
using namespace tallyman::map;
using namespace tallyman::map::testing;

namespace {

std::shared_ptr<const Collector> collector(const std::string& requests, const config::Parameters& with = {},
                                           const std::string& more = "") {
  Given given;
  given.yaml = "collector: c\nabout: x\n" + more + "requests:\n" + requests +
               "\nservice: { from: r, metrics: { m: { gauge: 1, help: h } } }\n";
  given.with = with;
  given.has_target = true;
  return compiled(given);
}

std::string shown(const Call& call) {
  std::string out = call.method + " " + (call.absolute.empty() ? call.path : "-> " + call.absolute);
  for (const auto& [name, value] : call.headers) out += " " + name + ":" + value;
  if (!call.body.empty()) out += " [" + call.body + "] " + call.content_type;
  return out;
}

std::string calls_of(const Collector& c, std::size_t request, const Collector::Answers& answers) {
  const auto calls = c.calls(request, answers);
  if (!calls) return std::string(to_string(calls.error().stage)) + ": " + calls.error().detail;
  std::string out;
  for (const Call& call : *calls) out += (out.empty() ? "" : "\n") + shown(call);
  return out;
}

std::string calls_of(const std::string& requests, const config::Parameters& with = {}, const std::string& more = "") {
  const auto c = collector(requests, with, more);
  return calls_of(*c, 0, Collector::Answers(c->requests().size()));
}

Raw raw(int status, std::string body, ReplyHeaders headers = {}) {
  Raw out;
  out.status = status;
  out.body = std::move(body);
  out.headers = std::move(headers);
  out.arrived = 1'000'000;
  return out;
}

Answer answer(const Collector& c, std::size_t request, const std::string& body, ReplyHeaders headers = {},
              Call call = {}) {
  auto read = c.read(request, call, raw(200, body, std::move(headers)));
  REQUIRE(read.has_value());
  REQUIRE(read->has_value());
  return std::move(**read);
}

}  // namespace

TEST_CASE("request: path, query, headers and bodies") {
  struct Row {
    const char* request;
    const char* is;
  };
  const Row rows[] = {
      {"{}", "GET /"},
      {"{ path: /a/b }", "GET /a/b"},
      {"{ path: \"/stats;json\" }", "GET /stats;json"},
      {"{ path: /s, query: { a: \"1\", json: null, q: \"x y/[z]&\" } }", "GET /s?a=1&json&q=x%20y%2F%5Bz%5D%26"},
      {"{ query: { n: 7 } }", "GET /?n=7"},
      {"{ method: HEAD }", "HEAD /"},
      {"{ format: prometheus }", "GET / Accept:text/plain;version=0.0.4, */*;q=0.5"},
      {"{ format: csv }", "GET / Accept:text/csv, text/plain;q=0.9, */*;q=0.5"},
      {"{ format: kv }", "GET / Accept:text/plain, */*;q=0.5"},
      {"{ format: prometheus, headers: { accept: a/b } }", "GET / accept:a/b"},
      {"{ headers: { X-A: b } }", "GET / X-A:b"},
      {"{ body: { form: { a: \"x y\", b: \"&\" } } }", "POST / [a=x%20y&b=%26] application/x-www-form-urlencoded"},
      {"{ body: { text: hello } }", "POST / [hello] text/plain; charset=utf-8"},
      {"{ body: { json: { a: [1, true, null, \"x\"] } } }", R"(POST / [{"a":[1,true,null,"x"]}] application/json)"},
      {"{ body: { json: { query: \"{ grid { slots } }\" } } }",
       R"(POST / [{"query":"{ grid { slots } }"}] application/json)"},
  };
  for (const Row& row : rows) {
    INFO(row.request);
    CHECK(calls_of("  r: " + std::string(row.request)) == row.is);
  }
}

TEST_CASE("request: parameters keep their type in JSON and are encoded in paths") {
  const std::string with = "with: { n: 5, on: true, t: 'a/\"b', name: mail/send }\n";
  CHECK(calls_of("  r: { path: \"/q/{name}/x\", query: { page_size: \"{n}\", both: \"{n}-{t}\" } }", {}, with) ==
        "GET /q/mail%2Fsend/x?page_size=5&both=5-a%2F%22b");
  CHECK(calls_of(R"(  r: { body: { json: { n: "{n}", on: "{on}", t: "{t}", mixed: "<{t}>", k: "{{n}" } } })", {},
                 with) == R"(POST / [{"n":5,"on":true,"t":"a/\"b","mixed":"<a/\"b>","k":"{n}"}] application/json)");
  config::Parameters set;
  set.push_back({{"n", {}}, config::Parameter(config::Scalar(Number::of(std::int64_t{9})))});
  CHECK(calls_of("  r: { query: { n: \"{n}\" } }", set, with) == "GET /?n=9");
}

TEST_CASE("request: a variable cannot put a control character into a header") {
  CHECK(calls_of("  r: { headers: { X-A: \"{t}\" } }", {}, "with: { t: \"a\\r\\nX-B: c\" }\n")
            .find("map: a variable puts a control character into the header `X-A`") == 0);
}

TEST_CASE("request: which ask the same as one before") {
  const auto twins = [](const std::string& requests) {
    const auto c = collector(requests);
    std::string out;
    for (const RequestInfo& info : c->requests()) out += info.same_as ? std::to_string(*info.same_as) : "-";
    return out;
  };
  CHECK(twins("  r: { path: /a }\n  s: { path: /a, optional: true, expect: $.x }\n  t: { path: /b }\n"
              "  u: { path: /b }\n  v: { path: /a, accept: [500] }") == "-0-20");
  CHECK(twins("  r: { path: /a, query: { x: 1 } }\n  s: { path: /a }\n  t: { path: /a, query: { x: 1 } }") == "--0");
  CHECK(twins("  r: { headers: { X: 1 } }\n  s: {}\n  t: { headers: { X: 2 } }") == "---");
  CHECK(twins("  r: {}\n  s: { every: 60s }\n  t: { timeout: 1s }\n  u: { every: 60s }") == "---1");
  CHECK(twins("  r: {}\n  s: { format: prometheus }\n  t: { method: HEAD }") == "---");  // Accept, method
  CHECK(twins("  r: { body: { text: x } }\n  s: { body: { text: x } }") == "--");
  CHECK(twins("  r: {}\n  s: { for_each: { as: { n: [a, b] } }, query: { n: \"{n}\" } }\n"
              "  t: { pages: { next: $.next } }") == "---");
}

TEST_CASE("request: whether the body of one reply is all that counts") {
  const auto body_only = [](const std::string& requests, const std::string& rule = "m: { gauge: $.a, help: h }") {
    Given given;
    given.yaml =
        "collector: c\nabout: x\nrequests:\n" + requests + "\nservice: { from: r, metrics: { " + rule + " } }\n";
    given.has_target = true;
    return compiled(given)->body_only();
  };
  CHECK(body_only("  r: {}"));
  CHECK(body_only("  r: { path: /x }\n  s: { path: /x, optional: true }"));
  CHECK_FALSE(body_only("  r: { path: /x }\n  s: { path: /y }"));
  CHECK_FALSE(body_only("  r: { every: 60s }"));
  CHECK_FALSE(body_only("  r: { pages: { next: $.next } }"));
  CHECK_FALSE(body_only("  r: { for_each: { as: { n: [a, b] } }, query: { n: \"{n}\" } }"));
  CHECK_FALSE(body_only("  r: {}", "m: { gauge: { diff: [\"{now}\", $.a] }, help: h }"));
  CHECK_FALSE(body_only("  r: {}", "m: { gauge: { header: X-Total }, help: h }"));
}

TEST_CASE("for_each: lists multiply, equal sets are asked once") {
  CHECK(calls_of("  r: { for_each: { as: { a: [1, 2], b: [X, Y, X] } }, path: \"/{a}/{b}\" }") ==
        "GET /1/X\nGET /1/Y\nGET /2/X\nGET /2/Y");
  CHECK(calls_of("  r: { for_each: { as: { q: \"{qs}\", t: [W, A] } }, path: \"/{q}\", query: { t: \"T_{t}\" } }", {},
                 "with: { qs: [one, \"t/wo\"] }\n") ==
        "GET /one?t=T_W\nGET /one?t=T_A\nGET /t%2Fwo?t=T_W\nGET /t%2Fwo?t=T_A");
  CHECK(calls_of("  r: { for_each: { as: { on: [true, false] } }, body: { json: [\"{on}\"] } }") ==
        "POST / [[true]] application/json\nPOST / [[false]] application/json");
}

TEST_CASE("for_each: one request per item of another's answers, and its variables in rules") {
  const auto c = collector(
      "  r: { for_each: { from: list, each: \"$[?@.on == true]\", as: { id: \"@.id\", n: \"{key}\" } }, path: "
      "\"/x/{id}\", query: { n: "
      "\"{n}\" } }\n  list: { path: /list }");
  REQUIRE(c->order() == std::vector<std::size_t>{1, 0});
  CHECK(c->requests()[0].follow_up);
  CHECK(c->requests()[0].needs == std::vector<std::size_t>{1});
  Collector::Answers answers(2);
  answers[1].push_back(answer(
      *c, 1,
      R"([{"id": 7, "on": true}, {"id": 8, "on": false}, {"id": "a b", "on": true}, {"on": true}, {"id": null, "on": true}])"));
  CHECK(calls_of(*c, 0, answers) == "GET /x/7?n=0\nGET /x/a%20b?n=2");

  Given given;
  given.yaml = R"(
collector: c
about: x
requests:
  list: {}
  one: { for_each: { from: list, each: "$[*]", as: { id: "@" } }, path: "/{id}" }
workers: { from: one, worker: "{id}", open_tasks: $.n }
)";
  given.bodies["list"] = {"[1, \"b\"]"};
  given.bodies["one"] = {R"({"n": 4})", R"({"n": 5})"};
  const Mapped m = mapped(given);
  CHECK(m.of("tally_worker_open_tasks") == std::vector<std::string>{R"(tally_worker_open_tasks{worker="1"} 4)",
                                                                    R"(tally_worker_open_tasks{worker="b"} 5)"});
}

TEST_CASE("for_each: more calls than the limit fail the poll") {
  CHECK(calls_of("  r: { for_each: { as: { a: [1, 2, 3] } }, path: \"/{a}\" }", {}, "limits: { follow_ups: 2 }\n")
            .find("limit: `r` would ask more than 2 times") == 0);
}

TEST_CASE("for_each: combinations that are mostly equal have an end") {
  std::string ones = "1";
  for (int i = 1; i < 2000; ++i) ones += ", 1";
  CHECK(calls_of("  r: { for_each: { as: { a: [" + ones + "], b: [" + ones + "], c: [" + ones +
                 "] } }, path: \"/{a}\" }") ==
        "limit: `each` of the follow-up `r` goes over more items than there is time for");
}

TEST_CASE("reply: `expect` may look as often as is good for an answer of its size") {
  // Each of many follow-ups has one: 2,000 nodes, a thousand times.
  std::string list = "[1";
  for (int i = 1; i < 2'000; ++i) list += ",1";
  const auto c = collector("  r: { expect: \"!$[?count($[*]) == 1]\" }");
  Raw raw;
  raw.status = 200;
  raw.body = list + "]";
  const auto answer = c->read(0, {}, std::move(raw));
  REQUIRE(answer.has_error());
  CHECK(answer.error().stage == Stage::limit);
}

TEST_CASE("pages: numbered, by cursor, by url and by header") {
  const auto next = [](const Collector& c, const Call& call, const std::string& body, ReplyHeaders headers = {}) {
    const auto page = c.next_page(0, call, answer(c, 0, body, std::move(headers), call));
    if (!page) return std::string(to_string(page.error().stage)) + ": " + page.error().detail;
    return *page ? shown(**page) : std::string("end");
  };
  const auto step = [](const Collector& c, const Call& call, const std::string& body) {
    return **c.next_page(0, call, answer(c, 0, body, {}, call));
  };
  {
    const auto c = collector("  r: { path: /q, query: { s: \"5\" }, pages: { query: page, last: $.page_count } }");
    CHECK(calls_of(*c, 0, Collector::Answers(1)) == "GET /q?s=5&page=1");
    Call call = (*c->calls(0, Collector::Answers(1)))[0];
    CHECK(next(*c, call, R"({"page_count": 1})") == "end");
    CHECK(next(*c, call, R"({"page_count": 0})") == "end");
    CHECK(next(*c, call, R"({"page_count": 3})") == "GET /q?s=5&page=2");
    CHECK(next(*c, call, "{}").find("map: `last` of the pages of `r`") == 0);
    call = step(*c, call, R"({"page_count": 3})");
    // The last page is what the first one said.
    CHECK(next(*c, call, R"({"page_count": 99})") == "GET /q?s=5&page=3");
    call = step(*c, call, R"({})");
    CHECK(next(*c, call, R"({})") == "end");
  }
  {
    const auto c = collector("  r: { pages: { query: offset, start: 0, step: 100, last: $.total } }");
    CHECK(calls_of(*c, 0, Collector::Answers(1)) == "GET /?offset=0");
    const Call call = (*c->calls(0, Collector::Answers(1)))[0];
    CHECK(next(*c, call, R"({"total": 99})") == "end");
    CHECK(next(*c, call, R"({"total": 100})") == "GET /?offset=100");
  }
  {
    const auto c = collector("  r: { path: /w, pages: { query: cursor, next: $.next } }");
    CHECK(calls_of(*c, 0, Collector::Answers(1)) == "GET /w");
    CHECK(next(*c, {}, R"({"next": "a=b"})") == "GET /w?cursor=a%3Db");
    CHECK(next(*c, {}, R"({"next": ""})") == "end");
    CHECK(next(*c, {}, R"({"next": null})") == "end");
    CHECK(next(*c, {}, R"({"next": {}})").find("map: `next` of the pages of `r`") == 0);
  }
  {
    const auto c = collector("  r: { path: /w, pages: { next: $.next } }");
    CHECK(next(*c, {}, R"({"next": "/w?p=2"})") == "GET -> /w?p=2");
    CHECK(step(*c, {}, R"({"next": "?p=2"})").path == "/w");  // what the reference is relative to
  }
  {
    const auto c = collector("  r: { pages: { next: { header: Link, extract: '<([^>]+)>; rel=\"next\"' } } }");
    CHECK(next(*c, {}, "[]", {{"link", "<http://h/x?page=2>; rel=\"next\", <http://h/x?page=9>; rel=\"last\""}}) ==
          "GET -> http://h/x?page=2");
    CHECK(next(*c, {}, "[]", {{"link", "<http://h/x?page=1>; rel=\"prev\""}}) == "end");
  }
  {
    const auto c =
        collector("  r: { pages: { query: page, next: { header: X-Next-Page } } }", {}, "limits: { pages: 2 }\n");
    CHECK(next(*c, {}, "[]", {{"X-Next-Page", "2"}}) == "GET /?page=2");
    Call second;
    second.page = 1;
    CHECK(next(*c, second, "[]", {{"X-Next-Page", "3"}}).find("limit: `r` has more than 2 pages") == 0);
  }
}

TEST_CASE("reply: statuses, formats and expect") {
  struct Row {
    const char* request;
    int status;
    const char* body;
    const char* is;  // "ok", "gone", or the stage
  };
  const Row rows[] = {
      {"{}", 200, "{}", "ok"},
      {"{}", 0, "{}", "ok"},  // a file
      {"{}", 204, "[]", "ok"},
      {"{}", 401, "", "auth"},
      {"{}", 403, "", "auth"},
      {"{}", 404, "", "status"},
      {"{}", 500, "{}", "status"},
      {"{}", 206, "{}", "status"},
      {"{ accept: [206] }", 206, "{}", "ok"},
      {"{ accept: [500] }", 500, "{}", "ok"},
      {"{ accept: [500] }", 200, "{}", "status"},
      {"{ accept: [401] }", 401, "{}", "ok"},
      {"{}", 200, "{", "decode"},
      {"{}", 200, "", "decode"},
      {"{}", 200, "<html>", "decode"},
      {"{ method: HEAD }", 200, "", "ok"},
      {"{ expect: \"$.status == 'ok'\" }", 200, R"({"status": "ok"})", "ok"},
      {"{ expect: \"$.status == 'ok'\" }", 200, R"({"status": "error"})", "refused"},
      {"{ expect: \"$.status == 'ok'\" }", 200, "{}", "refused"},
      {"{ expect: \"!$.errors[*]\" }", 200, R"({"errors": []})", "ok"},
      {"{ expect: \"!$.errors[*]\" }", 200, R"({"errors": [1]})", "refused"},
      {"{ format: prometheus }", 200, "a 1\n", "ok"},
      {"{ format: prometheus }", 200, "{\"a\": 1}\n", "decode"},
      {"{ for_each: { from: l, as: { i: $.i } }, path: \"/{i}\" }", 404, "", "gone"},
      {"{ for_each: { from: l, as: { i: $.i } }, path: \"/{i}\" }", 410, "", "gone"},
      {"{ for_each: { from: l, as: { i: $.i } }, path: \"/{i}\" }", 403, "", "auth"},
      {"{ for_each: { as: { i: [1] } }, path: \"/{i}\" }", 404, "", "status"},  // named by hand, not by an answer
  };
  for (const Row& row : rows) {
    INFO(row.request << " " << row.status << " " << row.body);
    const auto c = collector("  r: " + std::string(row.request) + "\n  l: { path: /l }");
    Call call;
    call.variables = {{"i", config::Scalar(Number::of(std::int64_t{1}))}};
    const auto read = c->read(0, call, raw(row.status, row.body));
    const std::string is = !read ? std::string(to_string(read.error().stage)) : read->has_value() ? "ok" : "gone";
    CHECK(is == row.is);
  }
}

TEST_CASE("reply: OpenMetrics that was cut off between two lines") {
  const auto c = collector("  r: { format: prometheus }");
  const ReplyHeaders open = {{"Content-Type", "text/html"},
                             {"content-type", "Application/OpenMetrics-Text; version=1.0.0"}};
  CHECK(c->read(0, {}, raw(200, "a 1\nb 2\n# EOF\n", open)).has_value());
  CHECK(c->read(0, {}, raw(200, "# EOF", open)).has_value());
  CHECK(c->read(0, {}, raw(200, "a 1\n", {{"Content-Type", "text/plain"}})).has_value());
  for (const char* body : {"a 1\n", ""}) {
    const auto read = c->read(0, {}, raw(200, body, open));
    REQUIRE_FALSE(read.has_value());
    CHECK(read.error().detail == "OpenMetrics that does not end with `# EOF`: it was cut off");
  }
}

TEST_CASE("reply: what looks at too many nodes is neither false nor missing") {
  std::string list = "[0";
  for (int i = 1; i < 8000; ++i) list += ",0";  // squared it is over the 50 million of jsonpath/
  list += "]";
  const auto expect = collector("  r: { expect: \"$[?$[?@ == 1]]\" }");
  const auto read = expect->read(0, {}, raw(200, list));
  REQUIRE_FALSE(read.has_value());
  CHECK(to_string(read.error().stage) == "limit");
  CHECK(read.error().detail == "`expect: $[?$[?@ == 1]]` looks at too many nodes of the answer");
  const auto pages = collector("  r: { pages: { query: cursor, next: { first: \"$[?$[?@ == 1]]\" } } }");
  const auto page = pages->next_page(0, {}, answer(*pages, 0, list, {}, {}));
  REQUIRE_FALSE(page.has_value());
  CHECK(page.error().detail == "`next` of the pages of `r` looks at too many nodes of the answer");
}

TEST_CASE("reply: Retry-After of 429 and 503, in seconds or as a date") {
  struct Row {
    int status;
    const char* value;
    long seconds;  // -1: none
  };
  // 1000000 is Mon, 12 Jan 1970 13:46:40 GMT.
  const Row rows[] = {{429, "120", 120},      {503, "7", 7},  {503, "Mon, 12 Jan 1970 13:47:40 GMT", 60},
                      {503, "soon", -1},      {500, "7", -1}, {503, "Mon, 12 Jan 1970 13:00:00 GMT", 0},
                      {429, "9999999", 86400}};
  const auto c = collector("  r: {}");
  for (const Row& row : rows) {
    INFO(row.status << " " << row.value);
    const auto read = c->read(0, {}, raw(row.status, "", {{"Retry-After", row.value}}));
    REQUIRE_FALSE(read.has_value());
    CHECK(read.error().stage == Stage::status);
    CHECK((read.error().retry_after ? read.error().retry_after->count() : -1) == row.seconds);
  }
}

TEST_CASE("reply: a body over the limits") {
  const auto c = collector("  r: {}", {}, "limits: { body: 1KiB, depth: 3 }\n");
  const auto large = c->read(0, {}, raw(200, "[" + std::string(1024, ' ') + "]"));
  REQUIRE_FALSE(large.has_value());
  CHECK(large.error().stage == Stage::limit);
  const auto deep = c->read(0, {}, raw(200, "[[[[1]]]]"));
  REQUIRE_FALSE(deep.has_value());
  CHECK(deep.error().stage == Stage::limit);
}

TEST_CASE("formats: plain text becomes a document that rules read") {
  const auto read = [](const std::string& request, const std::string& rules, const std::string& body) {
    Given given;
    given.yaml = "collector: c\nabout: x\nrequests: { r: " + request + " }\n" + rules;
    given.bodies["r"] = {body};
    const Mapped m = mapped(given);
    INFO(m.text());
    return m.failure.empty() ? m.text() : m.failure;
  };
  const std::string queue = "queues: { each: \"$[*]\", queue: ";
  CHECK(read("{ format: csv }", queue + "\"@.name\", consumers: \"@.n\", max_tasks: \"@.max\" }",
             "# name,n,max\r\na,007,\r\n\"b,c\",1.5,9223372036854775807\r\n") ==
        "tally_queue_max_tasks{queue=\"b,c\"} 9223372036854775807\n"
        "tally_queue_consumers{queue=\"a\"} 7\n"
        "tally_queue_consumers{queue=\"b,c\"} 1.5\n"
        "# queues[0] missing 1\n");
  CHECK(read("{ format: fields }", queue + "\"@[0]\", consumers: \"@[3]\" }", "mail\t0\t0\t1\n.\n") ==
        "tally_queue_consumers{queue=\"mail\"} 1\n");
  CHECK(read("{ format: kv }", "service: { load: $.BusyWorkers }\n", "127.0.0.1\nBusyWorkers: 1\n") ==
        "tally_load 1\n");
  CHECK(read("{ format: text }", "service: { load: { path: $, extract: \"connections: (\\\\d+)\" } }\n",
             "Active connections: 3 \n 10 10 10 \n") == "tally_load 3\n");
  // What is not as it should be: counted, or refused with its reason.
  CHECK(read("{ format: csv }", queue + "\"@.name\", consumers: \"@.n\" }", "name,n,n\ncaf\xE9,1,2\n") ==
        "tally_queue_consumers{queue=\"caf\xEF\xBF\xBD\"} 2\n# queues[0] duplicate 1\n# queues[0] utf8 1\n");
  CHECK(read("{ format: kv }", "service: { load: $.a }\n", "NOT_FOUND\r\n").starts_with("decode: no line of the body"));
  CHECK(read("{ format: csv, expect: \"$[0]\" }", queue + "\"@.name\" }", "name\n").starts_with("refused: "));
  CHECK(read("{ format: fields }", queue + "\"@[0]\" }\nlimits: { body: 3 }\n", "a b\n").starts_with("limit: "));
}
