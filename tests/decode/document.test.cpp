#include "decode/document.h"

#include <cmath>
#include <cstdlib>

#include "support/catch.h"

using namespace tallyman;
using namespace tallyman::decode;

namespace {

Document parsed(std::string json) {
  Document document;
  const auto result = document.parse(std::move(json));
  INFO((result ? "" : result.error().detail));
  REQUIRE(result.has_value());
  return document;
}

std::string json_of(Node node) {
  std::string out;
  append_json(out, node);
  return out;
}

}  // namespace

TEST_CASE("document: every kind is read") {
  const Document d =
      parsed(R"({"n":null,"t":true,"f":false,"i":-7,"u":18446744073709551615,"r":0.25,"s":"a\"bé\u00e9",)"
             R"("a":[1,[2]],"o":{"k":{}}})");
  const Node root = d.root();
  CHECK(root.kind() == Kind::object);
  CHECK(root.size() == 9);
  CHECK(root.member("n").is_null());
  CHECK(root.member("t").boolean());
  CHECK(root.member("f").kind() == Kind::boolean);
  CHECK_FALSE(root.member("f").boolean());
  CHECK(root.member("i").number() == Number::of(std::int64_t{-7}));
  CHECK(root.member("u").number() == Number::of_unsigned(18446744073709551615u));
  CHECK(root.member("r").number() == Number::of(0.25));
  CHECK(root.member("s").text() == "a\"b\xC3\xA9\xC3\xA9");
  CHECK(root.member("a").element(1).element(0).number() == Number::of(std::int64_t{2}));
  CHECK(root.member("o").member("k").kind() == Kind::object);
  CHECK(root.member("o").member("k").size() == 0);
  CHECK_FALSE(root.member("absent"));
  CHECK_FALSE(root.member("a").member("x"));
  CHECK_FALSE(root.element(0));
  CHECK(root.member("i").size() == 0);
}

TEST_CASE("document: a scalar may be the whole of it") {
  struct Row {
    const char *json, *out;
  };
  const Row rows[] = {{"5", "5"},
                      {" true ", "true"},
                      {"\"\"", "\"\""},
                      {"null", "null"},
                      {"-0", "-0"},
                      {"1e400", "1e400"},
                      {" 1.50\n", "1.50"},
                      {"[]", "[]"},
                      {"\xEF\xBB\xBF"
                       "7",
                       "7"}};
  for (const Row& row : rows) CHECK(json_of(parsed(row.json).root()) == row.out);
}

TEST_CASE("document: elements count from both ends") {
  const Document d = parsed(R"([10,"x",[1,2,3],{"a":1},1.5])");
  struct Row {
    std::int64_t index;
    const char* json;  // "" if there is none
  };
  const Row rows[] = {{0, "10"},  {1, "\"x\""}, {3, "{\"a\":1}"},  {4, "1.5"},     {5, ""},         {-1, "1.5"},
                      {-5, "10"}, {-6, ""},     {-2, "{\"a\":1}"}, {2, "[1,2,3]"}, {INT64_MAX, ""}, {INT64_MIN, ""}};
  for (const Row& row : rows) {
    CAPTURE(row.index);
    const Node node = d.root().element(row.index);
    CHECK(json_of(node) == row.json);
  }
}

TEST_CASE("document: children are visited in the order of the source") {
  const Document d = parsed(R"({"b":[1,{"x":2.5},"s"],"a":{},"c":18446744073709551615})");
  std::string seen;
  for (const Node::Child c : d.root().children()) {
    seen += c.key;
    CHECK(c.index == -1);
    for (const Node::Child e : c.node.children()) {
      seen += std::to_string(e.index) + json_of(e.node) + ",";
      CHECK(e.key.empty());
    }
    seen += ";";
  }
  CHECK(seen == R"(b01,1{"x":2.5},2"s",;a;c;)");
  for (const Node::Child c : d.root().member("c").children()) FAIL("a number has no children: " << c.key);
}

TEST_CASE("document: a byte order mark is skipped, and counted in no column") {
  CHECK(json_of(parsed("\xEF\xBB\xBF{\"a\": 1.0}").root()) == "{\"a\":1.0}");
  Document d;
  const auto bad = d.parse("\xEF\xBB\xBF[1 2]");
  REQUIRE(bad.has_error());
  CHECK(bad.error().detail == "line 1, column 4 (byte 6): expected ',' or ']' but found '2'");
}

TEST_CASE("document: what is not JSON is refused with place and expectation") {
  struct Row {
    std::string body;
    const char* detail;
  };
  using namespace std::string_literals;
  const Row rows[] = {
      {"", "the body is empty"},
      {" \n", "the body is empty: nothing but blanks"},
      {"\xEF\xBB\xBF", "the body is empty: nothing but blanks"},
      {"<!doctype html><p>", "the body is HTML, not JSON (starts with '<')"},
      {"\n <?xml version='1.0'?>", "the body is XML, not JSON (starts with '<')"},
      {"\x1F\x8B\x08", "the body is gzip data, not JSON: its Content-Encoding was not said"},
      {"\xFF\xFE{", "the body is UTF-16, not JSON in UTF-8"},
      {"{\n \"a\": 1,\n \"b\": [1, 2 x]}", "line 3, column 13 (byte 23): expected ',' or ']' but found 'x'"},
      {"{\"a\": 1 \"b\": 2}", "line 1, column 9 (byte 8): expected ',' or '}' but found a string"},
      {"{\"a\" 1}", "line 1, column 6 (byte 5): expected ':' but found '1'"},
      {"{a: 1}", "line 1, column 2 (byte 1): expected a key in double quotes or '}' but found 'a'"},
      {"{\"a\": 1,}", "line 1, column 9 (byte 8): expected a key in double quotes but found '}'"},
      {"[1,]", "line 1, column 4 (byte 3): expected a value but found ']'"},
      {"[1}", "line 1, column 3 (byte 2): expected ',' or ']' but found '}'"},
      {"[\"\xC3\xA9\", x]", "line 1, column 7 (byte 7): expected a value but found 'x'"},
      {"[NaN]", "line 1, column 2 (byte 1): expected a value but found 'NaN'"},
      {"[True]", "line 1, column 2 (byte 1): expected a value but found 'True'"},
      {"[truex]", "line 1, column 2 (byte 1): expected a value but found 'truex'"},
      {"['a']", "line 1, column 2 (byte 1): expected a value but found a single quote"},
      {"[\xC3\xA9]", "line 1, column 2 (byte 1): expected a value but found '\xC3\xA9'"},
      {"[\x01]", "line 1, column 2 (byte 1): expected a value but found the control character U+0001"},
      {"[+1]", "line 1, column 2 (byte 1): expected a value but found '+'"},
      {"[.5]", "line 1, column 2 (byte 1): expected a value but found '.'"},
      {"[01]", "line 1, column 2 (byte 1): expected a number without leading zeros but found '01'"},
      {"[-]", "line 1, column 3 (byte 2): expected a digit after '-' but found ']'"},
      {"[1.]", "line 1, column 4 (byte 3): expected a digit after '.' but found ']'"},
      {"[1e+]", "line 1, column 5 (byte 4): expected a digit after the exponent's 'e' but found ']'"},
      {"[0x10]", "line 1, column 3 (byte 2): expected ',' or ']' but found 'x'"},
      {"{} {}", "line 1, column 4 (byte 3): expected the end of the body after one JSON value but found '{'"},
      {"{}]", "line 1, column 3 (byte 2): expected the end of the body after one JSON value but found ']'"},
      {"[1,[2", "line 1, column 6 (byte 5): the body ends here but expected ',' or ']': it was cut off"},
      {"{\"a\":", "line 1, column 6 (byte 5): the body ends here but expected a value: it was cut off"},
      {"{", "line 1, column 2 (byte 1): the body ends here but expected a key in double quotes or '}': it was cut off"},
      {"[tr", "line 1, column 4 (byte 3): the body ends here but expected the rest of 'true': it was cut off"},
      {"[-", "line 1, column 3 (byte 2): the body ends here but expected a digit after '-': it was cut off"},
      {"[\"abc",
       "line 1, column 2 (byte 1): the string that starts here has no end: the body was cut off, or a quote is "
       "missing"},
      {"[\"abc\\",
       "line 1, column 2 (byte 1): the string that starts here has no end: the body was cut off, or a quote is "
       "missing"},
      {"[\"a\nb\"]",
       "line 1, column 4 (byte 3): expected control characters in strings to be escaped but found a line end"},
      {"[\"a\0b\"]"s,
       "line 1, column 4 (byte 3): expected control characters in strings to be escaped but found the control "
       "character U+0000"},
      {"[\"a\xFF\"]", "line 1, column 4 (byte 3): expected UTF-8 but found the byte 0xFF"},
      {"[\"\xED\xA0\x80\"]", "line 1, column 3 (byte 2): expected UTF-8 but found the byte 0xED"},
      {"[\"\xC0\xAF\"]", "line 1, column 3 (byte 2): expected UTF-8 but found the byte 0xC0"},
      {"[\"\xF4\x90\x80\x80\"]", "line 1, column 3 (byte 2): expected UTF-8 but found the byte 0xF4"},
      {"[\"\\x\"]",
       "line 1, column 3 (byte 2): expected one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u but found '\\' before 'x'"},
      {"[\"\\u12g4\"]", "line 1, column 7 (byte 6): expected four hexadecimal digits after \\u but found 'g'"},
      {"[\"\\ud800\"]",
       "line 1, column 3 (byte 2): expected a surrogate pair but found \\uD800 alone, which is no character"},
      {"[\"\\ude00\"]",
       "line 1, column 3 (byte 2): expected a surrogate pair but found \\uDE00 alone, which is no character"},
      {"[1e400, 2 3]", "line 1, column 11 (byte 10): expected ',' or ']' but found '3'"},
  };
  Document d;
  for (const Row& row : rows) {
    CAPTURE(row.body);
    const auto result = d.parse(row.body);
    REQUIRE(result.has_error());
    CHECK(result.error().stage == Stage::decode);
    CHECK(result.error().detail == row.detail);
    CHECK_FALSE(d.root());
  }
}

TEST_CASE("document: every prefix of a body is refused, with a place inside it") {
  const std::string body = R"({"a":[1.5e3,-20,true,null],"b":"x\u00e9\n","c":{"d":false}})";
  Document d;
  for (std::size_t length = 0; length < body.size(); ++length) {
    CAPTURE(length);
    const auto result = d.parse(body.substr(0, length));
    REQUIRE(result.has_error());
    CHECK(result.error().stage == Stage::decode);
    CHECK(result.error().detail.find("improper structure") == std::string::npos);  // simdjson's own words
    CHECK(result.error().detail.find("the body is not JSON") == std::string::npos);
  }
  REQUIRE(d.parse(body).has_value());
}

TEST_CASE("document: nesting over the limit is refused as a limit") {
  struct Row {
    std::size_t limit, nesting;
    bool good;
  };
  const Row rows[] = {{1, 1, true},    {1, 2, false},      {64, 64, true},
                      {64, 65, false}, {1024, 1024, true}, {9999, 1025, false}};
  Document d;
  for (const Row& row : rows) {
    CAPTURE(row.limit, row.nesting);
    const auto result = d.parse(std::string(row.nesting, '[') + "1" + std::string(row.nesting, ']'), {row.limit});
    CHECK(result.has_value() == row.good);
    if (!result) CHECK(result.error().stage == Stage::limit);
  }
  const auto result = d.parse("[\n {\"a\": {\"b\": [1]}}]", {3});
  REQUIRE(result.has_error());
  CHECK(result.error().detail ==
        "line 2, column 14 (byte 15): nested deeper than the limit of 3 levels (limits: depth)");
}

TEST_CASE("document: numbers keep 64 bits, out of range costs one node") {
  struct Row {
    const char* lexeme;
    Kind kind;
    const char* value;  // as the exposition writes it
  };
  const Row rows[] = {
      {"9223372036854775807", Kind::number, "9223372036854775807"},
      {"9223372036854775808", Kind::number, "9223372036854775808"},
      {"18446744073709551615", Kind::number, "18446744073709551615"},
      {"18446744073709551616", Kind::out_of_range, ""},
      {"-9223372036854775808", Kind::number, "-9223372036854775808"},
      {"-9223372036854775809", Kind::out_of_range, ""},
      {"99999999999999999999", Kind::out_of_range, ""},
      {"123456789012345678901234567890", Kind::out_of_range, ""},
      {"99999999999999999999.0", Kind::number, "1e+20"},
      {"1e400", Kind::out_of_range, ""},
      {"-1E+400", Kind::out_of_range, ""},
      {"1.7976931348623157e308", Kind::number, "1.7976931348623157e+308"},
      {"1.8e308", Kind::out_of_range, ""},
      {"1e99999999999999999999", Kind::out_of_range, ""},
      {"1e-99999999999999999999", Kind::number, "0"},
      {"0e99999999999999999999", Kind::number, "0"},
      {"1e-400", Kind::number, "0"},
      {"0.000000001e318", Kind::out_of_range, ""},
      {"0.000000001e316", Kind::number, "1e+307"},
      {"1000000000e-9", Kind::number, "1"},
      {"-0", Kind::number, "0"},
      {"-0.0", Kind::number, "-0"},
      {"1.10", Kind::number, "1.1"},
      {"1e3", Kind::number, "1000"},
      {"4.9e-324", Kind::number, "5e-324"},
  };
  // Each alone and all together, among strings that look like numbers.
  std::string all = "{\"1e400\":\"2e400 \\\" 7\",\"numbers\":[";
  for (const Row& row : rows) {
    CAPTURE(row.lexeme);
    const Document d = parsed("[0, " + std::string(row.lexeme) + ", \"after\"]");
    const Node node = d.root().element(1);
    CHECK(node.kind() == row.kind);
    if (row.kind == Kind::number) CHECK(to_text(node.number()) == row.value);
    CHECK(node.lexeme() == row.lexeme);
    CHECK(d.root().element(2).text() == "after");
    CHECK(d.root().size() == 3);
    all += std::string(row.lexeme) + ",";
  }
  all.back() = ']';
  all += ",\"tail\":1e401}";
  const Document d = parsed(all);
  std::size_t i = 0;
  for (const Node::Child c : d.root().member("numbers").children()) {
    CAPTURE(rows[i].lexeme);
    CHECK(c.node.kind() == rows[i].kind);
    CHECK(c.node.lexeme() == rows[i].lexeme);
    ++i;
  }
  CHECK(i == std::size(rows));
  CHECK(d.root().member("1e400").text() == "2e400 \" 7");
  CHECK(d.root().member("tail").lexeme() == "1e401");
  CHECK(json_of(d.root()) == all);
}

TEST_CASE("document: lexemes of integers and decimals stay valid together") {
  const Document d = parsed(R"({"day":"2024-01-02","a":[0,-0,7,-12,1.10,1e3,18446744073709551615],"b":0})");
  const Node a = d.root().member("a");
  std::vector<std::string_view> lexemes;
  for (int round = 0; round < 300; ++round)
    for (const Node::Child c : a.children()) lexemes.push_back(c.node.lexeme());
  const char* expected[] = {"0", "-0", "7", "-12", "1.10", "1e3", "18446744073709551615"};
  for (std::size_t i = 0; i < lexemes.size(); ++i) CHECK(lexemes[i] == expected[i % 7]);
  CHECK(d.root().member("b").lexeme() == "0");
}

TEST_CASE("document: of duplicate keys the last wins, the others are counted") {
  const Document d = parsed(R"({"a":1,"b":{"x":1},"a":2,"c":[3],"a":{"k":1,"k":2},"b":4})");
  CHECK(json_of(d.root().member("a")) == R"({"k":2})");
  CHECK(json_of(d.root()) == R"({"c":[3],"a":{"k":2},"b":4})");
  CHECK(d.root().size() == 3);
  CHECK(d.duplicate_keys() == 4);
  CHECK(json_of(d.root()) == R"({"c":[3],"a":{"k":2},"b":4})");
  CHECK(d.duplicate_keys() == 4);  // counted once
}

TEST_CASE("document: a member read counts the duplicates it meets") {
  const Document d = parsed(R"({"a":1,"b":0,"a":2,"a":3})");
  CHECK(d.duplicate_keys() == 0);
  CHECK(d.root().member("b").lexeme() == "0");
  CHECK(d.duplicate_keys() == 0);  // nothing met
  CHECK(d.root().member("a").lexeme() == "3");
  CHECK(d.duplicate_keys() == 2);
  CHECK(d.root().member("a").lexeme() == "3");
  CHECK(d.duplicate_keys() == 2);
}

TEST_CASE("document: duplicate keys are found in objects of any size") {
  for (const int keys : {2, 5, 16, 63, 64, 65, 200, 10'000}) {
    for (const int repeated : {0, 1, keys}) {
      CAPTURE(keys, repeated);
      std::string json = "{";
      for (int i = 0; i < keys; ++i) json += "\"worker-" + std::to_string(i) + "\":0,";
      for (int i = 0; i < repeated; ++i) json += "\"worker-" + std::to_string(i) + "\":1,";
      json.back() = '}';
      const Document d = parsed(json);
      int ones = 0, visited = 0;
      for (const Node::Child c : d.root().children()) {
        ++visited;
        ones += c.node.number() == Number::of(std::int64_t{1});
      }
      CHECK(visited == keys);
      CHECK(ones == repeated);
      CHECK(d.duplicate_keys() == static_cast<std::size_t>(repeated));
      CHECK(d.root().size() == static_cast<std::size_t>(keys));
      const std::string last = "worker-" + std::to_string(keys - 1);
      CHECK(d.root().member(last).number() == Number::of(std::int64_t{repeated == keys ? 1 : 0}));
    }
  }
}

TEST_CASE("document: keys that differ only in case, escape or length are not duplicates") {
  const Document d = parsed(R"({"a":1,"A":2,"":3,"aa":4,"\u0061":5,"a\u0000":6,"abcdefgh":7,"abcdefghi":8})");
  CHECK(d.root().size() == 7);
  CHECK(d.duplicate_keys() == 1);
  CHECK(d.root().member("a").lexeme() == "5");
  CHECK(d.root().member("").lexeme() == "3");
  CHECK(d.root().member(std::string_view("a\0", 2)).lexeme() == "6");
}

TEST_CASE("document: it is used again, larger and smaller, and after errors") {
  Document d;
  std::string buffer;
  for (int round = 0; round < 50; ++round) {
    buffer = "[";
    for (int i = 0; i <= (round * 37) % 200; ++i) buffer += std::to_string(i) + ".50,";
    buffer.back() = ']';
    REQUIRE(d.parse(std::move(buffer)).has_value());
    CHECK(d.root().size() == static_cast<std::size_t>((round * 37) % 200 + 1));
    CHECK(d.root().element(-1).lexeme() == std::to_string((round * 37) % 200) + ".50");
    CHECK(d.duplicate_keys() == 0);
    buffer = d.release();
    CHECK(buffer.empty());
    CHECK_FALSE(d.root());
    CHECK(d.parse("[").has_error());
    CHECK_FALSE(d.root());
  }
}

TEST_CASE("document: the text is kept in place when there is room for the padding") {
  std::string body = "{\"key\":1.25}";
  body.reserve(body.size() + Document::padding);
  const char* const at = body.data();
  Document d;
  REQUIRE(d.parse(std::move(body)).has_value());
  CHECK(d.root().member("key").lexeme().data() == at + 7);
}

TEST_CASE("document: moving takes the tree along") {
  Document a = parsed(R"({"k":[1,2]})");
  const Document b = std::move(a);
  CHECK(json_of(b.root()) == R"({"k":[1,2]})");
  CHECK_FALSE(a.root());
  REQUIRE(a.parse("[3]").has_value());
  CHECK(json_of(a.root()) == "[3]");
}

TEST_CASE("document: JSON out escapes what must be, and nothing else") {
  CHECK(json_of(
            parsed(R"(  { "a\"\\\/" : [ "\b\f\n\r\t\u0001\u001f\u007f\u00e9\ud83d\ude00" , { } , [ ] ] }  )").root()) ==
        "{\"a\\\"\\\\/\":[\"\\b\\f\\n\\r\\t\\u0001\\u001f\x7F\xC3\xA9\xF0\x9F\x98\x80\",{},[]]}");
}

TEST_CASE("document: nodes are equal when they are the same place") {
  const Document d = parsed("[1,1]");
  CHECK(d.root().element(0) == d.root().element(0));
  CHECK_FALSE(d.root().element(0) == d.root().element(1));
  CHECK(Node() == Node());
}

TEST_CASE("document: it knows what it takes") {
  Document document;
  CHECK(document.bytes() == 0);
  const auto takes = [&](const std::string& json, const ParseLimits& limits = {}) {
    REQUIRE(document.parse(json, limits).has_value());
    return document.bytes();
  };
  // Six words: the root's two, the array's two, the string and the end; its text is there twice.
  CHECK(takes("[\"" + std::string(1000, 'x') + "\"]") >= 1004 + 1005 + 5 * 8);
  CHECK(takes("[\"" + std::string(1000, 'x') + "\"]") <= 2 * 1004 + 100);
  std::string numbers = "[0";
  for (int i = 0; i < 1000; ++i) numbers += ",1";
  CHECK(takes(numbers + "]") >= numbers.size() + 2000 * 8);
  // Small or large, the same but for what is measured: what could come near the limit, and no other.
  const std::string small = "[" + std::string(100'000, ' ') + "1]", large = "[" + std::string(1'000'000, ' ') + "1]";
  CHECK(takes(large) - takes(small) <= 1'000'000 - 100'000 + 900'000);
  const std::string larger = large + std::string(1u << 20, ' ');
  CHECK(takes(larger, {64, 8u << 20}) < larger.size() + 200);
  CHECK(takes(larger, {64, 64u << 20}) < 2 * larger.size() + 200);
  CHECK(!document.parse("[").has_value());
  CHECK(document.bytes() == 0);
  takes("[1]");
  document.release();
  CHECK(document.bytes() == 0);
}

TEST_CASE("document: small and large bodies into one document, in turn") {
  Document document;
  for (const std::size_t n : {3u, 200'000u, 5u, 30'000u, 400'000u, 1u}) {
    std::string json = "[";
    for (std::size_t i = 0; i < n; ++i) json += (i == 0 ? "\"" : ",\"") + std::to_string(i) + "\"";
    REQUIRE(document.parse(json + "]").has_value());
    REQUIRE(document.root().size() == n);
    CHECK(document.root().element(-1).text() == std::to_string(n - 1));
  }
}

TEST_CASE("document: what a body would take once parsed is measured before it is") {
  const auto list = [](std::string_view item, std::size_t bytes) {
    std::string out = "[" + std::string(item);
    while (out.size() < bytes) out.append(",").append(item);
    return out + "]";
  };
  const std::string ones = list("1", 2u << 20);
  Document document;
  const auto refused = document.parse(ones, {64, 10u << 20});  // 12 bytes for each byte, and the text
  REQUIRE(!refused.has_value());
  CHECK(refused.error().stage == Stage::limit);
  CHECK(refused.error().detail.find("parsed, the body of 2097153 bytes takes ") == 0);
  CHECK(!static_cast<bool>(document.root()));
  CHECK(document.parse(ones, {64, 27u << 20}).has_value());
  CHECK(document.parse(list("1", 1u << 19), {64, 1}).has_value());  // not measured
  const std::string text = list("\"" + std::string(1000, 'x') + "\"", 2u << 20);
  CHECK(document.parse(text, {64, 5u << 20}).has_value());
  CHECK(!document.parse(text, {64, 4u << 20}).has_value());  // the text, and its strings once more
}
