// The sans-I/O HTTP client: each answer whole, cut in two at every byte, and byte by byte.
#include "transport/http_machine.h"

#include <cstdlib>
#include <filesystem>

#include "bytes.h"
#include "support/catch.h"

namespace tallyman::test {
namespace {

using transport::HttpMachine;
using State = HttpMachine::State;

// What a machine made of an answer, as one text to compare.
struct Seen {
  std::string outcome;  // `200`, or `stage: detail`
  std::string body;
  bool keep_alive = false;
};

Seen seen(HttpMachine& machine) {
  if (machine.state() == State::need_more) return {"needs more", "", false};
  if (machine.state() == State::failed)
    return {std::string(to_string(machine.failure().stage)) + ": " + machine.failure().detail, "", false};
  return {std::to_string(machine.status()), machine.body(), machine.keep_alive()};
}

Seen feed(HttpMachine& machine, const HttpMachine::Options& options, std::initializer_list<std::string_view> parts,
          bool eof) {
  machine.start(options);
  for (std::string_view part : parts)
    if (!part.empty() && machine.state() == State::need_more) machine.feed(part);
  if (eof) machine.feed_eof();
  return seen(machine);
}

// The same by every way of cutting. Bytes after the answer are seen only in the part that ends
// it, so `keep_alive` is compared for the whole only.
Seen feed_in_every_way(const std::string& bytes, const HttpMachine::Options& options = {}, bool eof = false) {
  HttpMachine machine;
  const Seen whole = feed(machine, options, {bytes}, eof);
  for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
    const Seen two =
        feed(machine, options, {std::string_view(bytes).substr(0, cut), std::string_view(bytes).substr(cut)}, eof);
    if (two.outcome != whole.outcome || two.body != whole.body) {
      INFO("cut at byte " << cut);
      CHECK(two.outcome == whole.outcome);
      CHECK(two.body == whole.body);
    }
  }
  machine.start(options);
  for (std::size_t i = 0; i < bytes.size() && machine.state() == State::need_more; ++i)
    machine.feed(std::string_view(bytes).substr(i, 1));
  if (eof) machine.feed_eof();
  CHECK(seen(machine).outcome == whole.outcome);
  CHECK(seen(machine).body == whole.body);
  return whole;
}

TEST_CASE("http machine: captured answers, cut at every byte") {
  struct Row {
    const char* file;
    const char* status;
    bool keep_alive;
    std::size_t body_bytes;
  };
  // Sizes are the Content-Length that each server sent (for indico: of what gunzip makes of it).
  const Row rows[] = {
      {"ilmo_metrics.http", "200", true, 241},   {"reva_json_driver.http", "200", true, 666},
      {"kobo_exporter.http", "200", true, 2185}, {"kobo_login.http", "200", true, 158},
      {"indico_gzip.http", "200", false, 5042},  {"influx_401.http", "401", true, 55},
      {"influx_400.http", "400", true, 62},      {"influx_404.http", "404", true, 41},
      {"influx_204.http", "204", true, 0},
  };
  for (const Row& row : rows) {
    INFO(row.file);
    const std::string bytes = reply_file(row.file);
    const Seen got = feed_in_every_way(bytes);
    CHECK(got.outcome == row.status);
    CHECK(got.keep_alive == row.keep_alive);
    CHECK(got.body.size() == row.body_bytes);
    if (row.file == std::string("indico_gzip.http"))
      CHECK(got.body == reply_file("indico_gzip.decoded"));
    else
      CHECK(got.body == bytes.substr(bytes.find("\r\n\r\n") + 4));
  }
}

// The ways a body may be wrapped.
std::vector<std::pair<std::string, bool>> wrapped(const std::string& body) {  // bytes, ends with EOF
  const std::string gzip = packed(body, Packing::gzip), zlib = packed(body, Packing::zlib);
  const auto length = [](const std::string& b) {
    return "Content-Length: " + std::to_string(b.size()) + "\r\n\r\n" + b;
  };
  const std::string head = "HTTP/1.1 200 OK\r\n", chunks = "Transfer-Encoding: chunked\r\n\r\n";
  return {{head + length(body), false},
          {head + chunks + chunked(body, 100), false},
          {head + chunks + chunked(body, 7), false},
          {head + "\r\n" + body, true},
          {head + "Content-Encoding: gzip\r\n" + length(gzip), false},
          {head + "Content-Encoding: gzip\r\n" + chunks + chunked(gzip, 50), false},
          {head + "Content-Encoding: x-gzip\r\n\r\n" + gzip, true},
          {head + "Content-Encoding: deflate\r\n" + length(zlib), false},
          {head + "Content-Encoding: deflate\r\n" + length(packed(body, Packing::raw)), false}};
}

TEST_CASE("http machine: captured bodies in every wrapping, cut at every byte") {
  for (const char* file :
       {"rabbitmq_consumers.json", "nats_varz.json", "reva_metrics.json", "uwsgi_stats_http_cheaper.json"}) {
    const std::string body = reply_file(file);
    for (const auto& [bytes, eof] : wrapped(body)) {
      INFO(file << ": " << bytes.substr(0, bytes.find("\r\n\r\n")));
      const Seen got = feed_in_every_way(bytes, {}, eof);
      CHECK(got.outcome == "200");
      CHECK(got.body == body);
      CHECK(got.keep_alive == !eof);
    }
  }
}

TEST_CASE("http machine: every captured payload there is, byte by byte") {
  const char* const folder = std::getenv("TALLYMAN_CAPTURED");
  if (folder == nullptr) {
    WARN("skipped: set TALLYMAN_CAPTURED to a folder of captured payloads to feed them all");
    return;
  }
  int files = 0;
  HttpMachine machine;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file() || entry.file_size() == 0) continue;
    ++files;
    const std::string body = read_file(entry.path());
    INFO(entry.path());
    for (const auto& [bytes, eof] : wrapped(body)) {
      machine.start({});
      for (std::size_t i = 0; i < bytes.size() && machine.state() == State::need_more; ++i)
        machine.feed(std::string_view(bytes).substr(i, 1));
      if (eof) machine.feed_eof();
      CHECK(seen(machine).outcome == "200");
      CHECK(machine.body() == body);
    }
  }
  CHECK(files > 0);
}

TEST_CASE("http machine: forms of answers") {
  struct Row {
    const char* what;
    std::string bytes;
    bool head, eof;
    Seen expected;
  };
  const Row rows[] = {
      {"no body for HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", true, false, {"200", "", true}},
      {"no body for HEAD, gzip",
       "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n",
       true,
       false,
       {"200", "", true}},
      {"204", "HTTP/1.1 204 No Content\r\nContent-Encoding: gzip\r\n\r\n", false, false, {"204", "", true}},
      {"304 with a length", "HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n", false, false, {"304", "", true}},
      {"empty body", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", false, false, {"200", "", true}},
      {"empty body, gzip",
       "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 0\r\n\r\n",
       false,
       false,
       {"200", "", true}},
      {"no body, unknown coding",
       "HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 0\r\n\r\n",
       false,
       false,
       {"200", "", true}},
      {"100 before",
       "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
       false,
       false,
       {"200", "x", true}},
      {"100 and 103 before",
       "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\nHTTP/1.1 200 OK\r\n"
       "Content-Length: 1\r\n\r\nx",
       false,
       false,
       {"200", "x", true}},
      {"chunk extension and trailer",
       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n0\r\nX: y\r\n\r\n",
       false,
       false,
       {"200", "abc", true}},
      {"chunk size with zeros",
       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0003\r\nabc\r\n0\r\n\r\n",
       false,
       false,
       {"200", "abc", true}},
      {"no reason", "HTTP/1.1 200 \r\nContent-Length: 1\r\n\r\nx", false, false, {"200", "x", true}},
      {"close",
       "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx",
       false,
       false,
       {"200", "x", false}},
      {"HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", false, false, {"200", "x", false}},
      {"to the end, empty", "HTTP/1.0 200 OK\r\n\r\n", false, true, {"200", "", false}},
      {"not yet", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nx", false, false, {"needs more", "", false}},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    HttpMachine::Options options;
    options.head = row.head;
    const Seen got = feed_in_every_way(row.bytes, options, row.eof);
    CHECK(got.outcome == row.expected.outcome);
    CHECK(got.body == row.expected.body);
    CHECK(got.keep_alive == row.expected.keep_alive);
  }
}

TEST_CASE("http machine: what is refused") {
  const std::string big(1001, 'x');
  struct Row {
    const char* what;
    std::string bytes;
    bool eof;
    const char* failure;
  };
  const Row rows[] = {
      {"TLS alert", "\x15\x03\x01", false, "read: the answer is a TLS alert, not HTTP; use https://"},
      {"nothing", "", true, "read: the connection was closed before the status line"},
      {"half a status line", "HTTP/1.1 20", true, "read: the connection was closed before the status line"},
      {"half a header", "HTTP/1.1 200 OK\r\nA: b", true,
       "read: the connection was closed before the end of the header"},
      {"half a body", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nxy", true,
       "read: the connection was closed before the end of the body (2 of 3 bytes came)"},
      {"half a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nxy", true,
       "read: the connection was closed before the end of the body (2 bytes came)"},
      {"no last chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nxy\r\n", true,
       "read: the connection was closed before the end of the body (2 bytes came)"},
      {"bad chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", false,
       "read: the answer breaks HTTP/1.1 in its body: bad chunk"},
      {"two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n", false,
       "read: the answer breaks HTTP/1.1 in its header: multiple Content-Length"},
      {"length and chunks", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", false,
       "read: the answer breaks HTTP/1.1 in its header: bad Transfer-Encoding"},
      {"unknown transfer coding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", false,
       "read: Transfer-Encoding `gzip, chunked`; expected chunked"},
      {"unknown coding", "HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 3\r\n\r\nabc", false,
       "read: Content-Encoding `br`; only gzip and deflate were asked for"},
      {"gzip that is none", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc", false,
       "read: the body is not the gzip that its header says: incorrect header check"},
      {"switched protocols", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", false,
       "read: the answer switches protocols, which nobody asked for"},
      {"length over the limit", "HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n", false,
       "limit: the body is over the limit of 1000 bytes; raise the target's limits.body"},
      {"chunk over the limit", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n", false,
       "limit: the body is over the limit of 1000 bytes; raise the target's limits.body"},
      {"bytes over the limit", "HTTP/1.1 200 OK\r\n\r\n" + big, false,
       "limit: the body is over the limit of 1000 bytes; raise the target's limits.body"},
      {"gzip over the limit", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + packed(big, Packing::gzip), false,
       "limit: the body is over the limit of 1000 bytes; raise the target's limits.body"},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    HttpMachine::Options options;
    options.body_limit = 1000;
    CHECK(feed_in_every_way(row.bytes, options, row.eof).outcome == row.failure);
  }
}

TEST_CASE("http machine: another protocol is named by its first line") {
  HttpMachine machine;
  CHECK(feed(machine, {}, {"SSH-2.0-OpenSSH_9.2\r\n"}, false).outcome ==
        "read: the answer is not HTTP/1.1: it begins with `SSH-2.0-OpenSSH_9.2`");
  CHECK(feed(machine, {}, {"HTTP/2 200\r\n\r\n"}, false).outcome ==
        "read: the answer is not HTTP/1.1: it begins with `HTTP/2 200`");
  CHECK(feed(machine, {}, {std::string(50, '\xff')}, false).outcome ==
        "read: the answer is not HTTP/1.1: it begins with `" + std::string(40, '.') + "`");
}

TEST_CASE("http machine: lines that end in LF alone are named") {
  const std::string said = "read: the answer breaks HTTP/1.1: a line of its header ends in LF alone, expected CR LF";
  for (const std::string bytes :
       {"HTTP/1.1 200 OK\nContent-Length: 2\n\n{}", "HTTP/1.1 200 OK\r\nContent-Length: 2\n\r\n{}"}) {
    HttpMachine machine;
    CHECK(feed(machine, {}, {bytes}, false).outcome == said);
  }
}

TEST_CASE("http machine: the header is limited, in lines and in sum") {
  const std::string failure = "limit: the header is over the limit of 1000 bytes";
  HttpMachine::Options options;
  options.header_limit = 1000;
  const std::string line(1001, 'a'), status = "HTTP/1.1 200 OK\r\n";
  std::string many = status;
  for (int i = 0; i < 60; ++i) many += "Name" + std::to_string(100 + i) + ": 1234567\r\n";  // 60 x 18 bytes
  CHECK(feed_in_every_way(status + "A: " + line + "\r\n\r\n", options).outcome == failure);
  CHECK(feed_in_every_way(status + "A: " + line, options).outcome == failure);
  CHECK(feed_in_every_way(many + "\r\n", options).outcome == failure);
  CHECK(feed_in_every_way("HTTP/1.1 200 " + line, options).outcome == failure);
  // A line without end is a line in a body too.
  const std::string chunk = "Transfer-Encoding: chunked\r\n\r\n1;";
  CHECK(feed_in_every_way(status + chunk + line, options).outcome == failure);
  CHECK(
      feed_in_every_way(status + "A: " + std::string(900, 'a') + "\r\nContent-Length: 2\r\n\r\nxy", options).outcome ==
      "200");
}

TEST_CASE("http machine: TLS without close_notify ends no body without a length") {
  HttpMachine machine;
  machine.start({});
  machine.feed("HTTP/1.1 200 OK\r\n\r\nabc");
  machine.feed_eof(false);
  CHECK(seen(machine).outcome ==
        "read: TLS was cut off without a close_notify in a body without a length: it may be a part only");
  machine.start({});
  machine.feed("HTTP/1.1 200 OK\r\n\r\nabc");
  machine.feed_eof(true);
  CHECK(seen(machine).body == "abc");
}

TEST_CASE("http machine: headers are kept in order, in lower case") {
  HttpMachine machine;
  machine.start({});
  machine.feed("HTTP/1.1 200 OK\r\nX-Total: 3\r\nLINK: <a>; rel=\"next\"\r\nx-total: 4\r\nContent-Length: 0\r\n\r\n");
  CHECK(machine.headers() ==
        ReplyHeaders{{"x-total", "3"}, {"link", "<a>; rel=\"next\""}, {"x-total", "4"}, {"content-length", "0"}});
  CHECK(machine.header("x-total") == "3");
  CHECK(machine.header("none").empty());
}

TEST_CASE("http machine: says what it waits for") {
  HttpMachine machine;
  machine.start({});
  CHECK(machine.waiting_for() == "the status line");
  machine.feed("HTTP/1.1 200 OK\r\n");
  CHECK(machine.waiting_for() == "the end of the header");
  machine.feed("Content-Length: 200\r\n\r\n0123456789");
  CHECK(machine.waiting_for() == "the end of the body (10 of 200 bytes came)");
}

}  // namespace
}  // namespace tallyman::test
