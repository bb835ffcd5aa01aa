// Answers without HTTP, whole and split at every byte.
#include "transport/stream_reader.h"

#include <vector>

#include "support/catch.h"

using namespace tallyman;
using namespace tallyman::transport;

namespace {

using State = StreamReader::State;

// What is read of `pieces`, and then of the end if that is asked for: the body, "...", or the error.
std::string read(const std::string& until, const std::vector<std::string>& pieces, bool closes = false,
                 std::size_t limit = 100, bool clean = true) {
  StreamReader reader(until, limit, true);
  State state = State::need_more;
  for (const std::string& piece : pieces)
    if (state == State::need_more) state = reader.feed(piece);
  if (state == State::need_more && closes) state = reader.feed_eof(clean);
  if (state == State::done) return "[" + reader.body() + "]";
  return state == State::need_more ? "waits for " + reader.waiting_for()
                                   : std::string(to_string(reader.failure().stage)) + ": " + reader.failure().detail;
}

}  // namespace

TEST_CASE("stream: an answer ends with `until`, wherever the network cuts it") {
  struct Row {
    std::string until, sent, body;
  };
  const Row rows[] = {
      {"\n.\n", "mail\t0\t0\t1\n.\n", "mail\t0\t0\t1\n.\n"},
      {"\n.\n", "a\n..\n.b\n.\nmore\n.\n", "a\n..\n.b\n.\n"},  // what follows is nobody's
      {"\n.\n", ".\n", ".\n"},                                 // an empty list
      {"\n.\n", ".\nx\n.\n", ".\n"},
      {"\n\r\n", "OK 12\r\n---\na: 1\n\r\n", "OK 12\r\n---\na: 1\n\r\n"},
      {"\r\nEND\r\n", "END\r\n", "END\r\n"},
      {"\n", "OK 1.1.20\n", "OK 1.1.20\n"},
      {"\n", "\nx", "\n"},
      {"aab", "aaab", "aaab"},
  };
  for (const Row& row : rows) {
    INFO(row.until << "|" << row.sent);
    CHECK(read(row.until, {row.sent}) == "[" + row.body + "]");
    for (std::size_t cut = 1; cut < row.sent.size(); ++cut)
      CHECK(read(row.until, {row.sent.substr(0, cut), row.sent.substr(cut)}) == "[" + row.body + "]");
    std::vector<std::string> bytes;
    for (const char c : row.sent) bytes.emplace_back(1, c);
    CHECK(read(row.until, bytes) == "[" + row.body + "]");
  }
}

TEST_CASE("stream: without `until` it ends when the peer closes") {
  CHECK(read("", {"{\"a\"", ":1}"}, true) == "[{\"a\":1}]");
  CHECK(read("", {"{\"a\""}, true, 100, false) == "read: the connection was cut off after 4 bytes");
  CHECK(read("", {"{\"a\""}) ==
        "waits for the end of the answer (4 bytes; the request has no `until`, so it ends when the connection is "
        "closed)");
}

TEST_CASE("stream: what is closed before `until` is half an answer, or another") {
  CHECK(read("\n.\n", {"mail\t0"}, true) ==
        "read: the connection was closed after 6 bytes, before `\\n.\\n` (`until`) came: the answer was cut off, or "
        "is another one");
  CHECK(read("\n.\n", {"x"}, true).find("after 1 byte, before") != std::string::npos);
  CHECK(read("\n.\n", {"mail\n."}) == "waits for `\\n.\\n` (`until`), after 6 bytes");
  CHECK(read("\n.\n", {".", "x\n"}) == "waits for `\\n.\\n` (`until`), after 3 bytes");
  CHECK(read("\x01\xFF" + std::string(30, 'u'), {"x"}) ==
        "waits for `\\x01\\xffuuuuuuuuuuuuuuuuuu...` (`until`), after 1 byte");
}

TEST_CASE("stream: the limit is held while it is read") {
  const std::string ten(10, 'x');
  CHECK(read("", {ten, ten}, true, 20) == "[" + ten + ten + "]");
  CHECK(read("", {ten, ten + "y"}, true, 20) ==
        "limit: the answer is over the limit of 20 bytes; raise the target's limits.body");
  CHECK(read("\n", {ten, ten, "y\n"}, true, 20) ==
        "limit: the answer is over the limit of 20 bytes and `\\n` (`until`) did not come; raise the target's "
        "limits.body");
  CHECK(read("\n", {ten + "\n" + ten + ten}, false, 20) == "[" + ten + "\n]");
  StreamReader reader("", 20, true);
  CHECK(reader.feed(std::string(1 << 20, 'x')) == State::failed);
  CHECK(reader.body_bytes() == 20);
}

TEST_CASE("stream: a time-out says whether anything was sent") {
  CHECK(StreamReader("", 10, true).waiting_for() == "an answer");
  CHECK(StreamReader("", 10, false).waiting_for() == "an answer, though nothing was sent (the request has no `send`)");
}
