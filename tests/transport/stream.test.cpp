// Targets without HTTP: tcp:// and unix:///, on scripted servers.
#include <sys/stat.h>
#include <unistd.h>

#include "rig.h"
#include "support/catch.h"
#include "support/fake_server.h"
#include "support/folder.h"

using namespace tallyman;
using namespace tallyman::test;
using transport::Channel;

namespace {

Result<transport::Reply> ask(Rig& rig, Channel& channel, const std::string& send, const std::string& until,
                             std::chrono::milliseconds timeout = 5s) {
  transport::Request request;
  request.send = send;
  request.until = until;
  return rig.run(channel.fetch(std::move(request), Clock::now() + timeout));
}

std::string said(const Result<transport::Reply>& reply) {
  return reply ? reply->body : std::string(to_string(reply.error().stage)) + ": " + reply.error().detail;
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("stream: is asked on a connection of its own each time, whether the server closes or not") {
  FakeServer server({{line(), send("mail\t0\t0\t1\n"), send(".\nrest"), hang()}, {line(), send("a 1\n"), close()}});
  Rig rig;
  Channel channel = rig.channel(server.stream_url());
  const auto first = ask(rig, channel, "status\n", "\n.\n");
  CHECK(said(first) == "mail\t0\t0\t1\n.\n");
  CHECK(first->status == 0);
  CHECK(first->wire_bytes >= 13);
  CHECK(said(ask(rig, channel, "stats\r\n", "")) == "a 1\n");
  CHECK(server.accepted() == 2);
  CHECK(server.requests() == std::vector<std::string>{"status\n", "stats\r\n"});
}

TEST_CASE("stream: a service that answers unasked needs no `send`") {
  FakeServer server({{send("{\"workers\":[]}"), close()}});
  Rig rig;
  Channel channel = rig.channel(server.stream_url());
  CHECK(said(ask(rig, channel, "", "")) == "{\"workers\":[]}");
  CHECK(server.requests().empty());
}

TEST_CASE("stream: over a unix socket, IPv6 and by name") {
  const Folder folder;
  const std::string path = folder / "a.sock";
  {
    FakeServer::Options options;
    options.where = FakeServer::Where::unix_socket;
    options.socket_path = path;
    FakeServer server({{line(), send("x,y\n1,2\n\n")}}, std::move(options));
    Rig rig;
    Channel channel = rig.channel(server.stream_url());
    CHECK(said(ask(rig, channel, "show stat\n", "")) == "x,y\n1,2\n\n");
  }
  Rig rig;
  Channel gone = rig.channel("unix://" + path);
  CHECK(said(ask(rig, gone, "x\n", "")) == "connect: connect to " + path + ": no such socket");
  {
    FakeServer::Options options;
    options.where = FakeServer::Where::ipv6;
    FakeServer server({{line(), send("six\n")}}, std::move(options));
    Channel channel = rig.channel(server.stream_url());
    CHECK(said(ask(rig, channel, "x\n", "\n")) == "six\n");
  }
  FakeServer server({{line(), send("four\n")}});
  Channel channel = rig.channel("tcp://localhost:" + std::to_string(server.port()));
  CHECK(said(ask(rig, channel, "x\n", "\n")) == "four\n");
}

TEST_CASE("stream: what goes wrong has its reason") {
  struct Row {
    const char* name;
    Script script;
    std::string send, until, stage, part;
  };
  const Row rows[] = {
      {"closes at once", {line()}, "x\n", "\n", "read: ", "closed the connection before it sent a byte of the answer"},
      {"closes before until",
       {line(), send("NOT_FOUND\r\n")},
       "x\n",
       "\n\r\n",
       "read: ",
       "the connection was closed after 11 bytes, before `\\n\\r\\n` (`until`) came"},
      {"resets", {line(), send("half"), pause(50ms), reset()}, "x\n", "\n", "read: ", "reset"},
      {"resets without until", {line(), send("half"), pause(50ms), reset()}, "x\n", "", "read: ", "reset"},
      {"never ends",
       {line(), send("a 1\n"), hang()},
       "x\n",
       "",
       "timeout: ",
       "waited for the end of the answer (4 bytes; the request has no `until`"},
      {"no until",
       {line(), send("a 1\n"), hang()},
       "x\n",
       "\n.\n",
       "timeout: ",
       "waited for `\\n.\\n` (`until`), after 4 bytes from 127.0.0.1:"},
      {"is silent", {hang()}, "", "", "timeout: ", "waited for an answer, though nothing was sent"},
      {"drips", {line(), drip(std::string(1000, 'x'), 5ms)}, "x\n", "\n", "timeout: ", "(`until`), after "},
  };
  for (const Row& row : rows) {
    INFO(row.name);
    FakeServer server({row.script});
    Rig rig;
    Channel channel = rig.channel(server.stream_url());
    const bool waits = row.stage == "timeout: ";
    const std::string what = said(ask(rig, channel, row.send, row.until, waits ? 300ms : 5s));
    INFO(what);
    CHECK(what.starts_with(row.stage));
    CHECK(has(what, row.part));
    CHECK(server.accepted() == 1);  // nothing is repeated
  }
}

TEST_CASE("stream: an endless answer stops at the limit") {
  FakeServer server({{line(), send(std::string(3 << 20, 'x')), hang()}});
  Rig rig;
  Endpoint endpoint;
  endpoint.url = parse_url(server.stream_url()).value();
  endpoint.body_limit = 1 << 20;
  Channel channel(rig.shared, std::move(endpoint));
  CHECK(has(said(ask(rig, channel, "x\n", "\n")), "limit: 127.0.0.1:"));
}

TEST_CASE("stream: nobody listens, and a fetch that is cancelled") {
  const DeadPort dead;
  Rig rig;
  Channel channel = rig.channel("tcp://127.0.0.1:" + std::to_string(dead.port()));
  CHECK(has(said(ask(rig, channel, "x\n", "")), "connect: connect to 127.0.0.1:"));
  channel.cancel();
  CHECK(said(ask(rig, channel, "x\n", "")).starts_with("cancelled: "));
}
