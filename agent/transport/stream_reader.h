// The client's half of an exchange without HTTP, without a socket: bytes in, a body or "need more" or an
// error out. The answer ends with `until`, which belongs to it, or, where there is none, when the peer
// closes. What comes after `until` is not the answer's and is dropped. An `until` that begins with a line
// break also matches at the very start: gearmand's empty list is `.\n` alone, and ends with `\n.\n` only
// if the beginning counts as one of a line.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

#include "core/result.h"

namespace tallyman::transport {

class StreamReader {
 public:
  enum class State { need_more, done, failed };

  // `asked`: something was sent; for the errors only.
  StreamReader(std::string until, std::size_t body_limit, bool asked)
      : until_(std::move(until)), body_limit_(body_limit), asked_(asked) {}

  State feed(std::string_view bytes);
  // The peer closed. Not `clean`: it was cut off.
  State feed_eof(bool clean = true);

  const Error& failure() const { return failure_; }  // failed: Stage::read or Stage::limit
  std::string waiting_for() const;                   // for a timeout's text
  std::size_t wire_bytes() const { return wire_bytes_; }
  std::string& body() { return body_; }
  std::size_t body_bytes() const { return body_.size(); }
  std::size_t body_limit() const { return body_limit_; }
  void make_room(std::size_t bytes) { body_.reserve(bytes); }

 private:
  State fail(Stage stage, std::string what);
  bool ended(std::size_t known);  // `known` bytes of the body were looked at before

  const std::string until_;
  const std::size_t body_limit_;
  const bool asked_;
  std::string body_;
  std::size_t wire_bytes_ = 0;
  Error failure_;
};

}  // namespace tallyman::transport
