#include "transport/content_coding.h"

#include <zlib.h>

#include <algorithm>
#include <cctype>

namespace tallyman::transport {
namespace {

constexpr int window = 15, gzip_format = 16;

std::string lower_trimmed(std::string_view text) {
  std::string out;
  for (char c : text)
    if (c != ' ' && c != '\t') out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

// RFC 1950: a zlib head is a multiple of 31 and names method 8. A raw deflate stream that starts
// like one would need a first block of a reserved or rare kind; browsers tell them the same way.
bool is_zlib_head(unsigned char first, unsigned char second) {
  return (first & 0x0f) == 8 && (first >> 4) <= 7 && (first * 256 + second) % 31 == 0;
}

}  // namespace

struct ContentDecoder::Inflater {
  z_stream stream{};
  bool open = false;
  bool ended = false;        // the end of the compressed data was seen
  std::string head;          // deflate: the first bytes, until two are there
  std::size_t consumed = 0;  // compressed bytes

  ~Inflater() { close(); }
  void close() {
    if (open) inflateEnd(&stream);
    open = false;
  }
  bool reset(int bits) {
    if (open) return inflateReset2(&stream, bits) == Z_OK;
    stream = z_stream{};
    open = inflateInit2(&stream, bits) == Z_OK;
    return open;
  }
};

ContentDecoder::ContentDecoder() = default;
ContentDecoder::~ContentDecoder() = default;

Error ContentDecoder::too_big() const {
  return error(Stage::limit,
               "the body is over the limit of " + std::to_string(limit_) + " bytes; raise the target's limits.body");
}

Result<> ContentDecoder::start(std::string_view coding, std::size_t limit) {
  limit_ = limit;
  coding_ = Coding::identity;
  const std::string word = lower_trimmed(coding);
  if (word.empty() || word == "identity") return {};
  if (word == "gzip" || word == "x-gzip")
    coding_ = Coding::gzip;
  else if (word == "deflate")
    coding_ = Coding::deflate;
  else
    return error(Stage::read, "Content-Encoding `" + word.substr(0, 40) + "`; only gzip and deflate were asked for");
  if (!inflater_) inflater_ = std::make_unique<Inflater>();
  inflater_->ended = false;
  inflater_->consumed = 0;
  inflater_->head.clear();
  if (coding_ == Coding::gzip && !inflater_->reset(window + gzip_format))
    return error(Stage::read, "no memory to undo gzip");
  return {};
}

Result<> ContentDecoder::feed(std::string_view bytes, std::string& out) {
  if (coding_ == Coding::identity) {
    if (bytes.size() > limit_ - std::min(limit_, out.size())) return too_big();
    out.append(bytes);
    return {};
  }
  Inflater& inflater = *inflater_;
  const bool first = inflater.consumed == 0;
  inflater.consumed += bytes.size();
  if (coding_ == Coding::gzip) return inflate(bytes, out);
  if (!first && inflater.head.empty()) return inflate(bytes, out);
  inflater.head += bytes;
  if (inflater.head.size() < 2) return {};
  const std::string head = std::move(inflater.head);
  inflater.head.clear();
  const bool zlib = is_zlib_head(static_cast<unsigned char>(head[0]), static_cast<unsigned char>(head[1]));
  if (!inflater.reset(zlib ? window : -window)) return error(Stage::read, "no memory to undo deflate");
  return inflate(head, out);
}

Result<> ContentDecoder::inflate(std::string_view bytes, std::string& out) {
  Inflater& inflater = *inflater_;
  z_stream& stream = inflater.stream;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  while (stream.avail_in != 0) {
    if (inflater.ended) {
      // gzip files may be joined; anything else after the end is padding, and ignored as browsers do.
      if (coding_ != Coding::gzip || *stream.next_in != 0x1f) return {};
      if (inflateReset(&stream) != Z_OK) return error(Stage::read, "gzip: cannot begin the next part");
      inflater.ended = false;
    }
    int code;
    do {
      char chunk[16 * 1024];
      stream.next_out = reinterpret_cast<Bytef*>(chunk);
      stream.avail_out = sizeof chunk;
      code = ::inflate(&stream, Z_NO_FLUSH);
      const std::size_t made = sizeof chunk - stream.avail_out;
      if (made > limit_ - std::min(limit_, out.size())) return too_big();
      out.append(chunk, made);
    } while (code == Z_OK && stream.avail_out == 0);
    if (code == Z_STREAM_END)
      inflater.ended = true;
    else if (code != Z_OK && code != Z_BUF_ERROR)
      return error(Stage::read, std::string("the body is not the ") + (coding_ == Coding::gzip ? "gzip" : "deflate") +
                                    " that its header says: " + (stream.msg != nullptr ? stream.msg : zError(code)));
  }
  return {};
}

Result<> ContentDecoder::finish() const {
  if (coding_ == Coding::identity || inflater_->consumed == 0 || inflater_->ended) return {};
  return error(Stage::read, std::string("the ") + (coding_ == Coding::gzip ? "gzip" : "deflate") +
                                " body is cut off after " + std::to_string(inflater_->consumed) + " bytes");
}

}  // namespace tallyman::transport
