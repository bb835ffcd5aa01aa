#include "serve/request.h"

#include "support/catch.h"

using namespace tallyman::serve;

namespace {

// The request as one line, so that a row says all: `GET /path a=1&b= 1.1 keep`.
std::string shown(std::string_view bytes) {
  const auto result = parse_request(bytes);
  if (std::holds_alternative<NeedMore>(result)) return "more";
  if (const auto* refusal = std::get_if<Refusal>(&result)) return std::to_string(refusal->status);
  const Parsed& parsed = std::get<Parsed>(result);
  std::string out = parsed.request.method + " " + parsed.request.path;
  for (const auto& [name, value] : parsed.request.query) out += " " + name + "=" + value;
  out += parsed.request.http_1_1 ? " 1.1" : " 1.0";
  out += parsed.request.keep_alive ? " keep" : " close";
  if (parsed.bytes < bytes.size()) out += " +" + std::to_string(bytes.size() - parsed.bytes);
  return out;
}

std::string lines(std::size_t count) {
  std::string out;
  while (count-- > 0) out += "\r\n";
  return out;
}

}  // namespace

TEST_CASE("request: bytes give a request, a wish for more, or a refusal") {
  struct Row {
    std::string bytes, expected;
  };
  const std::string host = "Host: a\r\n";
  const Row rows[] = {
      {"", "more"},
      {"GET / HT", "more"},
      {"GET / HTTP/1.1\r\n" + host, "more"},
      {"GET / HTTP/1.1\r\n" + host + "\r\n", "GET / 1.1 keep"},
      {"\r\n\r\nGET / HTTP/1.1\r\n" + host + "\r\n", "GET / 1.1 keep"},
      {lines(max_empty_lines), "more"},
      {lines(max_empty_lines) + "GET / HTTP/1.0\r\n\r\n", "GET / 1.0 close"},
      {lines(max_empty_lines + 1), "400"},
      {lines(max_empty_lines + 1) + "GET / HTTP/1.0\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\n" + host + "\r\nGET /", "GET / 1.1 keep +5"},
      {"GET / HTTP/1.1\r\n" + host + "Connection: close\r\n\r\n", "GET / 1.1 close"},
      {"GET / HTTP/1.0\r\n\r\n", "GET / 1.0 close"},
      {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "GET / 1.0 keep"},
      {"HEAD /metrics?target=a%20b+c&verbose&x= HTTP/1.0\r\n\r\n", "HEAD /metrics target=a b c verbose= x= 1.0 close"},
      {"GET /healthz/a%2Fb HTTP/1.0\r\n\r\n", "GET /healthz/a%2Fb 1.0 close"},
      {"GET http://host:1/metrics?a=1 HTTP/1.0\r\n\r\n", "GET /metrics a=1 1.0 close"},
      {"GET http://host HTTP/1.0\r\n\r\n", "GET / 1.0 close"},
      {"GET http://host?a=1 HTTP/1.0\r\n\r\n", "GET / a=1 1.0 close"},
      {"GET /?&&a=1& HTTP/1.0\r\n\r\n", "GET / a=1 1.0 close"},
      {"GET / HTTP/1.0\r\nContent-Length: 0\r\n\r\n", "GET / 1.0 close"},
      {"POST / HTTP/1.1\r\n" + host + "Content-Length: 2\r\n\r\nab", "POST / 1.1 close +2"},
      {"GET / HTTP/1.1\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\n" + host + host + "\r\n", "400"},
      {"GET / HTTP/1.1\r\n" + host + "Content-Length: 2\r\n\r\nab", "400"},
      {"GET / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\n" + host + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n", "400"},
      {"GET /?a=%zz HTTP/1.0\r\n\r\n", "400"},
      {"GET metrics HTTP/1.0\r\n\r\n", "400"},
      {"GET /\r\n\r\n", "400"},
      {"GET / HTTP/3.0\r\n\r\n", "400"},
      {"GET / FTP/1.0\r\n\r\n", "400"},
      {"GET / HTTP/1.0\r\nbad header\r\n\r\n", "400"},
      {"\x16\x03\x01", "400"},
      {std::string("\0", 1), "400"},
      {"GET / HTTP/1.1\r\nX: " + std::string(max_header_bytes, 'x'), "431"},
      {"GET /" + std::string(max_header_bytes, 'x') + " HTTP/1.0\r\n\r\n", "431"},
  };
  for (const Row& row : rows) {
    INFO(row.bytes.substr(0, 100));
    CHECK(shown(row.bytes) == row.expected);
  }
}

TEST_CASE("request: headers that matter to a scrape are read") {
  const auto result = parse_request(
      "GET / HTTP/1.0\r\naccept: text/plain\r\nAccept: */*;q=0.1\r\nACCEPT-ENCODING: gzip\r\n"
      "X-Prometheus-Scrape-Timeout-Seconds: 9.5\r\n\r\n");
  const Request& request = std::get<Parsed>(result).request;
  CHECK(request.accept == "text/plain, */*;q=0.1");
  CHECK(request.accept_encoding == "gzip");
  CHECK(request.scrape_timeout == std::chrono::milliseconds(9500));
}

TEST_CASE("request: a scrape timeout that is no number above 0 is none") {
  struct Row {
    std::string text;
    std::optional<std::chrono::milliseconds> expected;
  };
  using std::chrono::milliseconds;
  const Row rows[] = {
      {"10", milliseconds(10'000)}, {"0.0001", milliseconds(1)}, {"1e9", milliseconds(86'400'000)},
      {"0", std::nullopt},          {"-1", std::nullopt},        {"10s", std::nullopt},
      {"nan", std::nullopt},        {"inf", std::nullopt},       {"", std::nullopt},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    const auto result =
        parse_request("GET / HTTP/1.0\r\nX-Prometheus-Scrape-Timeout-Seconds: " + row.text + "\r\n\r\n");
    CHECK(std::get<Parsed>(result).request.scrape_timeout == row.expected);
  }
}

TEST_CASE("request: a header cut at any byte is a wish for more") {
  const std::string whole = "GET /metrics?target=a HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n";
  for (std::size_t i = 0; i < whole.size(); ++i) {
    INFO(i);
    CHECK(shown(std::string_view(whole).substr(0, i)) == "more");
  }
}

TEST_CASE("request: percent escapes") {
  CHECK(percent_decode("a%20b%2f%2F") == "a b//");
  CHECK(percent_decode("a+b") == "a+b");
  CHECK(percent_decode("a+b", true) == "a b");
  CHECK(percent_decode("%00") == std::string(1, '\0'));
  for (const char* broken : {"%", "%2", "%2g", "%g2", "a%"}) {
    INFO(broken);
    CHECK(!percent_decode(broken));
  }
}
