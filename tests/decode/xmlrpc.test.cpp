// XML-RPC replies: a kobo hub's own conversation, then every type, what is lenient and what is refused.
#include "decode/xmlrpc.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "decode/document.h"
#include "support/catch.h"

using namespace tallyman;
using namespace tallyman::decode;
namespace fs = std::filesystem;

namespace {

std::string slurp(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  REQUIRE(in.good());
  return out.str();
}

// Compact, keys in order.
std::string canonical(const std::string& json) {
  Document document;
  const Result<> parsed = document.parse(json);
  if (!parsed) return "not JSON: " + parsed.error().detail;
  std::string out;
  append_json(out, document.root());
  return out;
}

// The JSON, or "stage: detail".
std::string shown(const Result<std::string>& result) {
  return result ? canonical(*result) : std::string(to_string(result.error().stage)) + ": " + result.error().detail;
}
std::string read(const std::string& body, std::size_t depth = 64) { return shown(xmlrpc_to_json(body, depth)); }

std::string reply(const std::string& value) {
  return "<?xml version='1.0'?>\n<methodResponse><params><param>" + value + "</param></params></methodResponse>\n";
}
std::string fault(const std::string& code, const std::string& text) {
  return "<methodResponse><fault><value><struct><member><name>faultCode</name><value>" + code +
         "</value></member><member><name>faultString</name><value>" + text +
         "</value></member></struct></value></fault></methodResponse>";
}
std::string of(const std::string& value) { return read(reply("<value>" + value + "</value>")); }

std::string many(const std::string& text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

}  // namespace

TEST_CASE("xmlrpc: a kobo hub's answers are what its own client read") {
  std::vector<fs::path> replies;
  for (const auto& entry : fs::directory_iterator(fs::path(TALLYMAN_TESTS_DIR) / "decode/xmlrpc"))
    if (entry.path().string().ends_with(".response.xml")) replies.push_back(entry.path());
  std::sort(replies.begin(), replies.end());
  REQUIRE(replies.size() == 30);
  int faults = 0;
  for (const fs::path& path : replies) {
    INFO(path.filename().string());
    const std::string file = path.string();
    const std::string decoded = slurp(file.substr(0, file.size() - 13) + ".decoded.json");
    const Result<std::string> json = xmlrpc_to_json(slurp(path), 64);
    if (json) {
      CHECK(canonical(*json) == canonical(decoded));
      continue;
    }
    ++faults;
    Document said;
    REQUIRE(said.parse(decoded).has_value());
    CHECK(json.error().stage == Stage::refused);
    CHECK(json.error().detail == "fault " + std::string(said.root().member("faultCode").lexeme()) + ": " +
                                     std::string(said.root().member("faultString").text()));
  }
  CHECK(faults == 8);
}

TEST_CASE("xmlrpc: types") {
  struct Row {
    const char* value;
    const char* json;
  };
  const Row rows[] = {
      {"<int>5</int>", "5"},
      {"<i4>-5</i4>", "-5"},
      {"<int> +007\n</int>", "7"},
      {"<int>-0</int>", "0"},
      {"<i8>9223372036854775807</i8>", "9223372036854775807"},
      {"<i8>-9223372036854775808</i8>", "-9223372036854775808"},
      {"<i8>18446744073709551615</i8>", "18446744073709551615"},
      {"<i8>18446744073709551616</i8>", "18446744073709551616"},  // out of range: its node's error
      {"<ex:i8>9007199254740993</ex:i8>", "9007199254740993"},
      {"<biginteger>12345678901234567890</biginteger>", "12345678901234567890"},
      {"<boolean>1</boolean>", "true"},
      {"<boolean>0</boolean>", "false"},
      {"<boolean>true</boolean>", "true"},
      {"<double>1.5</double>", "1.5"},
      {"<double>-0.0</double>", "-0.0"},
      {"<double> +.5 </double>", "0.5"},
      {"<double>5.</double>", "5"},
      {"<double>1e3</double>", "1e3"},
      {"<double>1.25E+10</double>", "1.25e10"},
      {"<double>1e400</double>", "1e400"},
      {"<double>NaN</double>", "null"},
      {"<double>-inf</double>", "null"},
      {"<double>Infinity</double>", "null"},
      {"<ex:float>2.5</ex:float>", "2.5"},
      {"<string>a b</string>", R"("a b")"},
      {"<string></string>", R"("")"},
      {"<string/>", R"("")"},
      {"<string>  </string>", R"("  ")"},
      {"no type", R"("no type")"},
      {" 5 ", R"(" 5 ")"},
      {"", R"("")"},
      {"<string>&lt;&amp;&gt;&quot;&apos;&#228;&#xe4;</string>", R"("<&>\"'ää")"},
      {"<string>a\r\nb\tc</string>", R"("a\nb\tc")"},
      {"<string>a<![CDATA[<b>&amp;]]>c</string>", R"("a<b>&amp;c")"},
      {"<string>a<!-- no -->b<?no?>c</string>", R"("abc")"},
      {"<string>\x01</string>", R"("\u0001")"},
      {"<string>\xC3\xA4\xF0\x9F\x98\x80</string>", "\"\xC3\xA4\xF0\x9F\x98\x80\""},
      {"<nil/>", "null"},
      {"<ex:nil/>", "null"},
      {"<nil></nil>", "null"},
      {"<dateTime.iso8601>19980717T14:08:55</dateTime.iso8601>", R"("19980717T14:08:55")"},
      {"<base64>eW91\r\n IGNh\n</base64>", R"("eW91IGNh")"},
      {"<array><data></data></array>", "[]"},
      {"<array><data/></array>", "[]"},
      {"<array/>", "[]"},
      {"\n <array>\n  <data>\n <value><int>1</int></value> <value>x</value>\n</data> </array>\n", R"([1,"x"])"},
      {"<struct></struct>", "{}"},
      {"<struct/>", "{}"},
      {"<struct><member><name>a</name><value><nil/></value></member></struct>", R"({"a":null})"},
      {"<struct><member><value>1</value><name>&lt;\"</name></member></struct>", R"({"<\"":"1"})"},
      {"<struct><member><name>a</name><value>1</value></member><member><name>a</name><value>2</value></member></"
       "struct>",
       R"({"a":"2"})"},
  };
  for (const Row& row : rows) {
    INFO(row.value);
    CHECK(of(row.value) == row.json);
  }
  CHECK(read("<methodResponse><params/></methodResponse>") == "null");
  CHECK(read("\xEF\xBB\xBF  <methodResponse><params></params></methodResponse>") == "null");
  CHECK(read("<?xml version='1.0' encoding='ISO-8859-1'?><methodResponse><params><param><value>\xE4</value></param>"
             "</params></methodResponse>") == "\"\xC3\xA4\"");
}

TEST_CASE("xmlrpc: a fault is refused, whatever the status, in one line") {
  CHECK(read(fault("<int>1</int>", "PermissionDenied: Login required.")) ==
        "refused: fault 1: PermissionDenied: Login required.");
  CHECK(read(fault("<int>-32601</int>", "<string>no such\n method\x01</string>")) ==
        "refused: fault -32601: no such method");
  CHECK(read(fault("<i4>4</i4>", "")) == "refused: fault 4: no reason given");
  // A hub in debug mode sends the traceback; its last line has the reason.
  CHECK(read(fault("<int>1</int>",
                   "Traceback (most recent call last):\n  File \"x.py\", line 1\nOverflowError: int "
                   "exceeds XML-RPC limits\n")) == "refused: fault 1: OverflowError: int exceeds XML-RPC limits");
  // 199 bytes and a character of two: cut before it.
  CHECK(read(fault("<int>1</int>", many("x", 199) + "\xC3\xA4 and more")) ==
        "refused: fault 1: " + many("x", 199) + "...");
  CHECK(read("<methodResponse><fault><value>oops</value></fault></methodResponse>") ==
        "refused: fault without a code: no reason given");
}

TEST_CASE("xmlrpc: what is not a reply is said with its line") {
  struct Row {
    std::string body;
    std::string is;
  };
  const Row rows[] = {
      {"", "decode: the body is empty; expected an XML-RPC reply"},
      {" \n", "decode: the body is empty; expected an XML-RPC reply"},
      {"{\"a\": 1}", "decode: the body is JSON, not XML-RPC (starts with '{')"},
      {"\x1F\x8B\x08", "decode: the body is gzip data, not XML-RPC: its Content-Encoding was not said"},
      {"Not Found", "decode: the body is not XML: it starts with `Not Found`"},
      {"\n<!DOCTYPE html>\n<html><head><TITLE>302\nFound</title>",
       "decode: the body is HTML, not XML-RPC: a page called \"302 Found\""},
      {"<HTML><br></html>", "decode: the body is HTML, not XML-RPC"},
      {std::string("<methodResponse>\0</methodResponse>", 34), "decode: the body is not XML: it holds a zero byte"},
      {"<methodResponse>\n<params>\n<param><value><int>5</int>",
       "decode: line 3: the body is not XML: it ends before </methodResponse>: it was cut off"},
      {"<methodResponse>\n</params>",
       "decode: line 2: the body is not XML: it ends before </methodResponse>: it was cut off"},
      {"<methodResponse>\n<params>\n</methodResponse>", "decode: line 3: the body is not XML: start-end tags mismatch"},
      {"<feed>\n</feed>",
       "decode: line 1: the body is XML but not XML-RPC: expected <methodResponse> but found <feed>"},
      {"<methodCall/>",
       "decode: line 1: the body is XML but not XML-RPC: expected <methodResponse> but found "
       "<methodCall>: that is a request, not a reply"},
      {"<methodResponse/><methodResponse/>", "decode: line 1: expected the end of the body after its root"},
      {"<methodResponse/>", "decode: line 1: expected <params> or <fault> in <methodResponse>"},
      {"<methodResponse><params><param/></params></methodResponse>", "decode: line 1: expected one <value> in <param>"},
      {reply("<value>1</value></param><param><value>2</value>"),
       "decode: line 2: expected one <param>, but there are more"},
      {reply("<value><int>1</int><int>2</int></value>"),
       "decode: line 2: expected one type in <value>, found <int> and <int>"},
      {reply("<value>x<int>1</int></value>"),
       "decode: line 2: expected either a text or a type in <value>, found both"},
      {reply("<value><int>1.5</int></value>"), "decode: line 2: expected an integer in <int>, found `1.5`"},
      {reply("<value><int></int></value>"), "decode: line 2: expected an integer in <int>, found nothing"},
      {reply("<value><i8>0x10</i8></value>"), "decode: line 2: expected an integer in <i8>, found `0x10`"},
      {reply("<value><double>1,5</double></value>"),
       "decode: line 2: expected a decimal number in <double>, found `1,5`"},
      {reply("<value><double>.</double></value>"), "decode: line 2: expected a decimal number in <double>, found `.`"},
      {reply("<value><double>1e</double></value>"),
       "decode: line 2: expected a decimal number in <double>, found `1e`"},
      {reply("<value><boolean>2</boolean></value>"), "decode: line 2: expected 0 or 1 in <boolean>, found `2`"},
      {reply("<value><nil>x</nil></value>"), "decode: line 2: expected nothing in <nil>, found `x`"},
      {reply("<value><string>a<b/></string></value>"),
       "decode: line 2: expected nothing but text in <string>, found <b>"},
      {reply("<value><set/></value>"),
       "decode: line 2: unknown type <set>; expected int, i4, i8, boolean, double, string, nil, array, struct, "
       "dateTime.iso8601 or base64"},
      {reply("<value><array><value>1</value></array></value>"), "decode: line 2: expected <data> in <array>"},
      {reply("<value><struct>\n<member><name>a</name></member></struct></value>"),
       "decode: line 3: expected <name> and <value> in <member>"},
      {reply("<value><string>\xC3\x28</string></value>"), "decode: line 2: the text in <string> is not UTF-8"},
      {reply("<value><struct><member><name>\xFF</name><value/></member></struct></value>"),
       "decode: line 2: the text in <name> is not UTF-8"},
  };
  for (const Row& row : rows) {
    INFO(row.body);
    CHECK(read(row.body) == row.is);
  }
}

TEST_CASE("xmlrpc: depth is limited as in JSON, however deep the body is") {
  const auto nested = [](int levels) {
    return reply(many("<value><array><data>", levels) + "<value>x</value>" + many("</data></array></value>", levels));
  };
  CHECK(read(nested(3), 3) == R"([[["x"]]])");
  CHECK(read(nested(4), 3).find("limit: line 2: nested deeper than the limit of 3 levels") == 0);
  CHECK(read(nested(100'000)).find("limit: ") == 0);
}

TEST_CASE("xmlrpc: entities are never expanded, and a DOCTYPE is skipped") {
  std::string bomb = "<?xml version='1.0'?>\n<!DOCTYPE lolz [<!ENTITY lol \"lol\">";
  for (int i = 1; i < 10; ++i)
    bomb += "<!ENTITY lol" + std::to_string(i) + " \"" + many("&lol" + std::to_string(i - 1) + ";", 10) + "\">";
  bomb += "<!ENTITY file SYSTEM \"file:///etc/passwd\">]>";
  CHECK(read(bomb + "<methodResponse><params><param><value>&lol9;&file;</value></param></params></methodResponse>") ==
        R"("&lol9;&file;")");
}

TEST_CASE("xmlrpc: a body of nothing but elements is refused before it becomes a tree") {
  CHECK(read("<methodResponse>" + many("<a/>", 10'000) + "</methodResponse>") ==
        "decode: the body is no XML-RPC: an element every few bytes, and none of them holds a value");
  // The densest list there can be.
  const std::string dense = read(reply("<value><array><data>" + many("<value/>", 10'000) + "</data></array></value>"));
  CHECK(dense.size() == 3 * 10'000 + 1);
}

TEST_CASE("xmlrpc: a multicall gives one result per call") {
  const fs::path folder = fs::path(TALLYMAN_TESTS_DIR) / "decode/xmlrpc";
  const auto results = multicall_to_json(slurp(folder / "13_multicall_with_fault.response.xml"), 3, 64);
  REQUIRE(results.has_value());
  REQUIRE(results->size() == 3);
  CHECK(shown((*results)[0]) ==
        "refused: fault 1: <class 'kobo.hub.models.Task.DoesNotExist'>:Task matching query does not exist.");
  CHECK(shown((*results)[1]) == "refused: fault 1: <class 'Exception'>:method \"nope\" is not supported");
  const std::string alone = read(slurp(folder / "05_get_worker_info_1.response.xml"));
  CHECK(shown((*results)[2]) == alone);

  struct Row {
    std::string value;
    std::size_t calls;
    const char* is;
  };
  const std::string one = "<value><array><data><value>x</value></data></array></value>";
  const Row rows[] = {
      {one, 2, "decode: a multicall of 2 calls was answered with 1 results"},
      {one + one + one, 2, "decode: a multicall of 2 calls was answered with 3 results"},
      {"<value>x</value>", 1,
       "decode: result 0 of a multicall is neither a list of one value nor a fault, but a string"},
      {"<value><array><data/></array></value>", 1,
       "decode: result 0 of a multicall is neither a list of one value nor a fault, but an array"},
      {"<value><struct/></value>", 1,
       "decode: result 0 of a multicall is neither a list of one value nor a fault, but an object"},
  };
  for (const Row& row : rows) {
    INFO(row.value);
    const auto read =
        multicall_to_json(reply("<value><array><data>" + row.value + "</data></array></value>"), row.calls, 64);
    REQUIRE_FALSE(read.has_value());
    CHECK(std::string(to_string(read.error().stage)) + ": " + read.error().detail == row.is);
  }
  const auto no_list = multicall_to_json(reply("<value>x</value>"), 1, 64);
  REQUIRE_FALSE(no_list.has_value());
  CHECK(no_list.error().detail == "a multicall of 1 calls was answered with a string");
  const auto whole = multicall_to_json(fault("<int>1</int>", "OverflowError"), 1, 64);
  REQUIRE_FALSE(whole.has_value());
  CHECK(whole.error().stage == Stage::refused);
  // The list of results does not count as depth.
  const auto flat = multicall_to_json(reply("<value><array><data>" + one + "</data></array></value>"), 1, 1);
  REQUIRE(flat.has_value());
  CHECK(shown((*flat)[0]) == "\"x\"");
}
