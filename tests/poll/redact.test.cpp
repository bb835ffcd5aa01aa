// What an explanation shows of answers: nothing of what the target sends to say who it is, and nothing that the service
// itself calls a secret.
#include "poll/redact.h"

#include "support/catch.h"

using namespace tallyman;
using poll::redacted;
using poll::secrets_of;
using poll::without_secrets;

namespace {

config::Target with_password(const std::string& password) {
  config::Target target;
  target.endpoint.auth = {AuthSettings::Kind::basic, "u", "", {Secret::Source::inline_value, password}};
  return target;
}

}  // namespace

TEST_CASE("redact: what was sent, in every spelling") {
  const config::Target target = with_password("p\"ä/&<s");
  const auto secrets = secrets_of(target, {"the-token"}, {"the-cookie", "en"});
  for (const char* spelling : {"p\"ä/&<s", "p\\\"ä/&<s", "p\\\"\\u00e4/&<s", "p\\\"\\u00e4\\/&<s", "p\"ä/&amp;&lt;s",
                               "p%22%C3%A4%2F%26%3Cs", "dTpwIsOkLyY8cw==", "the-token", "the-cookie"}) {
    INFO(spelling);
    CHECK(without_secrets(std::string("<") + spelling + ">", secrets) == "<***>");
  }
}

TEST_CASE("redact: what was sent before its file went away") {
  config::Target target;
  target.endpoint.auth = {AuthSettings::Kind::basic, "u", "", {Secret::Source::file, "/nonexistent/secret"}};
  const auto secrets = secrets_of(target, {"p\"ä/&<s", ""}, {});
  CHECK(without_secrets("p\"ä/&<s, dTpwIsOkLyY8cw==, dTo=", secrets) == "***, ***, dTo=");
}

TEST_CASE("redact: headers, parameters and the url's query") {
  config::Target target;
  target.endpoint.headers = {
      {"X-Api-Key", "k/1+2=="}, {"Accept", "application/vnd.x+json"}, {"X-Site", "a-longer-value"}, {"X-Org", "12"}};
  target.endpoint.url = parse_url("http://h/x?token=fromquery&page=2").value();
  target.with.push_back({config::Text{"api_token", {}}, config::Scalar(std::string("fromwith"))});
  target.with.push_back({config::Text{"queue", {}}, config::Scalar(std::string("mail"))});
  CHECK(without_secrets("k/1+2== application/vnd.x+json a-longer-value 12 fromquery 2 fromwith mail",
                        secrets_of(target, {}, {})) == "*** application/vnd.x+json *** 12 *** 2 *** mail");
}

TEST_CASE("redact: members that a service calls a secret") {
  struct Row {
    const char* body;
    const char* shown;
  };
  const Row rows[] = {
      {R"({"password": "x", "user": "y"})", R"({"password": "***", "user": "y"})"},
      {R"({"a":{"refreshToken":"x\"y\\","n":1}})", R"({"a":{"refreshToken":"***","n":1}})"},
      {R"([{"X-Api-Key" : "k"}, {"password_hash":"h"}])", R"([{"X-Api-Key" : "***"}, {"password_hash":"***"}])"},
      {R"({"token_count": "7", "tokens": 8, "token": 9, "password": ""})",
       R"({"token_count": "7", "tokens": 8, "token": 9, "password": ""})"},
      {R"({"text": "password", "a": "token: \"x\"", "secret": "cut of)",
       R"({"text": "password", "a": "token: \"x\"", "secret": "***)"},
      {R"({"secret": "cut\)", R"({"secret": "***)"},
      {R"({"secret": ")", R"({"secret": "***)"},
      {R"({"secret": )", R"({"secret": )"},
      {R"({"url": "amqp://guest:gu@est@host:5672//", "b": "http:\/\/u:p@h\/x"})",
       R"({"url": "amqp://***@host:5672//", "b": "http:\/\/***@h\/x"})"},
      {R"({"mail": "a://b c@d", "at": "x@y"})", R"({"mail": "a://b c@d", "at": "x@y"})"},
      {R"({"raw": "{\"password\": \"x\\\"y\", \"n\": 1, \"token\":\"z\"}", "b": 2})",
       R"({"raw": "{\"password\": \"***\", \"n\": 1, \"token\":\"***\"}", "b": 2})"},
      {R"({"raw": "{\"password\": \"cut of)", R"({"raw": "{\"password\": \"***)"},
      {R"({"raw": "{\"password\": \"\", \"n\": 1}"})", R"({"raw": "{\"password\": \"\", \"n\": 1}"})"},
      {"name: w\npassword: x y\r\nadmin_token=z", "name: w\npassword: ***\nadmin_token= ***"},
      {"a\n\nb\n", "a\n\nb\n"},
      {"", ""},
      {"{", "{"},
      {"\"", "\""},
  };
  for (const Row& row : rows) {
    INFO(row.body);
    CHECK(redacted(row.body, {}) == row.shown);
  }
}

TEST_CASE("redact: an answer that is cut anywhere shows no more than its beginning") {
  const std::string body =
      R"({"a": [{"password" : "geheim\"1", "n": 1}], "url": "amqp://u:geheim2@h/", "token":"geheim3", "é": "é"})";
  for (std::size_t n = 0; n <= body.size(); ++n) {
    const std::string shown = redacted(body.substr(0, n), {});
    INFO(shown);
    CHECK(shown.find("geheim1") == std::string::npos);
    CHECK(shown.find("\\\"1") == std::string::npos);
    CHECK(shown.find("geheim3") == std::string::npos);
    if (n == body.size()) CHECK(shown.find("geheim") == std::string::npos);
  }
}

TEST_CASE("redact: a secret of one letter and a body of nothing else take linear time") {
  const std::string body(200'000, 'a');
  CHECK(redacted(body, secrets_of(with_password("a"), {}, {})).size() == 600'000);
  std::string quotes;
  for (int i = 0; i < 100'000; ++i) quotes += "\"\\";
  CHECK(!redacted("{" + quotes, {}).empty());
  std::string inner = "{";
  for (int i = 0; i < 60'000; ++i) inner += "\\\"";
  CHECK(redacted(inner, {}) == inner);
  std::string slashes;
  for (int i = 0; i < 60'000; ++i) slashes += "://";
  CHECK(redacted(slashes, {}) == slashes);
}

TEST_CASE("redact: what stands under a secret's name in XML") {
  struct Row {
    std::string body;
    std::string shown;
  };
  const Row rows[] = {
      {"<r><password>x</password><user>y</user></r>", "<r><password>***</password><user>y</user></r>"},
      {"<?xml version=\"1.0\"?>\n<a:r><a:apiKey>x</a:apiKey></a:r>",
       "<?xml version=\"1.0\"?>\n<a:r><a:apiKey>***</a:apiKey></a:r>"},
      // A member of XML-RPC, with whatever value.
      {"<member><name>password</name>\n<value><string>x</string></value></member><member><name>load</name><value>1</"
       "value>",
       "<member><name>password</name>\n<value>***</value></member><member><name>load</name><value>1</value>"},
      {"<ex:member><ex:name> session_id </ex:name><ex:value><ex:array><ex:value>x</ex:value></ex:array></ex:value>y",
       "<ex:member><ex:name> session_id </ex:name><ex:value>***</ex:value>y"},
      {"<m><name>token</name><value/><name>n</name><value>1</value></m>",
       "<m><name>token</name><value/><name>n</name><value>1</value></m>"},
      {"<m><name>pwd</name><value><![CDATA[x</value>y]]></value>z</m>", "<m><name>pwd</name><value>***</value>z</m>"},
      {"<dict><key>secret</key><string>x</string></dict>", "<dict><key>secret</key><string>***</string></dict>"},
      {"<a><token><token>x</token>y</token>z</a>", "<a><token>***</token>z</a>"},
      {"<a><b>1 < 2</b><!-- <password> --><c>n</c></a>", "<a><b>1 < 2</b><!-- <password> --><c>n</c></a>"},
      // Cut, or never closed.
      {"<r><password>x</passw", "<r><password>***"},
      {"<r><name>password</name><value><string>x", "<r><name>password</name><value>***"},
      {"<r it's><password>x</password>", "<r it's><password>***</password>"},
  };
  for (const Row& row : rows) {
    INFO(row.body);
    CHECK(redacted(row.body, {}) == row.shown);
  }
  // Attributes; what is left of a line with a `=` behind a secret's name goes too.
  for (const char* body : {"<r token=\"hidden\"/>", "<r a='1' token = 'hidden>'>y</r>", "<r token=hidden>",
                           "<add key=\"pwd\" value=\"hidden\"/>", "<property name=\"db.password\">hidden</property>",
                           "<input type=password value='hidden'>", "<meta name=csrf-token content=hidden>",
                           "<r token=\"hidden", "<r a=\"'\" token='hidden'>"}) {
    INFO(body);
    const std::string shown = redacted(body, {});
    INFO(shown);
    CHECK(shown.find("hidden") == std::string::npos);
    CHECK(shown.find("***") != std::string::npos);
  }
}

TEST_CASE("redact: broken XML takes linear time") {
  std::string body = "<a ";
  while (body.size() < (1u << 20)) body += "<b '\"<name>password</name><";
  CHECK(redacted(body, {}).size() <= 2 * body.size());
}
