// The client's half of one HTTP/1.1 exchange, without a socket: bytes in, a Reply or "need more"
// or an error out. Around Beast's basic_parser, fed by hand; headers and body go straight to
// their place, the body by way of the content decoder. One machine serves one exchange after the
// other and keeps its memory.
#pragma once
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "core/reply_headers.h"
#include "core/result.h"

namespace tallyman::transport {

class HttpMachine {
 public:
  enum class State { need_more, done, failed };

  struct Options {
    bool head = false;                     // the answer to HEAD: never a body
    std::size_t body_limit = 16u << 20;    // of the decoded body, and of the bytes it takes on the wire
    std::size_t header_limit = 64u << 10;  // status line and headers together
  };

  HttpMachine();
  ~HttpMachine();
  HttpMachine(const HttpMachine&) = delete;

  void start(Options options);

  // Takes the bytes that came; nothing of the caller's buffer is kept. 1xx answers are skipped.
  State feed(std::string_view bytes);
  // The peer closed. Ends a body that has no length of its own. `clean` is false when TLS was cut
  // off without a close_notify: such a body may be a part of the whole, and is refused.
  State feed_eof(bool clean = true);

  State state() const;
  const Error& failure() const;  // failed: Stage::read or Stage::limit
  // How far it came, for a timeout's text: "the status line", "the body (10 of 200 bytes)".
  std::string waiting_for() const;
  std::size_t wire_bytes() const;  // of this exchange, 0: nothing came

  // done: the answer. keep_alive() is false also when bytes follow the answer that nobody asked for.
  int status() const;
  ReplyHeaders& headers();
  const ReplyHeaders& headers() const;
  std::string_view header(std::string_view lower_name) const;  // the first, or ""
  std::string& body();
  std::size_t body_bytes() const;  // so far, decoded
  std::size_t body_limit() const;
  // Before a large body goes on: one block for all that it may become, instead of doubling. Memory is
  // taken by what really comes.
  void make_room(std::size_t bytes);
  void shrink();  // gives the memory of a large answer back
  bool keep_alive() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tallyman::transport
