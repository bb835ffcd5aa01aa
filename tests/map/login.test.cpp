// LANGUAGE 3.5: the login request, what its answer means, which answers end a session, where the token goes.
#include "mapping.h"
#include "support/catch.h"

using namespace tallyman;
using namespace tallyman::map;
using namespace tallyman::map::testing;

namespace {

std::shared_ptr<const Collector> collector(const std::string& login, const std::string& request = "{}") {
  Given given;
  given.yaml = "collector: c\nabout: x\nlogin: " + login + "\nrequests: { r: " + request +
               " }\nservice: { metrics: { m: { gauge: 1, help: h } } }\n";
  given.has_target = true;
  return compiled(given);
}

const char* const json_login =
    "{ path: /auth/token, body: { json: { username: \"{auth.user}\", password: \"{auth.password}\" } }, token: "
    "$.access_token }";

std::string said(const Result<std::string>& read) {
  return read ? "token " + *read : std::string(to_string(read.error().stage)) + ": " + read.error().detail;
}

std::string fault(const std::string& text) {
  return "<methodResponse><fault><value><struct><member><name>faultCode</name><value><int>1</int></value></member>"
         "<member><name>faultString</name><value><string>" +
         text + "</string></value></member></struct></value></fault></methodResponse>";
}

std::string captured(const std::string& name) {
  return read_file(std::string(TALLYMAN_SOURCE_DIR) + "/tests/collectors/kobo/captured/" + name + ".xml");
}

}  // namespace

TEST_CASE("login: the request, with user and password as values") {
  struct Row {
    const char* login;
    const char* path;
    const char* body;
  };
  const Row rows[] = {
      {json_login, "/auth/token", R"({"username":"rea\"der","password":"p{&}w"})"},
      {"{ path: /in, body: { form: { u: \"{auth.user}\", p: \"{auth.password}\" } } }", "/in",
       "u=rea%22der&p=p%7B%26%7Dw"},
      {"{ path: /in, query: { u: \"{auth.user}\", p: \"{auth.password}\" } }", "/in?u=rea%22der&p=p%7B%26%7Dw", ""},
      {"{ path: /x, body: { xmlrpc: { call: auth.login_password, args: [\"{auth.user}\", \"{auth.password}\"] } } }",
       "/x",
       "<?xml version=\"1.0\"?>\n<methodCall><methodName>auth.login_password</methodName><params>"
       "<param><value><string>rea\"der</string></value></param>"
       "<param><value><string>p{&amp;}w</string></value></param></params></methodCall>\n"},
  };
  for (const Row& row : rows) {
    INFO(row.login);
    const auto c = collector(row.login);
    REQUIRE(c);
    REQUIRE(c->login());
    CHECK(c->login()->uses_auth);
    CHECK_FALSE(c->login()->optional);
    const auto call = c->login_call("rea\"der", "p{&}w");
    REQUIRE(call.has_value());
    CHECK(call->path == row.path);
    CHECK(call->body == row.body);
    CHECK(call->variables.empty());
  }
  // Nothing of a password can become a header line, and nothing of it is said.
  const auto header = collector("{ path: /in, headers: { X-Pw: \"{auth.password}\" } }");
  const auto refused = header->login_call("u", "secret\r\nX: y");
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().detail.find("secret") == std::string::npos);
}

TEST_CASE("login: what the answer means") {
  const std::string look = "; look at user and password under `auth` of the target";
  const std::string kobo = "{ path: /x, body: { xmlrpc: { call: l, args: [\"{auth.password}\"] } } }";
  struct Row {
    std::string login;
    int status;
    std::string body, says;
  };
  const Row rows[] = {
      {json_login, 200, R"({"access_token": "t0k"})", "token t0k"},
      {json_login, 200, R"({"access_token": 17})", "token 17"},
      {json_login, 200, R"({"token": "t0k"})", "map: the answer to the login has no token at `$.access_token`"},
      {json_login, 200, R"({"access_token": null})", "map: the answer to the login has no token at `$.access_token`"},
      {json_login, 200, R"({"access_token": "a\r\nb"})", "map: the token of the login holds a control character"},
      {json_login, 401, "", "auth: the service answered 401 to the login" + look},
      {json_login, 400, R"({"error": "invalid_grant"})", "auth: the service answered 400 to the login" + look},
      {json_login, 503, "", "status: the login: the service answered 503, which is not one of `accept`"},
      {json_login, 404, "", "status: the login: the service answered 404, which is not one of `accept`"},
      {"{ path: /in, body: { form: { p: \"{auth.password}\" } } }", 200, "<html>welcome", "token "},
      {"{ path: /in, body: { form: { p: \"{auth.password}\" } }, accept: [302] }", 302, "", "token "},
      {"{ path: /in, body: { form: { p: \"{auth.password}\" } }, accept: [302] }", 200, "<html>try again",
       "status: the login: the service answered 200, which is not one of `accept`"},
      {"{ path: /in, query: { p: \"{auth.password}\" }, expect: \"$.ok == true\" }", 200, R"({"ok": false})",
       "auth: the service refused the login: the body says no: `expect: $.ok == true` is false of it" + look},
      {kobo, 200, captured("login_password_ok"), "token "},
      {kobo, 200, captured("login_password_bad"),
       "auth: the service refused the login: fault 1: PermissionDenied: Invalid username or password." + look},
  };
  for (const Row& row : rows) {
    INFO(row.login << " " << row.status << " " << row.body);
    const auto c = collector(row.login);
    REQUIRE(c);
    Raw raw;
    raw.status = row.status;
    raw.body = row.body;
    CHECK(said(c->read_login(std::move(raw))) == row.says);
  }
  CHECK(collector(json_login)->login()->follow);
  CHECK_FALSE(collector("{ path: /in, accept: [302] }")->login()->follow);
}

TEST_CASE("login: which answers say that the session has ended") {
  const auto c = collector("{ path: /x, again: [\"*Login required*\"] }");
  const auto lost = [&](int status, const std::string& body) {
    const auto e = c->session_lost(status, body);
    return e ? std::string(to_string(e->stage)) + ": " + e->detail : std::string();
  };
  CHECK(lost(401, "") == "auth: the service answered 401");
  CHECK(lost(403, "") == "auth: the service answered 403");
  CHECK(lost(404, "").empty());
  CHECK(lost(200, captured("login_required_denied")) ==
        "auth: the service answered fault 1: PermissionDenied: Login required.");
  CHECK(lost(200, captured("login_password_bad")).empty());
  CHECK(lost(200, captured("list_workers_enabled")).empty());
  CHECK(lost(200, "faultString Login required").empty());
  // Inside a multicall: the faults among its results only.
  CHECK(lost(200, captured("multicall_with_fault")).empty());
  const std::string inner =
      "<value><struct><member><name>faultCode</name><value><int>1</int></value></member><member><name>faultString</"
      "name>"
      "<value><string>&lt;class 'PermissionDenied'&gt;:Login required.</string></value></member></struct></value>";
  const auto multicall = [](const std::string& results) {
    return "<methodResponse><params><param><value><array><data>" + results +
           "</data></array></value></param></params></methodResponse>";
  };
  CHECK(lost(200, multicall(inner)) ==
        "auth: the service answered fault 1: <class 'PermissionDenied'>:Login required.");
  CHECK(lost(200, multicall("<value><array><data>" + inner + "</data></array></value>")).empty());
  // Without `again` a fault is the answer's own.
  CHECK_FALSE(collector("{ path: /x }")->session_lost(200, fault("Login required")));
}

TEST_CASE("login: the token's place in headers and query") {
  const auto c = collector(
      json_login, "{ query: { t: \"a b{token}\", u: \"\\x1a\" }, headers: { Authorization: \"Bearer {token}\" } }");
  REQUIRE(c);
  const auto calls = c->calls(0, Collector::Answers(1));
  REQUIRE(calls.has_value());
  CHECK(calls->at(0).path == std::string("/?t=a%20b") + token_place + "&u=%1A");
  CHECK(calls->at(0).headers == Headers{{"Authorization", std::string("Bearer ") + token_place}});
}

TEST_CASE("login: mistakes have their place") {
  struct Row {
    std::string middle;  // line 3 on
    std::string says;
  };
  const std::string requests = "requests: { r: {} }\n";
  const std::string rule = "service: { metrics: { m: { gauge: 1, help: h } } }\n";
  const Row rows[] = {
      {"requests: { r: { headers: { A: \"{token}\" } } }\n",
       "c.yaml:3:32: unknown variable `{token}`: it belongs to `login`, which must say with `token:` where its answer "
       "has it\n"},
      {"login: { path: /in }\nrequests: { r: { query: { t: \"{token}\" } } }\n",
       "c.yaml:4:30: unknown variable `{token}`: it belongs to `login`, which must say with `token:` where its answer "
       "has it\n"},
      {"login: { path: /in, token: $.t }\nrequests: { r: { body: { json: { t: \"{token}\" } } } }\n",
       "c.yaml:4:24: unknown variable `{token}`: it can stand in `headers` and `query` of requests only\n"},
      {"login: { path: /in, headers: { A: \"{token}\" }, token: $.t }\n" + requests,
       "c.yaml:3:35: unknown variable `{token}`: it comes from the answer to `login`\n"},
      {"login: { path: /in }\nrequests: { r: { query: { u: \"{auth.user}\" } } }\n",
       "c.yaml:4:30: unknown variable `{auth.user}`: what is in `auth` of a target can stand in `login` only\n"},
      {"login: { path: /in, query: { u: \"{auth.usr}\" } }\n" + requests,
       "c.yaml:3:33: unknown variable `{auth.usr}`; did you mean `{auth.user}`?\n"},
      {"login: { path: /in, optional: true }\n" + requests,
       "c.yaml:3:8: `optional` is of a login with `{auth.user}` or `{auth.password}`: it is left out where the target "
       "has none\n"},
      {"login: { path: \"/{auth.user}\", optional: true, token: $.t }\n" + requests,
       "c.yaml:3:55: a login with `token` cannot be `optional`: without it `{token}` has no value\n"},
      {"login: { path: /in, token: \"$.t[*]\" }\n" + requests,
       "c.yaml:3:28: `$.t[*]` may select several nodes where one is wanted"},
  };
  for (const Row& row : rows) {
    INFO(row.middle);
    Given given;
    given.yaml = "collector: c\nabout: x\n" + row.middle + rule;
    std::string messages;
    CHECK(compiled(given, &messages, true) == nullptr);
    CHECK(messages.substr(0, row.says.size()) == row.says);
  }
}
