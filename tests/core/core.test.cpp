#include "core/batch.h"
#include "core/diagnostic.h"
#include "core/duration.h"
#include "core/labels.h"
#include "core/letters.h"
#include "core/reply_headers.h"
#include "core/url.h"
#include "support/catch.h"

using namespace tallyman;

TEST_CASE("duration: what is read and what is refused") {
  struct Row {
    const char* text;
    const char* back;  // "": refused
  };
  const Row rows[] = {{"500ms", "500ms"}, {"15s", "15s"}, {"2m", "2m"},        {"1h30m", "1h30m"}, {"90s", "1m30s"},
                      {"0", "0s"},        {"0s", "0s"},   {"1.5s", "1s500ms"}, {"1d", "24h"},      {"15", ""},
                      {"", ""},           {"s", ""},      {"1s1m", ""},        {"-1s", ""},        {"1 s", ""},
                      {"1x", ""},         {"1e3s", ""}};
  for (const Row& row : rows) {
    const auto d = parse_duration(row.text);
    INFO(row.text);
    if (!*row.back)
      CHECK_FALSE(d.has_value());
    else {
      REQUIRE(d.has_value());
      CHECK(duration_text(*d) == row.back);
    }
  }
}

TEST_CASE("labels: escaping survives a round trip, broken UTF-8 is replaced") {
  std::string body;
  append_label(body, "a", "x");
  append_label(body, "b", "q\"b\\s\nn");
  append_label(body, "c",
               "\xff"
               "e\xcc\x81");
  CHECK(body ==
        "a=\"x\",b=\"q\\\"b\\\\s\\nn\",c=\"\xEF\xBF\xBD"
        "e\xcc\x81\"");
  const Labels back = parse_labels(body);
  REQUIRE(back.size() == 3);
  CHECK(back[1].second == "q\"b\\s\nn");
}

TEST_CASE("labels: a value over the limit is cut at a character and stays distinct") {
  std::string a(2000, 'a'), b = a + "b";
  CHECK(limit_label_value(a, 1024));
  CHECK(limit_label_value(b, 1024));
  CHECK(a.size() == 1024);
  CHECK(a != b);
  std::string umlauts;
  for (int i = 0; i < 600; ++i) umlauts += "\xc3\xbc";
  CHECK(limit_label_value(umlauts, 1024));
  CHECK(is_utf8(umlauts));
  CHECK(umlauts.size() <= 1024);
}

TEST_CASE("labels: a beginning ends between characters") {
  CHECK(utf8_prefix("abc", 3) == "abc");
  CHECK(utf8_prefix("abc", 2) == "ab");
  CHECK(utf8_prefix("a\xC3\xA4"
                    "b",
                    2) == "a");
  CHECK(utf8_prefix("a\xC3\xA4"
                    "b",
                    3) == "a\xC3\xA4");
  CHECK(utf8_prefix("\x87\x87\x87", 2) == "");  // none that begins
}

TEST_CASE("labels: names are made legal") {
  CHECK(legal_metric_name("a.b-c") == "a_b_c");
  CHECK(legal_metric_name("9x") == "_9x");
  CHECK(legal_label_name("a:b") == "a_b");
  CHECK(legal_label_name("") == "_");
}

TEST_CASE("letters: those of ASCII become small, and nothing else does") {
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  std::string expected = all;
  for (std::size_t i = 'A'; i <= 'Z'; ++i) expected[i] = static_cast<char>(i - 'A' + 'a');
  CHECK(small_letters(all) == expected);
  std::string part = "ABCDEFGH";
  make_small({part.data() + 2, 3});
  CHECK(part == "ABcdeFGH");
}

TEST_CASE("reply headers: names are small, values are as they came") {
  ReplyHeaders headers{{"Content-Type", "Text/HTML"}, {"", "A"}, {"X-\xc3\x84", "B"}};
  headers.add("ETag", "");
  CHECK(headers[0] == ReplyHeaders::Field("content-type", "Text/HTML"));
  CHECK(headers[1] == ReplyHeaders::Field("", "A"));
  CHECK(headers[2] == ReplyHeaders::Field("x-\xc3\x84", "B"));
  CHECK(headers.find("etag") == std::string_view());
}

TEST_CASE("url: parts and refusals") {
  struct Row {
    const char* text;
    const char* back;  // text() of what was read; "!": refused
  };
  const Row rows[] = {
      {"http://h", "http://h"},
      {"http://h:80/", "http://h"},
      {"http://h:8080/base/?q=1", "http://h:8080/base/?q=1"},
      {"http://h/?q=1", "http://h?q=1"},
      {"https://h/library/metrics/", "https://h/library/metrics/"},
      {"http://h/a//", "http://h/a//"},
      {"unix:/run/a.sock:/stats/", "unix:/run/a.sock:/stats/"},
      {"unix:/run/a.sock:/", "unix:/run/a.sock"},
      {"https://[::1]:444/x", "https://[::1]:444/x"},
      {"unix:/run/a.sock", "unix:/run/a.sock"},
      {"unix:/run/a.sock:/stats?x", "unix:/run/a.sock:/stats?x"},
      {"tcp://h:11300", "tcp://h:11300"},
      {"tcp://[::1]:80/", "tcp://[::1]:80"},
      {"unix:///run/a.sock", "unix:///run/a.sock"},
      {"file:/var/x.json", "file:/var/x.json"},
      {"file:///var/x.json", "file:/var/x.json"},
      {"dummy:kobo?seed=3", "dummy:kobo?seed=3"},
      {"HTTP://H/A?B=C", "http://H/A?B=C"},
      {"Https://h", "https://h"},
      {"FILE:/V", "file:/V"},
      {"UNIX:/Run/A.sock:/S", "unix:/Run/A.sock:/S"},
      {"ftp://h", "!"},
      {"h:80", "!"},
      {"http://", "!"},
      {"http://u:p@h", "!"},
      {"http://h:0", "!"},
      {"http://h:70000", "!"},
      {"http://h:", "!"},
      {"http://::1", "!"},
      {"http://h/a b", "!"},
      {"file:x", "!"},
      {"dummy:x", "!"},
      {"dummy:kobo?seed=", "!"},
      {"dummy:kobo?speed=3", "!"},
      {"unix:x", "!"},
      {"unix://", "!"},
      {"unix://run/a.sock", "!"},
      {"unix:///run/a.sock:/stats", "!"},
      {"tcp://h", "!"},
      {"tcp://:1", "!"},
      {"tcp://h:1/x", "!"},
      {"tcp://h:1?", "!"},
      {"tcp://h:1?x", "!"},
      {"tcp:h:1", "!"},
      {"tcp://u:p@h:1", "!"},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    const auto url = parse_url(row.text);
    if (row.back[0] == '!')
      CHECK_FALSE(url.has_value());
    else {
      REQUIRE(url.has_value());
      CHECK(url->text() == row.back);
    }
  }
  // `unix:/x` is asked by HTTP, `unix:///x` is not.
  CHECK(parse_url("unix:/run/a.sock")->is_http());
  CHECK(parse_url("unix:///run/a.sock")->is_stream());
  CHECK(parse_url("unix:///run/a.sock")->socket_path == "/run/a.sock");
  CHECK(parse_url("tcp://h:1")->is_stream());
  CHECK(parse_url("unix:///" + std::string(106, 'x')).has_value());
  CHECK_FALSE(parse_url("unix:///" + std::string(107, 'x')).has_value());
  CHECK(parse_url("http://u:secret@h").error().detail.find("secret") == std::string::npos);
  CHECK(parse_url("HTTP://u:secret@h").error().detail.find("secret") == std::string::npos);
  CHECK(parse_url("FTP://h").error().detail.starts_with("`ftp://h`"));
}

TEST_CASE("diagnostic: nearest known name") {
  const std::vector<std::string> known = {"interval", "timeout", "url"};
  CHECK(nearest("intervall", known) == "interval");
  CHECK(nearest("ulr", known) == "url");
  CHECK(nearest("something", known) == "");
}

TEST_CASE("diagnostic: one line, whatever it quotes") {
  const auto shown = [](const std::string& what) {
    return to_string(Diagnostic{{std::make_shared<const std::string>("a\nb.yaml"), 1, 2}, what});
  };
  CHECK(shown("`x`: bad") == "a\\nb.yaml:1:2: `x`: bad");
  CHECK(shown("a\nb\tc\rd") == "a\\nb.yaml:1:2: a\\nb\\tc\\rd");
  CHECK(shown("\x1b[2J\x7f") == "a\\nb.yaml:1:2: \\x1b[2J\\x7f");
  CHECK(shown("\xc2\x9b"
              "31m") ==
        "a\\nb.yaml:1:2: \\xc2\\x9b"
        "31m");  // a terminal's CSI in one character
  CHECK(shown("gr\xc3\xbc\xc3\x9f \xe2\x82\xac") == "a\\nb.yaml:1:2: gr\xc3\xbc\xc3\x9f \xe2\x82\xac");
  CHECK(shown("cut \xc3") == "a\\nb.yaml:1:2: cut \\xc3");
}

TEST_CASE("batch: label sets and series by index") {
  SampleBatch batch;
  const auto f = batch.add_family({"x", MetricType::gauge, "h", ""});
  const auto a = batch.add_labels("a=\"1\"");
  const auto b = batch.add_labels("a=\"2\"");
  batch.add(f, 0, Number::of(1.0));
  batch.add(f, b, Number::of(2.0));
  CHECK(batch.add_labels("") == 0);
  CHECK(batch.labels(0) == "");
  CHECK(batch.labels(a) == "a=\"1\"");
  CHECK(batch.labels(b) == "a=\"2\"");
  CHECK(batch.series()[1].labels == b);
}
