// Making and cutting bytes, for tests.
#pragma once
#include <zlib.h>

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace tallyman::test {

inline std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error("cannot open " + path);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

inline std::string reply_file(const std::string& name) {
  return read_file(std::string(TALLYMAN_TESTS_DIR) + "/transport/replies/" + name);
}

enum class Packing { gzip, zlib, raw };

inline std::string packed(const std::string& plain, Packing packing) {
  const int bits = packing == Packing::gzip ? 15 + 16 : packing == Packing::zlib ? 15 : -15;
  z_stream stream{};
  if (deflateInit2(&stream, 6, Z_DEFLATED, bits, 8, Z_DEFAULT_STRATEGY) != Z_OK) throw std::runtime_error("zlib");
  std::string out(deflateBound(&stream, plain.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

// As Transfer-Encoding: chunked, in pieces of `size`.
inline std::string chunked(const std::string& plain, std::size_t size) {
  std::string out;
  char head[32];
  for (std::size_t at = 0; at < plain.size(); at += size) {
    const std::string piece = plain.substr(at, size);
    std::snprintf(head, sizeof head, "%zx\r\n", piece.size());
    out += head + piece + "\r\n";
  }
  return out + "0\r\n\r\n";
}

}  // namespace tallyman::test
