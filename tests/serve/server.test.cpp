// The server as clients see it, over loopback.
#include "serve/server.h"

#include <sys/resource.h>
#include <unistd.h>
#include <zlib.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "fixture.h"
#include "support/catch.h"

using namespace tallyman;
using namespace tallyman::serve;
using serve::test::Answer;
using serve::test::Client;
using serve::test::gauge_snapshot;
using serve::test::handlers;
using std::chrono::milliseconds;

namespace {

constexpr std::size_t many = 200'000;  // about 8 MB: more than the sockets' buffers hold
constexpr int small_buffer = 4096;

Options loopback() {
  Options options;
  options.listen = "127.0.0.1:0";
  return options;
}

std::unique_ptr<Server> started(Options options = loopback(), Handlers all = handlers()) {
  auto server = Server::listen(std::move(options), std::move(all));
  if (!server) throw std::runtime_error(server.error().detail);
  (*server)->start();
  return std::move(*server);
}

milliseconds time_of_stop(Server& server) {
  const auto from = std::chrono::steady_clock::now();
  server.stop();
  return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - from);
}

// A client that has the beginning of a large scrape and reads no further.
std::unique_ptr<Client> stuck_scraper(const Server& server, const std::string& headers = "") {
  auto client = std::make_unique<Client>(server.address(), small_buffer);
  client->send("GET /metrics HTTP/1.1\r\nHost: a\r\n" + headers + "\r\n");
  REQUIRE(client->read_some().starts_with("HTTP/1.1 200 OK\r\n"));
  return client;
}

std::string gunzip(const std::string& bytes) {
  z_stream stream{};
  if (inflateInit2(&stream, 16 + MAX_WBITS) != Z_OK) return "";
  std::string out(1 << 20, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int ended = inflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return ended == Z_STREAM_END ? out : "not gzip";
}

const std::string alpha_lines = "load{target=\"alpha\",i=\"0\"} 1\nload{target=\"alpha\",i=\"1\"} 1\n";
const std::string load_head = "# HELP load A test.\n# TYPE load gauge\n";

}  // namespace

TEST_CASE("server: answers on one kept connection, in order") {
  const auto server = started();
  Client client(server->address());
  CHECK(client.get("/livez").body == "ok\n");
  CHECK(client.get("/livez", "", "HEAD").status == 200);
  CHECK(client.get("/nothing").status == 404);
  CHECK(client.get("/metrics?target=alpha").body == load_head + alpha_lines);
  CHECK(client.get("/readyz?verbose").body == "[+]targets ok\n[+]config ok\nreadyz check passed\n");
  client.send("GET /healthz/alpha HTTP/1.1\r\nHost: a\r\n\r\nGET /healthz/none HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(client.read().status == 200);
  CHECK(client.read().status == 404);
}

TEST_CASE("server: heads of replies") {
  struct Row {
    std::string method, path, headers, name, value;
  };
  const std::string text = "text/plain; version=0.0.4; charset=utf-8";
  const std::string open = "application/openmetrics-text; version=1.0.0; charset=utf-8";
  const Row rows[] = {
      {"GET", "/metrics", "", "Content-Type", text},
      {"GET", "/metrics", "Accept: application/openmetrics-text;version=1.0.0\r\n", "Content-Type", open},
      {"GET", "/metrics", "", "Vary", "Accept, Accept-Encoding"},
      {"GET", "/metrics", "", "Content-Encoding", ""},
      {"GET", "/metrics", "", "Transfer-Encoding", "chunked"},
      {"GET", "/metrics", "Accept-Encoding: gzip\r\n", "Content-Encoding", "gzip"},
      {"HEAD", "/metrics", "Accept-Encoding: gzip\r\n", "Content-Encoding", "gzip"},
      {"HEAD", "/metrics", "", "Content-Type", text},
      {"HEAD", "/", "", "Content-Type", "text/html; charset=utf-8"},
      {"GET", "/livez", "", "Content-Length", "3"},
      {"HEAD", "/livez", "", "Content-Length", "3"},
      {"GET", "/livez", "", "Connection", ""},
      {"GET", "/livez", "Connection: close\r\n", "Connection", "close"},
      {"POST", "/metrics", "Content-Length: 1\r\n", "Allow", "GET, HEAD"},
      {"DELETE", "/metrics", "", "Allow", "GET, HEAD"},
  };
  const auto server = started();
  for (const Row& row : rows) {
    INFO(row.method << " " << row.path << " " << row.headers << row.name);
    Client client(server->address());
    CHECK(client.get(row.path, row.headers, row.method).header(row.name) == row.value);
  }
}

TEST_CASE("server: a bad request gets its answer, and the connection ends") {
  struct Row {
    std::string bytes;
    int status;
  };
  const Row rows[] = {
      {"\x16\x03\x01\x02\x01", 400},
      {"GET / HTTP/1.1\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n", 431},
      {"PUT /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", 405},
  };
  const auto server = started();
  for (const Row& row : rows) {
    INFO(row.bytes.substr(0, 60));
    Client client(server->address());
    client.send(row.bytes);
    const Answer answer = client.read();
    CHECK(answer.status == row.status);
    CHECK(answer.header("Connection") == "close");
    CHECK(answer.complete);
    CHECK(client.ended());
  }
}

TEST_CASE("server: a scrape is the same in chunks, to the end of the connection, and gzipped") {
  const auto server = started();
  const std::string expected = load_head + alpha_lines +
                               "load{target=\"b&w <2>\",i=\"0\"} 1\nload{target=\"b&w <2>\",i=\"1\"} 1\n"
                               "# HELP tallyman_own A test.\n# TYPE tallyman_own gauge\n"
                               "tallyman_own{target=\"\",i=\"0\"} 1\n";
  Client kept(server->address());
  CHECK(kept.get("/metrics").body == expected);
  CHECK(kept.get("/metrics", "", "HEAD").status == 200);
  CHECK(gunzip(kept.get("/metrics", "Accept-Encoding: gzip\r\n").body) == expected);
  CHECK(kept.get("/metrics", "Accept: application/openmetrics-text; version=1.0.0\r\n").body == expected + "# EOF\n");
  Client old(server->address());
  old.send("GET /metrics HTTP/1.0\r\n\r\n");
  const Answer answer = old.read();
  CHECK(answer.header("Transfer-Encoding") == "");
  CHECK(answer.body == expected);
}

TEST_CASE("server: a large scrape comes whole") {
  const auto server = started(loopback(), handlers(true, many));
  Client client(server->address());
  const Answer answer = client.get("/metrics?target=alpha");
  CHECK(answer.complete);
  CHECK(std::count(answer.body.begin(), answer.body.end(), '\n') == static_cast<long>(many) + 2);
  CHECK(answer.body.ends_with("load{target=\"alpha\",i=\"199999\"} 1\n"));
  CHECK(client.get("/livez").status == 200);
}

TEST_CASE("server: a slow reader holds up nobody") {
  const auto server = started(loopback(), handlers(true, many));
  const auto slow = stuck_scraper(*server);
  Client other(server->address());
  CHECK(other.get("/livez").status == 200);
  CHECK(other.get("/metrics?target=alpha").complete);
}

TEST_CASE("server: beyond max_scrapes a scrape is told to come again") {
  Options options = loopback();
  options.max_scrapes = 1;
  const auto server = started(options, handlers(true, many));
  const auto slow = stuck_scraper(*server, "Connection: close\r\n");
  Client other(server->address());
  const Answer refused = other.get("/metrics");
  CHECK(refused.status == 503);
  CHECK(refused.header("Retry-After") == "1");
  CHECK(refused.body == "already 1 scrapes at work; try again in a second\n");
  CHECK(other.get("/metrics", "", "HEAD").status == 200);
  CHECK(other.get("/readyz").status == 200);
  CHECK(slow->ended());  // reads to the end: its scrape is done, and its place is free
  CHECK(other.get("/metrics").status == 200);
}

TEST_CASE("server: a scrape ends at its deadline") {
  SECTION("the server's") {
    Options options = loopback();
    options.scrape_timeout = milliseconds(150);
    options.max_scrapes = 1;
    const auto server = started(options, handlers(true, many));
    const auto from = std::chrono::steady_clock::now();
    const auto slow = stuck_scraper(*server);
    Client other(server->address());
    int status = 503;
    while (status == 503 && std::chrono::steady_clock::now() - from < std::chrono::seconds(10))
      status = other.get("/metrics?target=alpha").status;
    CHECK(status == 200);
    CHECK(std::chrono::steady_clock::now() - from >= milliseconds(150));
  }
  SECTION("the scraper's own") {
    Options options = loopback();
    options.max_scrapes = 1;
    const auto server = started(options, handlers(true, many));
    const auto from = std::chrono::steady_clock::now();
    const auto slow = stuck_scraper(*server, "X-Prometheus-Scrape-Timeout-Seconds: 0.15\r\n");
    Client other(server->address());
    int status = 503;
    while (status == 503 && std::chrono::steady_clock::now() - from < std::chrono::seconds(9))
      status = other.get("/metrics?target=alpha").status;
    CHECK(status == 200);
    CHECK(std::chrono::steady_clock::now() - from >= milliseconds(150));
  }
}

TEST_CASE("server: a connection that says nothing, or not enough, is closed") {
  Options options = loopback();
  SECTION("nothing") { options.idle_timeout = milliseconds(100); }
  SECTION("half a header") { options.header_timeout = milliseconds(100); }
  const auto server = started(options);
  Client client(server->address());
  CHECK(client.get("/livez").status == 200);
  if (options.header_timeout == milliseconds(100)) client.send("GET /li");
  CHECK(client.ended());
}

TEST_CASE("server: beyond max_connections the one waiting longest is closed") {
  Options options = loopback();
  options.max_connections = 2;
  const auto server = started(options);
  Client first(server->address()), second(server->address());
  CHECK(first.get("/livez").status == 200);
  CHECK(second.get("/livez").status == 200);
  CHECK(first.get("/livez").status == 200);  // now the second waits longest
  Client third(server->address());
  CHECK(third.get("/livez").status == 200);
  CHECK(second.ended());
  CHECK(first.get("/livez").status == 200);
}

TEST_CASE("server: stop closes idle connections at once") {
  const auto server = started();
  Client idle(server->address()), half(server->address());
  CHECK(idle.get("/livez").status == 200);
  half.send("GET /li");
  CHECK(time_of_stop(*server) < milliseconds(450));
  CHECK(idle.ended());
  CHECK(half.ended());
  server->stop();  // again: nothing to do
}

TEST_CASE("server: stop waits half a second for replies in flight, no longer") {
  const auto server = started(loopback(), handlers(true, many));
  const auto slow = stuck_scraper(*server);
  const auto took = time_of_stop(*server);
  CHECK(took >= milliseconds(450));
  CHECK(took < milliseconds(1500));  // 500 and the weather of the machine
  CHECK(slow->ended());
}

TEST_CASE("server: stop lets a reply in flight end") {
  const auto server = started(loopback(), handlers(true, 40'000));
  Client client(server->address(), small_buffer);
  client.send("GET /metrics?target=alpha HTTP/1.1\r\nHost: a\r\n\r\n");
  std::thread stopping;
  // The first bytes are here, so the reply is in flight; the rest is read while stop() waits.
  std::string all = client.read_some();
  stopping = std::thread([&server] { server->stop(); });
  for (std::string more = client.read_some(); !more.empty(); more = client.read_some()) all += more;
  stopping.join();
  CHECK(all.ends_with("i=\"39999\"} 1\n\r\n0\r\n\r\n"));
}

TEST_CASE("server: a stopped server does not listen, one never started stops too") {
  const auto server = started();
  const std::string address = server->address();
  server->stop();
  CHECK_THROWS(Client(address));
  auto never = Server::listen(loopback(), handlers());
  REQUIRE(never.has_value());
  (*never)->stop();
}

TEST_CASE("server: connections made before start are answered") {
  auto server = Server::listen(loopback(), handlers());
  REQUIRE(server.has_value());
  Client early((*server)->address());
  early.send("GET /livez HTTP/1.1\r\nHost: a\r\n\r\n");
  (*server)->start();
  CHECK(early.read().body == "ok\n");
}

// Nothing is closed between the reserve and the client's socket, so their numbers lie below the
// lowest free one, where the limit is set: any further descriptor must come from the reserve.
TEST_CASE("server: gets through when there are no file descriptors left") {
  auto server = Server::listen(loopback(), handlers());
  REQUIRE(server.has_value());
  Client first((*server)->address()), second((*server)->address());
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  const int free = ::dup(0);
  REQUIRE(free > 0);
  ::close(free);
  const rlimit none{static_cast<rlim_t>(free), before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  const int further = ::dup(0);
  (*server)->start();
  first.send("GET /livez HTTP/1.1\r\nHost: a\r\n\r\n");
  second.send("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n");
  const Answer live = first.read(), metrics = second.read();
  ::setrlimit(RLIMIT_NOFILE, &before);
  CHECK(further == -1);
  CHECK(live.status == 200);
  CHECK(metrics.status == 200);
}

TEST_CASE("server: every address means IPv4 and IPv6") {
  Options options;
  options.listen = ":0";
  const auto server = started(options);
  const std::string port = server->address().substr(server->address().rfind(':'));
  CHECK(Client("127.0.0.1" + port).get("/livez").status == 200);
  if (server->address().starts_with("[::]"))
    CHECK(Client("[::1]" + port).get("/livez").status == 200);
  else
    WARN("no IPv6 on this machine: only IPv4 was tried");
}

TEST_CASE("server: an address that cannot be had is named") {
  const auto server = started();
  Options options;
  options.listen = server->address();
  const auto second = Server::listen(options, handlers());
  REQUIRE(second.has_error());
  CHECK(second.error().stage == Stage::connect);
  CHECK(second.error().detail ==
        "cannot listen on " + server->address() + ": address already in use; another tallyman? use --listen ADDR:PORT");
  options.listen = "192.0.2.1:0";  // TEST-NET: no machine has it
  const auto foreign = Server::listen(options, handlers());
  REQUIRE(foreign.has_error());
  CHECK(foreign.error().detail.starts_with("cannot listen on 192.0.2.1:0: "));
}

TEST_CASE("server: conflicts of a new plan are reported once") {
  std::atomic<int> calls{0};
  std::vector<std::string> reported;
  Handlers all = handlers();
  // The same family as another type: the later target's is left out.
  const auto gauge = gauge_snapshot("a", "load", 1);
  auto other = std::make_shared<store::Snapshot>(*gauge_snapshot("b", "load", 1));
  auto shape = std::make_shared<store::Shape>(*other->blocks[0]->shape);
  Family counter = *shape->slices[0].family;
  counter.type = MetricType::counter;
  shape->slices[0].family = std::make_shared<const Family>(counter);
  auto block = std::make_shared<store::Block>();
  block->shape = shape;
  block->text = other->blocks[0]->text;
  block->slice_bytes = other->blocks[0]->slice_bytes;
  other->blocks[0] = block;
  const std::vector<store::SnapshotPtr> both = {gauge, other};
  all.snapshots = [&both](const std::string&, bool) { return std::optional(both); };
  all.conflicts = [&](const std::vector<std::string>& targets) {
    reported = targets;
    ++calls;
  };
  const auto server = started(loopback(), all);
  Client client(server->address());
  CHECK(client.get("/metrics").body == load_head + "load{target=\"a\",i=\"0\"} 1\n");
  CHECK(client.get("/metrics").status == 200);
  server->stop();
  CHECK(calls == 1);
  CHECK(reported == std::vector<std::string>{"b"});
}

TEST_CASE("server: a second gzip scrape within a second gets the first's bytes, others are made anew") {
  std::atomic<int> pinned{0};
  Handlers all = handlers();
  all.snapshots = [&pinned](const std::string&, bool) {
    const std::size_t series = static_cast<std::size_t>(++pinned);  // each scrape would see one more
    return std::optional(std::vector<store::SnapshotPtr>{gauge_snapshot("a", "load", series)});
  };
  const auto server = started(loopback(), all);
  Client client(server->address());
  const std::string zipped = "Accept-Encoding: gzip\r\n", open = "Accept: application/openmetrics-text\r\n";
  const auto from = std::chrono::steady_clock::now();
  const std::string first = client.get("/metrics", zipped).body;
  const std::string second = client.get("/metrics", zipped).body;
  const std::string plain = client.get("/metrics").body;
  const std::string one_target = client.get("/metrics?target=a", zipped).body;
  const std::string other_form = client.get("/metrics", zipped + open).body;
  // On a machine so busy that all this took a second, nothing is known.
  if (std::chrono::steady_clock::now() - from < std::chrono::seconds(1)) {
    CHECK(second == first);
    CHECK(gunzip(second) == load_head + "load{target=\"a\",i=\"0\"} 1\n");
  }
  const auto series = [](const std::string& text) { return std::count(text.begin(), text.end(), '\n') - 2; };
  CHECK(series(plain) == 3);
  CHECK(series(gunzip(one_target)) == 4);
  CHECK(series(gunzip(other_form)) == 5 + 1);  // the fifth scrape, and `# EOF`
  std::string later = first;
  for (int i = 0; i < 100'000 && later == first; ++i) later = client.get("/metrics", zipped).body;
  CHECK(later != first);
  CHECK(std::chrono::steady_clock::now() - from >= std::chrono::seconds(1));
}
