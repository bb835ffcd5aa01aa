#include "core/read_to_end.h"

#include <fcntl.h>
#include <unistd.h>

#include <thread>

#include "support/catch.h"
#include "support/folder.h"

using namespace tallyman;

namespace {

struct Opened {
  int fd;
  explicit Opened(const std::string& path) : fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  ~Opened() { ::close(fd); }
};

}  // namespace

TEST_CASE("read_to_end: files of any size, up to the bound and not beyond") {
  const test::Folder folder;
  for (const std::size_t size : {0u, 1u, 65535u, 65536u, 65537u, 200'000u}) {
    std::string text(size, 'x');
    if (size > 0) text.back() = '\0';
    const std::string path = folder.write("a", text);
    INFO(size);
    CHECK((read_to_end(Opened(path).fd, size).value() == text));
    if (size == 0) continue;
    const Result<std::string> over = read_to_end(Opened(path).fd, size - 1);
    REQUIRE(over.has_error());
    CHECK(over.error().stage == Stage::limit);
    CHECK(over.error().detail == "it has more than " + std::to_string(size - 1) + " bytes");
  }
}

TEST_CASE("read_to_end: what has no size") {
  CHECK(read_to_end(Opened("/proc/self/status").fd, 1 << 20).value().starts_with("Name:"));
  CHECK(read_to_end(Opened("/dev/zero").fd, 1 << 20).error().stage == Stage::limit);
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  std::thread writer([&] {
    for (int i = 0; i < 3; ++i) CHECK(::write(ends[1], "abc", 3) == 3);
    ::close(ends[1]);
  });
  const Result<std::string> out = read_to_end(ends[0], 100);
  writer.join();
  ::close(ends[0]);
  REQUIRE(out.has_value());
  CHECK(*out == "abcabcabc");
}

TEST_CASE("read_to_end: what cannot be read is said by its name") {
  const Result<std::string> folder = read_to_end(Opened("/").fd, 10);
  REQUIRE(folder.has_error());
  CHECK(folder.error().stage == Stage::read);
  CHECK(folder.error().detail == "it is a directory");
  CHECK(read_to_end(-1, 10).error().detail == "Bad file descriptor");
}
