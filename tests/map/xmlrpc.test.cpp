// LANGUAGE 3: method calls as they are sent, many in one, and what their replies become.
#include "mapping.h"
#include "support/catch.h"

using namespace tallyman;
using namespace tallyman::map;
using namespace tallyman::map::testing;

namespace {

const std::string head = "<?xml version=\"1.0\"?>\n<methodCall><methodName>";

Given given(const std::string& requests, const std::string& more = "") {
  Given out;
  out.yaml = "collector: c\nabout: x\n" + more + "requests:\n" + requests +
             "\nservice: { from: r, metrics: { m: { gauge: 1, help: h } } }\n";
  out.has_target = true;
  return out;
}

std::string messages(const std::string& requests, const std::string& more = "") {
  std::string out;
  compiled(given(requests, more), &out);
  return out;
}

// `<methodName>` and what is in `<params>`.
std::string body_of(const Call& call) {
  std::string out = call.body;
  REQUIRE(out.starts_with(head));
  REQUIRE(out.ends_with("</params></methodCall>\n"));
  out = out.substr(head.size(), out.size() - head.size() - 23);
  const std::string between = "</methodName><params>";
  return out.replace(out.find(between), between.size(), " ");
}

std::vector<Call> calls(const Collector& c, std::size_t request, const Collector::Answers& answers) {
  auto made = c.calls(request, answers);
  if (!made) FAIL(made.error().detail);
  return std::move(*made);
}

std::string only_call(const std::string& args, const std::string& more = "") {
  const auto c = compiled(given("  r: { body: { xmlrpc: { call: f, args: " + args + " } } }", more));
  const std::vector<Call> made = calls(*c, 0, Collector::Answers(1));
  REQUIRE(made.size() == 1);
  CHECK(made[0].method == "POST");
  CHECK(made[0].content_type == "text/xml");
  const std::string body = body_of(made[0]);
  REQUIRE(body.starts_with("f "));
  return body.substr(2);
}

Raw raw(std::string body, int status = 200) {
  Raw out;
  out.status = status;
  out.body = std::move(body);
  out.headers = {{"X-Page", "7"}};
  out.arrived = 5;
  return out;
}

std::string reply(const std::string& value) {
  return "<methodResponse><params><param><value>" + value + "</value></param></params></methodResponse>";
}
std::string fault(const std::string& text) {
  return "<struct><member><name>faultCode</name><value><int>1</int></value></member><member><name>faultString</name>"
         "<value>" +
         text + "</value></member></struct>";
}
std::string listed(const std::string& values) { return reply("<array><data>" + values + "</data></array>"); }
std::string one(const std::string& value) {
  return "<value><array><data><value>" + value + "</value></data></array></value>";
}

// Workers by name: a list, then a call for each, at most `batch` in one.
Given workers(const std::string& batch) {
  Given out;
  out.yaml = R"(
collector: c
about: x
requests:
  names: { body: { xmlrpc: { call: list } } }
  info:
    for_each: { from: names, each: "$[*]", as: { name: "@" } }
    )" + batch +
             R"(
    path: /rpc/
    body: { xmlrpc: { call: info, args: ["{name}"] } }
workers: { from: info, worker: "{name}", load: $.load }
)";
  return out;
}

Collector::Answers names(const Collector& c, const std::string& values) {
  Collector::Answers answers(2);
  auto read = c.read(0, {}, raw(listed(values)));
  if (!read) FAIL(read.error().detail);
  answers[0].push_back(std::move(**read));
  return answers;
}

}  // namespace

TEST_CASE("xmlrpc request: values are written with their types") {
  struct Row {
    const char* args;
    const char* params;
  };
  const Row rows[] = {
      {"[]", ""},
      {"[1]", "<param><value><int>1</int></value></param>"},
      {"[-2147483648, 2147483647]",
       "<param><value><int>-2147483648</int></value></param><param><value><int>2147483647</int></value></param>"},
      {"[2147483648]", "<param><value><i8>2147483648</i8></value></param>"},
      {"[-9223372036854775808]", "<param><value><i8>-9223372036854775808</i8></value></param>"},
      {"[1.5]", "<param><value><double>1.5</double></value></param>"},
      {"[5.0]", "<param><value><double>5</double></value></param>"},
      {"[true, false]",
       "<param><value><boolean>1</boolean></value></param><param><value><boolean>0</boolean></value></param>"},
      {"[null]", "<param><value><nil/></value></param>"},
      {"[\"123\"]", "<param><value><string>123</string></value></param>"},
      {"[\"\"]", "<param><value><string></string></value></param>"},
      {R"(["a<b>&\"'c"])", "<param><value><string>a&lt;b&gt;&amp;\"'c</string></value></param>"},
      {"[\"]]>\"]", "<param><value><string>]]&gt;</string></value></param>"},
      {R"(["a\r\n\tb"])", "<param><value><string>a&#13;\n\tb</string></value></param>"},
      {"[[], [0, 1, 2]]",
       "<param><value><array><data></data></array></value></param><param><value><array><data><value><int>0</int>"
       "</value><value><int>1</int></value><value><int>2</int></value></data></array></value></param>"},
      {"[{ a: 1, \"<\": [x] }, {}]",
       "<param><value><struct><member><name>a</name><value><int>1</int></value></member><member><name>&lt;</name>"
       "<value><array><data><value><string>x</string></value></data></array></value></member></struct></value></param>"
       "<param><value><struct></struct></value></param>"},
  };
  for (const Row& row : rows) {
    INFO(row.args);
    CHECK(only_call(row.args) == row.params);
  }
}

TEST_CASE("xmlrpc request: variables keep their type, and no text becomes syntax") {
  const std::string with = "with: { n: 5, big: 4294967296, x: 2.5, on: true, t: \"123\", evil: \"</string><int>\" }\n";
  const auto value = [](const std::string& v) { return "<param><value>" + v + "</value></param>"; };
  CHECK(only_call("[\"{n}\", \"{big}\", \"{x}\"]", with) ==
        value("<int>5</int>") + value("<i8>4294967296</i8>") + value("<double>2.5</double>"));
  CHECK(only_call("[\"{on}\", \"{t}\"]", with) == value("<boolean>1</boolean>") + value("<string>123</string>"));
  CHECK(only_call("[\"{evil}\"]", with) == value("<string>&lt;/string&gt;&lt;int&gt;</string>"));
  CHECK(only_call("[\"a-{evil}-{n}\", \"{{n}\"]", with) ==
        value("<string>a-&lt;/string&gt;&lt;int&gt;-5</string>") + value("<string>{n}</string>"));
  CHECK(only_call("[{ \"{t}\": [\"{n}\"] }]", with) ==
        value("<struct><member><name>123</name><value><array><data><value><int>5</int></value></data></array></value>"
              "</member></struct>"));
}

TEST_CASE("xmlrpc request: what XML cannot hold is said at load") {
  CHECK(messages(R"(  r: { body: { xmlrpc: { call: f, args: ["a\x01"] } } })") ==
        "`args` holds a control character, which XML has no way to write\n");
  CHECK(messages("  r: { body: { xmlrpc: { call: f, args: [18446744073709551615] } } }") ==
        "18446744073709551615 is more than an XML-RPC integer holds (2^63 - 1)\n");
  CHECK(messages("  r: { body: { xmlrpc: { call: f, args: [\"{nope}\"] } } }").find("unknown variable `{nope}`") == 0);
}

TEST_CASE("xmlrpc request: for_each over constants") {
  const auto c = compiled(
      given("  r: { for_each: { as: { on: [true, false] } }, body: { xmlrpc: { call: f, args: [\"{on}\"] } } }"));
  const std::vector<Call> made = calls(*c, 0, Collector::Answers(1));
  REQUIRE(made.size() == 2);
  CHECK(body_of(made[0]) == "f <param><value><boolean>1</boolean></value></param>");
  CHECK(body_of(made[1]) == "f <param><value><boolean>0</boolean></value></param>");
}

TEST_CASE("path: a parameter may be the whole of it, and keeps its slashes") {
  const auto path = [](const std::string& value, std::string* said = nullptr) -> std::string {
    Given g = given("  r: { path: \"{mount}\" }", "with: { mount: /a/b/ }\n");
    if (!value.empty()) g.with.push_back({{"mount", {}}, config::Parameter(config::Scalar(value))});
    const auto c = compiled(g, said);
    return c ? calls(*c, 0, Collector::Answers(1))[0].path : std::string();
  };
  CHECK(path("") == "/a/b/");
  CHECK(path("/x%20y/") == "/x%20y/");
  for (const char* wrong : {"x/y", "/a?b", "/a#b", "/a b", "/a\nb"}) {
    INFO(wrong);
    std::string said;
    CHECK(path(wrong, &said).empty());
    CHECK(said ==
          "the parameter `mount` of `c` is the path of a request: it must start with `/` and hold no blank, `?` or "
          "`#`\n");
  }
  CHECK(messages("  r: { for_each: { as: { a: [/x] } }, path: \"{a}\" }") ==
        "`path` is only the variable `{a}`, which is no parameter (`with`) that could be a whole path\n");
}

TEST_CASE("batch: so many calls are one system.multicall, the rest is alone") {
  const auto c = compiled(workers("batch: 2"));
  const Collector::Answers answers = names(*c, "<value>a&lt;b</value><value>123</value><value>\xC3\xBC</value>");
  const std::vector<Call> made = calls(*c, 1, answers);
  REQUIRE(made.size() == 2);
  const auto member = [](const std::string& name) {
    return "<value><struct><member><name>methodName</name><value><string>info</string></value></member><member><name>"
           "params</name><value><array><data><value><string>" +
           name + "</string></value></data></array></value></member></struct></value>";
  };
  CHECK(body_of(made[0]) == "system.multicall <param><value><array><data>" + member("a&lt;b") + member("123") +
                                "</data></array></value></param>");
  CHECK(made[0].path == "/rpc/");
  CHECK(made[0].method == "POST");
  CHECK(made[0].content_type == "text/xml");
  REQUIRE(made[0].joined.size() == 2);
  CHECK(body_of(made[0].joined[1]) == "info <param><value><string>123</string></value></param>");
  CHECK(made[1].joined.empty());
  CHECK(body_of(made[1]) == "info <param><value><string>\xC3\xBC</string></value></param>");

  CHECK(calls(*compiled(workers("")), 1, answers).size() == 3);
}

TEST_CASE("batch: a name that XML cannot hold is lost by itself, before anything is sent") {
  // A byte that is not allowed in XML, but that a lenient server may send all the same.
  const auto c = compiled(workers("batch: 2"));
  const std::vector<Call> made =
      calls(*c, 1, names(*c, "<value>a</value><value>\x01</value><value>b</value><value>c</value>"));
  REQUIRE(made.size() == 3);
  REQUIRE(made[0].unwritable);
  CHECK(made[0].unwritable->detail.find("request `info`: a text holds a control character") == 0);
  CHECK(made[1].joined.size() == 2);
  CHECK_FALSE(made[2].unwritable);
}

TEST_CASE("batch: the reply is one answer per call, each with its own variables") {
  const auto c = compiled(workers("batch: 3"));
  Collector::Answers answers = names(*c, "<value>a</value><value>b</value><value>c</value>");
  const Call call = calls(*c, 1, answers)[0];
  REQUIRE(call.joined.size() == 3);
  const auto load = [](const std::string& n) {
    return one("<struct><member><name>load</name><value><int>" + n + "</int></value></member></struct>");
  };
  auto read = c->read_joined(1, call, raw(listed(load("1") + "<value>" + fault("Oops") + "</value>" + load("3"))));
  REQUIRE(read.has_value());
  REQUIRE(read->size() == 3);
  REQUIRE_FALSE((*read)[1].has_value());
  CHECK((*read)[1].error().stage == Stage::refused);
  CHECK((*read)[1].error().detail == "fault 1: Oops");
  for (const std::size_t i : {0u, 2u}) {
    REQUIRE((*read)[i].has_value());
    CHECK((*read)[i]->headers[0].second == "7");
    CHECK((*read)[i]->arrived == 5);
    answers[1].push_back(std::move(*(*read)[i]));
  }
  auto output = c->map(answers);
  REQUIRE(output.has_value());
  std::vector<std::string> loads;
  const SampleBatch& batch = output->blocks[0].batch;
  for (std::size_t i = 0; i < batch.size(); ++i)
    if (batch.families()[batch.series()[i].family].name == "tally_worker_load")
      loads.push_back(std::string(batch.labels(batch.series()[i].labels)) + " " + to_text(batch.values()[i]));
  CHECK(loads == std::vector<std::string>{R"(worker="a" 1)", R"(worker="c" 3)"});
}

TEST_CASE("batch: what fails it as a whole, and whether its calls are then made alone") {
  const auto c = compiled(workers("batch: 2"));
  const Call call = calls(*c, 1, names(*c, "<value>a</value><value>b</value>"))[0];
  REQUIRE(call.joined.size() == 2);
  const std::string whole =
      "<methodResponse><fault><value>" + fault("int exceeds XML-RPC limits") + "</value></fault></methodResponse>";
  struct Row {
    const char* name;
    Raw raw;
    Stage stage;
    bool alone;
  };
  Raw patience = raw("", 503);
  patience.headers = {{"Retry-After", "5"}};
  const Row rows[] = {
      {"a fault", raw(whole), Stage::refused, true},
      {"another number of results", raw(listed(one("x"))), Stage::decode, true},
      {"HTML", raw("<html></html>"), Stage::decode, true},
      {"500", raw("", 500), Stage::status, true},
      {"404", raw("", 404), Stage::status, true},
      {"503 with Retry-After", patience, Stage::status, false},
      {"401", raw("", 401), Stage::auth, false},
  };
  for (const Row& row : rows) {
    INFO(row.name);
    const auto read = c->read_joined(1, call, row.raw);
    REQUIRE_FALSE(read.has_value());
    CHECK(read.error().stage == row.stage);
    CHECK(Collector::ask_alone(read.error()) == row.alone);
  }
  for (const Stage stage : {Stage::connect, Stage::timeout, Stage::cancelled, Stage::tls, Stage::redirect})
    CHECK_FALSE(Collector::ask_alone(error(stage, "")));
  // 404 of a single call says nothing of its item: all calls have the same address.
  const auto single = c->read(1, call.joined[0], raw("", 404));
  REQUIRE_FALSE(single.has_value());
  CHECK(single.error().stage == Stage::status);
}

TEST_CASE("batch: limits and expect hold for each value") {
  Given g = workers("batch: 2\n    expect: \"$.ok == true\"");
  g.yaml += "limits: { depth: 2, body: 2KiB }\n";
  const auto c = compiled(g);
  const Call call = calls(*c, 1, names(*c, "<value>a</value><value>b</value>"))[0];
  const std::string good = "<struct><member><name>ok</name><value><boolean>1</boolean></value></member></struct>";
  const std::string list = "<array><data><value>x</value></data></array>";
  const auto read = c->read_joined(1, call, raw(listed(one(good) + one("<struct/>"))));
  REQUIRE(read.has_value());
  CHECK((*read)[0].has_value());
  REQUIRE_FALSE((*read)[1].has_value());
  CHECK((*read)[1].error().stage == Stage::refused);
  const std::string deep = "<array><data><value>" + list + "</value></data></array>";
  CHECK(c->read_joined(1, call, raw(listed(one(deep) + one(good)))).has_value());
  const auto deeper =
      c->read_joined(1, call, raw(listed(one("<array><data><value>" + deep + "</value></data></array>") + one(good))));
  REQUIRE_FALSE(deeper.has_value());
  CHECK(deeper.error().stage == Stage::limit);
  const auto large = c->read_joined(1, call, raw(listed(one(std::string(3000, 'x')) + one(good))));
  REQUIRE_FALSE(large.has_value());
  CHECK(large.error().stage == Stage::limit);
}

TEST_CASE("batch: what it does not go with") {
  const std::string start = "  r: { for_each: { as: { a: [1, 2] } }, batch: 2, body: { xmlrpc: { call: f } }, ";
  CHECK(messages(start + "path: \"/x/{a}\" }").find("`batch` asks about many items in one request") == 0);
  CHECK(messages(start + "query: { q: \"{a}\" } }").find("`batch` asks about many items in one request") == 0);
  CHECK(messages(start + "headers: { X-A: \"{a}\" } }").find("`batch` asks about many items in one request") == 0);
  CHECK(messages(start + "pages: { next: $.n } }") ==
        "`pages` does not go with `batch`: the answers of many items come in one\n");
  CHECK(messages("  r: { batch: 2, body: { xmlrpc: { call: f } } }") ==
        "`batch` goes with an xmlrpc body and `for_each`: it joins calls into one system.multicall\n");
}
