// LANGUAGE 3, `send` and `until`: what is asked of a target without HTTP, and what cannot be.
#include "mapping.h"
#include "support/catch.h"

using namespace tallyman;
using namespace tallyman::map;
using namespace tallyman::map::testing;

namespace {

Given given(const std::string& requests, const std::string& url, const config::Parameters& with = {},
            const std::string& more = "") {
  Given out;
  out.yaml = "collector: c\nabout: x\n" + more + "requests: { " + requests +
             " }\nservice: { from: r, metrics: { m: { gauge: 1, help: h } } }\n";
  out.url = url;
  out.with = with;
  return out;
}

std::string shown(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '\n' ? "\\n" : c == '\r' ? "\\r" : std::string(1, c);
  return out;
}

// `send` and `until` of each call, or what is asked by HTTP.
std::string calls_of(const Given& given, std::size_t request = 0, const Collector::Answers* answers = nullptr) {
  const auto c = compiled(given);
  const Collector::Answers none(c->requests().size());
  const auto calls = c->calls(request, answers ? *answers : none);
  if (!calls) return std::string(to_string(calls.error().stage)) + ": " + calls.error().detail;
  std::string out;
  for (const Call& call : *calls) {
    if (!out.empty()) out += " ; ";
    if (call.unwritable)
      out += "lost: " + call.unwritable->detail;
    else if (call.path.empty())
      out += shown(call.send) + " | " + shown(call.until);
    else
      out += call.method + " " + call.path + (call.send.empty() ? "" : " and " + call.send);
  }
  return out;
}

std::string messages_of(const Given& given) {
  std::string messages;
  compiled(given, &messages);
  return messages;
}

}  // namespace

TEST_CASE("streams: `send` and `until` are for urls without HTTP, all else is for those with") {
  const std::string both =
      "r: { path: /stats;csv, headers: { A: b }, send: \"show stat\\n\", until: \"\\n\\n\", format: csv }";
  CHECK(calls_of(given(both, "tcp://h:1")) == "show stat\\n | \\n\\n");
  CHECK(calls_of(given(both, "unix:///run/a.sock")) == "show stat\\n | \\n\\n");
  CHECK(calls_of(given(both, "http://h")) == "GET /stats;csv");
  CHECK(calls_of(given(both, "unix:/run/a.sock:/x")) == "GET /stats;csv");
  CHECK(calls_of(given("r: {}", "tcp://h:1")) == " | ");  // a service that answers unasked
}

TEST_CASE("streams: variables in `send`, and none in `until`") {
  const std::string as =
      "r: { for_each: { as: { tube: [a, \"b c\", 7] } }, send: \"stats-tube {tube} {{x}\\n\", until: \"{tube}\" }";
  CHECK(calls_of(given(as, "tcp://h:1")) ==
        "stats-tube a {x}\\n | {tube} ; stats-tube b c {x}\\n | {tube} ; "
        "stats-tube 7 {x}\\n | {tube}");
  const std::string parameter = "r: { send: \"get {key_name}\\n\" }";
  const std::string with = "with: { key_name: \"\" }\n";
  const auto set = [](const std::string& value) {
    return config::Parameters{{config::Text{"key_name", {}}, config::Parameter(config::Scalar(value))}};
  };
  CHECK(calls_of(given(parameter, "tcp://h:1", set("k1"), with)) == "get k1\\n | ");
  CHECK(messages_of(given(parameter, "tcp://h:1", set("k\nflush_all"), with)) ==
        "a parameter of `c` puts a control character into `send` of its request `r`\n");
  CHECK(messages_of(given("r: { send: \"get {kye}\\n\" }", "tcp://h:1")).starts_with("unknown variable `{kye}`"));
}

TEST_CASE("streams: a name that would be a second command loses its own item only") {
  const Given lists = given(
      "r: {}, one: { for_each: { from: r, each: \"$[*]\", as: { tube: \"@\" } }, send: \"stats-tube {tube}\\r\\n\" }",
      "tcp://h:1");
  const auto c = compiled(lists);
  Raw raw;  // status 0: there is no HTTP
  raw.body = R"(["a", "b\r\nkick 1", "c\td", "e\u007f"])";
  auto answer = c->read(0, {}, std::move(raw));
  REQUIRE(answer.has_value());
  Collector::Answers answers(2);
  answers[0].push_back(std::move(**answer));
  const std::string lost = "lost: a variable puts a control character into `send` of `one`";
  CHECK(calls_of(lists, 1, &answers) == "stats-tube a\\r\\n |  ; " + lost + " ; " + lost + " ; " + lost);
  // Asked by HTTP nothing of `send` is looked at.
  CHECK(calls_of(given("r: { for_each: { as: { x: [\"a\\nb\"] } }, path: \"/{x}\", send: \"{x}\\n\" }", "http://h")) ==
        "GET /a%0Ab");
}

TEST_CASE("streams: what needs HTTP is refused for a target without, with what to do") {
  const std::string begin = "the target `t`: the request `r` of `c` has ",
                    end = ", which needs HTTP; expected a url of http://, https:// or unix:\n";
  CHECK(messages_of(given("r: { body: { json: { a: 1 } } }", "tcp://h:1")) == begin + "a `body`" + end);
  CHECK(messages_of(given("r: { body: { xmlrpc: { call: f } } }", "unix:///a")) == begin + "a `body`" + end);
  CHECK(messages_of(given("r: { pages: { query: p, next: $.n } }", "tcp://h:1")) == begin + "`pages`" + end);
  CHECK(messages_of(given("r: { body: { json: 1 }, pages: { query: p, next: $.n } }", "http://h")).empty());
  CHECK(messages_of(given("r: { send: \"show stat\\n\" }", "unix:/run/a.sock")) ==
        begin +
            "`send`, which is ignored over HTTP; write unix:///run/a.sock if the socket speaks the service's own "
            "protocol\n");
  CHECK(messages_of(given("r: { send: \"show stat\\n\" }", "unix:/run/a.sock:/stats")).empty());
  CHECK(messages_of(given("r: { send: \"show stat\" }", "tcp://h:1")) ==
        "`send` does not end with a line break, for which most services wait: write \"...\\n\"\n");
}
