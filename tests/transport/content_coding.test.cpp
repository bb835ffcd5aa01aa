// Content-Encoding: every coding, in one piece and byte by byte; what is broken, cut off or too big.
#include "transport/content_coding.h"

#include "bytes.h"
#include "shown.h"

namespace tallyman::test {
namespace {

using transport::ContentDecoder;

// The decoded text, or `stage: detail`.
std::string decode(ContentDecoder& decoder, std::string_view coding, std::string_view bytes, std::size_t limit,
                   std::size_t step) {
  std::string out;
  Result<> result = decoder.start(coding, limit);
  for (std::size_t at = 0; result && at < bytes.size(); at += step) result = decoder.feed(bytes.substr(at, step), out);
  if (result) result = decoder.finish();
  if (!result) return std::string(to_string(result.error().stage)) + ": " + result.error().detail;
  return out;
}

const std::string text = "{\"workers\":[{\"id\":1,\"status\":\"busy\"},{\"id\":2,\"status\":\"idle\"}]}";

TEST_CASE("content coding: what is understood") {
  const std::string gzip = packed(text, Packing::gzip), zlib = packed(text, Packing::zlib);
  const std::string raw = packed(text, Packing::raw), empty = packed("", Packing::gzip);
  struct Row {
    const char* coding;
    std::string bytes, decoded;
  };
  const Row rows[] = {
      {"", text, text},
      {"identity", text, text},
      {"gzip", gzip, text},
      {"x-gzip", gzip, text},
      {" GZip ", gzip, text},
      {"deflate", zlib, text},
      {"deflate", raw, text},
      {"gzip", "", ""},  // HEAD, 204
      {"deflate", "", ""},
      {"gzip", empty, ""},
      {"gzip", gzip + gzip, text + text},  // joined members
      {"gzip", gzip + "\0\0\0pad", text},  // padding
  };
  ContentDecoder decoder;
  for (const Row& row : rows)
    for (const std::size_t step : {std::size_t{1}, std::size_t{7}, std::size_t{1} << 20}) {
      INFO(row.coding << ", " << step << " bytes at a time");
      CHECK(decode(decoder, row.coding, row.bytes, 1000, step) == row.decoded);
    }
}

TEST_CASE("content coding: what is not understood or broken") {
  const std::string gzip = packed(text, Packing::gzip), zlib = packed(text, Packing::zlib);
  std::string bad_sum = gzip;
  bad_sum[bad_sum.size() - 8] = static_cast<char>(bad_sum[bad_sum.size() - 8] ^ 1);
  struct Row {
    const char* coding;
    std::string bytes, failure;
  };
  const Row rows[] = {
      {"br", text, "read: Content-Encoding `br`; only gzip and deflate were asked for"},
      {"gzip, gzip", gzip, "read: Content-Encoding `gzip,gzip`; only gzip and deflate were asked for"},
      {"gzip", text, "read: the body is not the gzip that its header says: incorrect header check"},
      {"gzip", bad_sum, "read: the body is not the gzip that its header says: incorrect data check"},
      {"gzip", gzip.substr(0, 20), "read: the gzip body is cut off after 20 bytes"},
      {"gzip", gzip.substr(0, gzip.size() - 1),
       "read: the gzip body is cut off after " + std::to_string(gzip.size() - 1) + " bytes"},
      {"deflate", zlib.substr(0, 1), "read: the deflate body is cut off after 1 bytes"},
      {"deflate", zlib.substr(0, 30), "read: the deflate body is cut off after 30 bytes"},
  };
  ContentDecoder decoder;
  for (const Row& row : rows)
    for (const std::size_t step : {std::size_t{1}, std::size_t{1} << 20}) {
      INFO(row.coding << ", " << step << " bytes at a time");
      CHECK(decode(decoder, row.coding, row.bytes, 1000, step) == row.failure);
    }
}

TEST_CASE("content coding: the limit holds for decoded bytes") {
  const std::string exact(1000, 'x'), over(1001, 'x');
  const std::string failure = "limit: the body is over the limit of 1000 bytes; raise the target's limits.body";
  ContentDecoder decoder;
  for (const auto packing : {Packing::gzip, Packing::zlib, Packing::raw}) {
    const char* const coding = packing == Packing::gzip ? "gzip" : "deflate";
    CHECK(decode(decoder, coding, packed(exact, packing), 1000, 1) == exact);
    CHECK(decode(decoder, coding, packed(over, packing), 1000, 1) == failure);
  }
  CHECK(decode(decoder, "", exact, 1000, 10) == exact);
  CHECK(decode(decoder, "", over, 1000, 10) == failure);
}

TEST_CASE("content coding: a bomb is cut off at the limit") {
  const std::string bomb = packed(std::string(20u << 20, '\0'), Packing::gzip);  // 20 MiB in 20 KiB
  REQUIRE(bomb.size() < 40'000);
  ContentDecoder decoder;
  REQUIRE(decoder.start("gzip", 1u << 20));
  std::string out;
  const Result<> fed = decoder.feed(bomb, out);
  REQUIRE_FALSE(fed);
  CHECK(to_string(fed.error().stage) == "limit");
  CHECK(out.size() <= 1u << 20);
  CHECK(out.capacity() <= 4u << 20);
}

}  // namespace
}  // namespace tallyman::test
