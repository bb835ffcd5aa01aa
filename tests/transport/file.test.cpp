// The file: driver.
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>

#include "rig.h"
#include "support/folder.h"

namespace tallyman::test {
namespace {

namespace fs = std::filesystem;
using transport::Channel;
using transport::Reply;

TEST_CASE("file: whole, again at every poll, whatever its size") {
  const Folder folder;
  Rig rig;
  for (const std::size_t size : {0u, 1u, 4095u, 4096u, 100'000u}) {
    const std::string text(size, 'x');
    Channel channel = rig.channel("file:" + folder.write("a.json", text));
    const Result<Reply> reply = rig.get(channel, "/ignored");
    REQUIRE(reply);
    CHECK(reply->status == 0);
    CHECK(reply->headers.empty());
    CHECK(reply->body == text);
    CHECK(reply->wire_bytes == size);
    folder.write("a.json", "new");
    CHECK(rig.get(channel)->body == "new");
  }
}

TEST_CASE("file: of /proc, which says that it is empty") {
  Rig rig;
  Channel channel = rig.channel("file:/proc/self/status");
  const Result<Reply> reply = rig.get(channel);
  REQUIRE(reply);
  CHECK(reply->body.substr(0, 5) == "Name:");
}

TEST_CASE("file: a ConfigMap's swap of symbolic links is followed") {
  const Folder folder;
  folder.write("..1/metrics.json", "one");
  folder.write("..2/metrics.json", "two");
  fs::create_symlink("..1", folder / "..data");
  fs::create_symlink("..data/metrics.json", folder / "metrics.json");
  Rig rig;
  Channel channel = rig.channel("file:" + (folder / "metrics.json"));
  CHECK(rig.get(channel)->body == "one");
  fs::create_symlink("..2", folder / "..data_tmp");
  fs::rename(folder / "..data_tmp", folder / "..data");  // what the kubelet does
  CHECK(rig.get(channel)->body == "two");
  fs::remove_all(folder / "..1");
  CHECK(rig.get(channel)->body == "two");
}

TEST_CASE("file: the limit") {
  const Folder folder;
  Rig rig;
  Endpoint endpoint;
  endpoint.url = parse_url("file:" + folder.write("a", std::string(100, 'x'))).value();
  endpoint.body_limit = 100;
  Channel exact(rig.shared, endpoint);
  CHECK(outcome(rig.get(exact)) == "well");
  endpoint.body_limit = 99;
  Channel over(rig.shared, endpoint);
  CHECK(outcome(rig.get(over)) ==
        "limit: " + endpoint.url.path + " is over the limit of 99 bytes; raise the target's limits.body");
  endpoint.url = parse_url("file:/proc/self/status").value();  // whose size is not known before
  Channel unknown(rig.shared, endpoint);
  CHECK(to_string(rig.get(unknown).error().stage) == "limit");
}

TEST_CASE("file: what cannot be read") {
  const Folder folder;
  const std::string pipe = folder / "pipe", socket_path = folder / "socket";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  socket_path.copy(at.sun_path, sizeof at.sun_path - 1);
  REQUIRE(::bind(fd, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0);
  struct Row {
    std::string path, expected;
  };
  const Row rows[] = {
      {folder / "none", "read: no such file: " + (folder / "none")},
      {folder / "pipe/x", "read: cannot open " + (folder / "pipe/x") + ": Not a directory"},
      {folder / ".", "read: " + (folder / ".") + " is a directory; expected a regular file"},
      {pipe, "read: " + pipe + " is a pipe; expected a regular file"},
      {socket_path, "read: " + socket_path + " is a socket (use unix:); expected a regular file"},
      {"/dev/null", "read: /dev/null is a device; expected a regular file"},
  };
  Rig rig;
  for (const Row& row : rows) {
    INFO(row.path);
    Channel channel = rig.channel("file:" + row.path);
    CHECK(outcome(rig.get(channel)) == row.expected);
  }
  ::close(fd);

  const std::string closed = folder.write("closed", "x");
  fs::permissions(closed, fs::perms::none);
  Channel channel = rig.channel("file:" + closed);
  const uid_t me = ::geteuid(), nobody = 65534;
  if (me == 0) REQUIRE(::seteuid(nobody) == 0);  // permissions do not stop root
  const std::string refused = outcome(rig.get(channel));
  if (me == 0) REQUIRE(::seteuid(me) == 0);
  CHECK(refused == "read: no permission to read " + closed + " as user " + std::to_string(me == 0 ? nobody : me));
}

}  // namespace
}  // namespace tallyman::test
