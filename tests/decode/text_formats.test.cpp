// csv, kv, fields, text: what services give, what is lenient, and what is refused.
#include "decode/text_formats.h"

#include <random>

#include "decode/document.h"
#include "decode/json_sink.h"
#include "support/catch.h"

using namespace tallyman;
using namespace tallyman::decode;

namespace {

using Decoder = Result<JsonOfText> (*)(std::string_view, std::size_t);

// The JSON as a Document has it, or "stage: detail".
std::string read(Decoder decoder, const std::string& body, std::size_t memory = any_memory) {
  const Result<JsonOfText> result = decoder(body, memory);
  if (!result) return std::string(to_string(result.error().stage)) + ": " + result.error().detail;
  Document document;
  const Result<> parsed = document.parse(result->json);
  if (!parsed) return "not JSON: " + parsed.error().detail;
  std::string out;
  append_json(out, document.root());
  return out;
}

struct Row {
  std::string body, document;
};

void check(Decoder decoder, const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    INFO(row.body);
    CHECK(read(decoder, row.body) == row.document);
  }
}

std::string many(const std::string& text, std::size_t times) {
  std::string out;
  out.reserve(text.size() * times);
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

}  // namespace

TEST_CASE("csv: rows are objects by the header, all values text") {
  check(csv_to_json, {
                         {"a,b\n1,x y\n", R"([{"a":"1","b":"x y"}])"},
                         {"a,b\r\n1,2\r\n3,4\r\n", R"([{"a":"1","b":"2"},{"a":"3","b":"4"}])"},
                         {"a,b\n1,2", R"([{"a":"1","b":"2"}])"},
                         {"a,b\r\n1,2\r", R"([{"a":"1","b":"2"}])"},
                         {"a\n007\n\n-1.50\n", R"([{"a":"007"},{"a":"-1.50"}])"},
                         {"a,b\n", "[]"},
                         {"a,b", "[]"},
                         {"\n\r\na\n1\n", R"([{"a":"1"}])"},
                         {"\xEF\xBB\xBF"
                          "a,b\n1,2\n",
                          R"([{"a":"1","b":"2"}])"},
                         {" a , b \n 1 , 2 \n", R"([{" a ":" 1 "," b ":" 2 "}])"},
                         {"a,b\n,\n", R"([{"a":"","b":""}])"},
                     });
}

TEST_CASE("csv: the mark before HAProxy's header is dropped, a column called # is not") {
  check(csv_to_json, {
                         {"# pxname,svname,\nfe,FRONTEND,\n", R"([{"pxname":"fe","svname":"FRONTEND"}])"},
                         {"#pxname,svname\nfe,x\n", R"([{"pxname":"fe","svname":"x"}])"},
                         {"#,name\n1,x\n", R"([{"#":"1","name":"x"}])"},
                         {"a,# b\n1,2\n", R"([{"a":"1","# b":"2"}])"},
                     });
}

TEST_CASE("csv: quotes after RFC 4180") {
  check(csv_to_json,
        {
            {"a,b\n\"1,5\",\"he said \"\"no\"\"\"\n", R"([{"a":"1,5","b":"he said \"no\""}])"},
            {"a,b\n\"two\r\nlines\",x\n", R"([{"a":"two\r\nlines","b":"x"}])"},
            {"\"a\",\"b,c\"\r\n\"1\",\"\"\r\n", R"([{"a":"1","b,c":""}])"},
            {"a,b\n\"\",2\n", R"([{"a":"","b":"2"}])"},
            {"a,b\n5\" disk,2\n", R"([{"a":"5\" disk","b":"2"}])"},
            {"a\n\"\"\n", R"([{"a":""}])"},
            {"a,b\n1,\"2\"\r", R"([{"a":"1","b":"2"}])"},
            {"a,b\n\"1\n2\n3\",x,y\n",
             "decode: line 2 has 3 fields, the header row has 2: a comma inside a field "
             "must be quoted"},
            {"a,b\n\"x\ny,1\n", "decode: line 2: a quote is opened and does not end: the body was cut off"},
            {"a,b\n\"x\ny\"z,1\n",
             "decode: line 3: text follows a closing quote; expected a comma or the end of the "
             "line (a quote inside a quoted field is doubled)"},
        });
}

TEST_CASE("csv: a row that does not fit the header is refused, a comma at its end is no field") {
  check(csv_to_json, {
                         {"a,b\n1,2,\n", R"([{"a":"1","b":"2"}])"},
                         {"a,b,\n1,2\n", R"([{"a":"1","b":"2"}])"},
                         {"a,b,\n1,2,\n", R"([{"a":"1","b":"2"}])"},
                         {"a,b,c\n1,2,3\n1,2\n",
                          "decode: line 3 has 2 fields, the header row has 3: the body was cut off, or is "
                          "not the CSV that was expected"},
                         {"a,b\n1\n",
                          "decode: line 2 has 1 field, the header row has 2: the body was cut off, or is not the CSV "
                          "that was expected"},
                         {"a,b\n1,2,3\n",
                          "decode: line 2 has 3 fields, the header row has 2: a comma inside a field must be "
                          "quoted"},
                         {"a,b\n1,2,,\n",
                          "decode: line 2 has 3 fields, the header row has 2: a comma inside a field must be "
                          "quoted"},
                         {"a,b,\n1,2,3\n",
                          "decode: line 2 has 3 fields, the header row has 2: a comma inside a field must be quoted"},
                         {"a,b,\n1,2,3,\n",
                          "decode: line 2 has 3 fields, the header row has 2: a comma inside a field must be quoted"},
                         {"a,b,,\n1,2\n",
                          "decode: line 2 has 2 fields, the header row has 3: the body was cut off, or is not the "
                          "CSV that was expected"},
                     });
}

TEST_CASE("csv: names of the header") {
  check(csv_to_json, {
                         {"a,,c\n1,2,3\n", R"([{"a":"1","c":"3"}])"},
                         {"a,a\n1,2\n", R"([{"a":"2"}])"},
                         {",,\n1,2,3\n", "decode: the header row has no names"},
                         {"", "decode: the body is empty; expected CSV with a header row"},
                         {"\n\n", "decode: the body is empty; expected CSV with a header row"},
                     });
  const Result<JsonOfText> twice = csv_to_json("a,a\n1,2\n");
  REQUIRE(twice.has_value());
  Document document;
  REQUIRE(document.parse(twice->json).has_value());
  CHECK(document.root().element(0).size() == 1);
  CHECK(document.duplicate_keys() == 1);
  CHECK(read(csv_to_json, many("a,", 4095) + "a\n") == "[]");
  CHECK(read(csv_to_json, many("a,", 4096) + "a\n") == "limit: the header row has more than 4096 names");
  CHECK(read(csv_to_json, many(",", 16 << 20)) == "limit: the header row has more than 4096 names");
}

TEST_CASE("kv: a line is split at its first = or += or :, others are skipped") {
  check(
      kv_to_json,
      {
          {"BusyWorkers: 1\nIdleWorkers: 15\n", R"({"BusyWorkers":"1","IdleWorkers":"15"})"},
          {"127.0.0.1\r\nTotal Accesses: 3\r\n", R"({"Total Accesses":"3"})"},
          {"resque.pending=3\nresque.processed+=12\n", R"({"resque.pending":"3","resque.processed":"12"})"},
          {"RestartTime: Sunday, 22-Nov-2026 01:23:14 UTC\n", R"({"RestartTime":"Sunday, 22-Nov-2026 01:23:14 UTC"})"},
          {"a=b:c\nd:e=f\ng+=h\ni+:j\n", R"({"a":"b:c","d":"e=f","g":"h","i+":"j"})"},
          {"OK 30\r\n---\n- default\n- emails\nversion: \"1.12\"\n", R"({"version":"\"1.12\""})"},
          {" a \t=\t b c \n", R"({"a":"b c"})"},
          {"a=\nb:", R"({"a":"","b":""})"},
          {"=1\n: 2\n+=3\na:1", R"({"a":"1"})"},
          {"\n\n.\n\na:1\n", R"({"a":"1"})"},
          {"\xEF\xBB\xBF"
           "a:1",
           R"({"a":"1"})"},
          {"a:1\na:2\n", R"({"a":"2"})"},
          {"NOT_FOUND\r\n",
           "decode: no line of the body is `name: value` or `name=value`; it begins with "
           "`NOT_FOUND`"},
          {"", "decode: the body is empty; expected lines of `name: value`"},
          {" \r\n", "decode: the body is empty; expected lines of `name: value`"},
          {R"({"a": 1})", "decode: the body is JSON, not `name: value` lines"},
      });
}

TEST_CASE("fields: lines are split at tabs, those without at blanks") {
  check(fields_to_json, {
                            {"mail\t0\t0\t1\norphan\t1\t0\t0\n.\n", R"([["mail","0","0","1"],["orphan","1","0","0"]])"},
                            {"38 127.0.0.1 - : resize mail\n40 127.0.0.1 - :\n.\n",
                             R"([["38","127.0.0.1","-",":","resize","mail"],["40","127.0.0.1","-",":"]])"},
                            {"a\t\tb c\t\n", R"([["a","","b c",""]])"},
                            {"  a   b  \r\n", R"([["a","b"]])"},
                            {"a\tb\r\n", R"([["a","b"]])"},
                            {"a\n\n \nb", R"([["a"],["b"]])"},
                            {"..\n. \n.a\n", R"([[".."],["."],[".a"]])"},
                            {".\n", "[]"},
                            {"", "[]"},
                        });
}

TEST_CASE("text: the whole body, as it is") {
  check(text_to_json, {
                          {"Active connections: 3 \n 10 10 10 \n", R"("Active connections: 3 \n 10 10 10 \n")"},
                          {"", R"("")"},
                          {std::string("a\0b\x01", 4), R"("a\u0000b\u0001")"},
                          {"<html><b>5</b>", R"("<html><b>5</b>")"},
                          {"{}", R"("{}")"},
                      });
}

TEST_CASE("text formats: a body that was meant to be something else is refused") {
  const std::string page = " <!DOCTYPE html><html><title> Please\n log in </title></html>";
  CHECK(read(csv_to_json, page) == "decode: the body is HTML, not CSV: a page called \"Please log in\"");
  CHECK(read(kv_to_json, page) == "decode: the body is HTML, not `name: value` lines: a page called \"Please log in\"");
  CHECK(read(fields_to_json, "<HTML>") == "decode: the body is HTML, not lines of fields");
  CHECK(read(csv_to_json, "[1]") == "decode: the body is JSON, not CSV");
  for (const Decoder decoder : {csv_to_json, kv_to_json, fields_to_json, text_to_json}) {
    CHECK(
        read(decoder, "\x1F\x8B\x08").starts_with("decode: the body is gzip data whose Content-Encoding was not said"));
    CHECK(read(decoder,
               "\xFF\xFE"
               "a")
              .starts_with("decode: the body is UTF-16, not "));
  }
  for (const Decoder decoder : {csv_to_json, kv_to_json, fields_to_json})
    CHECK(read(decoder, std::string("a:1\n\0", 5))
              .starts_with("decode: the body is binary (it holds a zero byte), not "));
}

TEST_CASE("text formats: bytes that are not UTF-8 are mended and counted") {
  const std::string latin1 = "M\xFCller=1\ncaf\xE9\xE9=2\n";
  const Result<JsonOfText> kv = kv_to_json(latin1);
  REQUIRE(kv.has_value());
  CHECK(kv->json == "{\"M\xEF\xBF\xBDller\":\"1\",\"caf\xEF\xBF\xBD\xEF\xBF\xBD\":\"2\"}");
  CHECK(kv->not_utf8 == 3);
  CHECK(csv_to_json("a\n\xED\xA0\x80\n")->not_utf8 == 3);
  CHECK(fields_to_json("a \xC3\n")->json == "[[\"a\",\"\xEF\xBF\xBD\"]]");
  CHECK(text_to_json("\xEF\xBF\xBD \xC3\xA9")->not_utf8 == 0);  // what was one already is none of ours
}

TEST_CASE("text formats: a body whose JSON would dwarf it is refused before it is written") {
  const std::size_t memory = 40u << 20;
  // A row of 500 bytes stands for 252,003 of JSON, since it repeats the names: 200 of them for 50 MB.
  const std::string wide = many(std::string(499, 'n') + ",", 499) + "n\n" + many(many(",", 499) + "\n", 200);
  CHECK(read(csv_to_json, wide, memory) ==
        "limit: parsed, the body of 349502 bytes takes 50750303; the limit is 41943040 (2.5 times the target's "
        "limits.body): ask for less at once, or raise it");
  CHECK(
      read(kv_to_json, many("a:\n", 5 << 20), memory).starts_with("limit: parsed, the body of 15728640 bytes takes "));
  CHECK(read(fields_to_json, many("a ", 8 << 20), memory).starts_with("limit: "));
  CHECK(read(text_to_json, many("\x01", 8 << 20), memory).starts_with("limit: "));
  CHECK(read(text_to_json, many("\xFF", 16 << 20), memory).starts_with("limit: "));
  CHECK(read(csv_to_json, "a\n" + many("\"\"\"\"\n", 3 << 20), memory).starts_with("limit: "));
  CHECK(read(csv_to_json, "a\n\"" + std::string((1 << 20) + 1, 'x') + "\"\n") ==
        "limit: line 2: a quoted field has more than 1 MiB");
}

TEST_CASE("text formats: the measure is exact") {
  std::string all;
  for (int c = 1; c < 128; ++c) all += static_cast<char>(c);
  std::string json;
  append_json_string(json, all);
  CHECK(json_string_bytes(all) == json.size());
  const std::string body = "a,\"b\"\"\n\"\n\"\x01\x1F\t\\\",\"\b\f\r\n\"\n";
  const Result<JsonOfText> csv = csv_to_json(body);
  REQUIRE(csv.has_value());
  const std::size_t needed = body.size() + csv->json.size();
  CHECK(csv_to_json(body, needed).has_value());
  CHECK_FALSE(csv_to_json(body, needed - 1).has_value());
}

TEST_CASE("text formats: bodies broken at random are refused or give JSON of the size that was measured") {
  constexpr const char* seeds[] = {
      "# pxname,svname,scur,\r\nfe,\"FRONT,END\",0,\r\nbe,\"a \"\"b\"\"\",1,\r\n",
      "OK 958\r\n---\ncurrent-jobs-urgent: 1\nversion: \"1.12\"\nresque.processed+=12\n\r\n",
      "mail\t0\t0\t1\n38 127.0.0.1 - : resize mail\n.\n",
  };
  constexpr std::string_view pieces[] = {"\"",   ",",  "\n", "\r",     "\r\n", "\t",   " ",    "#",
                                         "=",    ":",  "+=", ".",      "\"\"", "\xFF", "\xC3", "\xC3\xA9",
                                         "\x01", "\\", "{",  "<html>", "\n\n", "a,"};
  std::mt19937 random(20260722);
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  int good = 0, bad = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string body = seeds[below(std::size(seeds))];
    for (std::size_t i = 0, n = 1 + below(4); i < n; ++i) {
      const std::size_t at = below(body.size() + 1);
      if (below(2) == 0)
        body.erase(at, below(4));
      else
        body.insert(at, pieces[below(std::size(pieces))]);
    }
    INFO(body);
    for (const Decoder decoder : {csv_to_json, kv_to_json, fields_to_json, text_to_json}) {
      const Result<JsonOfText> result = decoder(body, any_memory);
      ++(result ? good : bad);
      if (!result) {
        REQUIRE_FALSE(result.error().detail.empty());
        continue;
      }
      Document document;
      REQUIRE(document.parse(result->json).has_value());
      const std::size_t mended = result->not_utf8 == 0 ? 0 : body.size() + 2 * result->not_utf8;
      REQUIRE(decoder(body, body.size() + mended + result->json.size()).has_value());
      REQUIRE_FALSE(decoder(body, body.size() + mended + result->json.size() - 1).has_value());
    }
  }
  CHECK(good > 1000);
  CHECK(bad > 1000);
}
