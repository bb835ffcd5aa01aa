#include "exposition/gzip.h"

#include <cstdint>
#include <new>
#include <stdexcept>
#include <vector>

#ifdef TALLYMAN_HAVE_ISAL
#include <isa-l/igzip_lib.h>
#else
#include <zlib.h>
#endif

namespace tallyman::exposition {
namespace {

constexpr std::size_t step = 32 * 1024;  // by which `out` grows: more than one add() usually gives

}  // namespace

#ifdef TALLYMAN_HAVE_ISAL

struct Gzip::Impl {
  isal_zstream stream;
  std::vector<std::uint8_t> level_memory = std::vector<std::uint8_t>(ISAL_DEF_LVL1_DEFAULT);

  Impl() {
    isal_deflate_init(&stream);
    stream.level = 1;
    stream.level_buf = level_memory.data();
    stream.level_buf_size = static_cast<std::uint32_t>(level_memory.size());
    stream.gzip_flag = IGZIP_GZIP;
    stream.flush = NO_FLUSH;
  }
  void give(std::string_view in, bool last) {
    // ISA-L's pointer is not const, but it does not write.
    stream.next_in = const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(in.data()));
    stream.avail_in = static_cast<std::uint32_t>(in.size());
    stream.end_of_stream = last ? 1 : 0;
  }
  // Returns the bytes written; fewer than `room` when there is nothing more to write for now.
  std::size_t take(char* out, std::size_t room) {
    stream.next_out = reinterpret_cast<std::uint8_t*>(out);
    stream.avail_out = static_cast<std::uint32_t>(room);
    if (isal_deflate(&stream) != COMP_OK) throw std::logic_error("ISA-L refuses its settings");
    return room - stream.avail_out;
  }
};

#else

struct Gzip::Impl {
  z_stream stream{};
  int flush = Z_NO_FLUSH;

  Impl() {
    constexpr int gzip_window = 15 + 16;
    if (deflateInit2(&stream, 1, Z_DEFLATED, gzip_window, 9, Z_DEFAULT_STRATEGY) != Z_OK) throw std::bad_alloc();
  }
  ~Impl() { deflateEnd(&stream); }
  void give(std::string_view in, bool last) {
    stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(in.data()));
    stream.avail_in = static_cast<uInt>(in.size());
    flush = last ? Z_FINISH : Z_NO_FLUSH;
  }
  std::size_t take(char* out, std::size_t room) {
    stream.next_out = reinterpret_cast<Bytef*>(out);
    stream.avail_out = static_cast<uInt>(room);
    deflate(&stream, flush);  // Z_BUF_ERROR only says that there was nothing to do
    return room - stream.avail_out;
  }
};

#endif

Gzip::Gzip() : impl_(std::make_unique<Impl>()) {}
Gzip::~Gzip() = default;

void Gzip::add(std::string_view in, bool last, std::string& out) {
  impl_->give(in, last);
  for (;;) {
    const std::size_t before = out.size();
    out.resize(before + step);
    const std::size_t written = impl_->take(out.data() + before, step);
    out.resize(before + written);
    if (written < step) return;
  }
}

}  // namespace tallyman::exposition
