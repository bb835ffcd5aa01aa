// Undoes Content-Encoding while a body arrives: bytes in, decoded bytes appended, and an error as
// soon as the decoded size passes the limit, so that a bomb costs no more than the limit.
// It knows neither HTTP nor sockets.
#pragma once
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "core/result.h"

namespace tallyman::transport {

class ContentDecoder {
 public:
  ContentDecoder();
  ~ContentDecoder();
  ContentDecoder(const ContentDecoder&) = delete;

  // Begins a body. `coding` is the header's value as it came: gzip, x-gzip, deflate (zlib or
  // raw, told by its first two bytes), identity or empty; blanks and case do not matter.
  // Errors: Stage::read for any other, and for more than one.
  Result<> start(std::string_view coding, std::size_t limit);

  // Appends to `out`, which may end with at most `limit` bytes.
  // Errors: Stage::limit, Stage::read (not what the header said).
  Result<> feed(std::string_view bytes, std::string& out);

  // After the last byte. Errors: Stage::read when the compressed data is cut off. No bytes at all
  // are well: HEAD, 204 and empty bodies keep the header.
  Result<> finish() const;

 private:
  struct Inflater;
  enum class Coding { identity, gzip, deflate };
  Result<> inflate(std::string_view bytes, std::string& out);
  Error too_big() const;

  std::unique_ptr<Inflater> inflater_;  // made at the first coded body, then reused
  Coding coding_ = Coding::identity;
  std::size_t limit_ = 0;
};

}  // namespace tallyman::transport
