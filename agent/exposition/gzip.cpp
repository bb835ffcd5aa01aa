#include "exposition/gzip.h"

#include <zlib.h>

#include <new>
#include <stdexcept>
#include <vector>

#include "exposition/exposition.h"

#ifdef TALLYMAN_HAVE_ISAL
#include <isa-l/igzip_lib.h>
#endif

namespace tallyman::exposition {

class Gzip::Deflater {
 public:
  virtual ~Deflater() = default;
  virtual void give(std::string_view in, bool last) = 0;
  // Returns the bytes written; fewer than `room` when there is nothing more to write for now.
  virtual std::size_t take(char* out, std::size_t room) = 0;
};

namespace {

constexpr std::size_t step = 32 * 1024;  // by which `out` grows: more than one add() usually gives

class Zlib final : public Gzip::Deflater {
 public:
  Zlib() {
    constexpr int gzip_window = 15 + 16;
    if (deflateInit2(&stream_, 1, Z_DEFLATED, gzip_window, 9, Z_DEFAULT_STRATEGY) != Z_OK) throw std::bad_alloc();
  }
  ~Zlib() override { deflateEnd(&stream_); }
  void give(std::string_view in, bool last) override {
    stream_.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(in.data()));
    stream_.avail_in = static_cast<uInt>(in.size());
    flush_ = last ? Z_FINISH : Z_NO_FLUSH;
  }
  std::size_t take(char* out, std::size_t room) override {
    stream_.next_out = reinterpret_cast<Bytef*>(out);
    stream_.avail_out = static_cast<uInt>(room);
    deflate(&stream_, flush_);  // Z_BUF_ERROR only says that there was nothing to do
    return room - stream_.avail_out;
  }

 private:
  z_stream stream_{};
  int flush_ = Z_NO_FLUSH;
};

#ifdef TALLYMAN_HAVE_ISAL

class IsaL final : public Gzip::Deflater {
 public:
  IsaL() {
    isal_deflate_init(&stream_);
    stream_.level = 1;
    stream_.level_buf = level_memory_.data();
    stream_.level_buf_size = static_cast<std::uint32_t>(level_memory_.size());
    stream_.gzip_flag = IGZIP_GZIP;
    stream_.flush = NO_FLUSH;
  }
  void give(std::string_view in, bool last) override {
    // ISA-L's pointer is not const, but it does not write.
    stream_.next_in = const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(in.data()));
    stream_.avail_in = static_cast<std::uint32_t>(in.size());
    stream_.end_of_stream = last ? 1 : 0;
  }
  std::size_t take(char* out, std::size_t room) override {
    stream_.next_out = reinterpret_cast<std::uint8_t*>(out);
    stream_.avail_out = static_cast<std::uint32_t>(room);
    if (isal_deflate(&stream_) != COMP_OK) throw std::logic_error("ISA-L refuses its settings");
    return room - stream_.avail_out;
  }

 private:
  isal_zstream stream_;
  std::vector<std::uint8_t> level_memory_ = std::vector<std::uint8_t>(ISAL_DEF_LVL1_DEFAULT);
};

#endif

std::unique_ptr<Gzip::Deflater> make([[maybe_unused]] Gzip::Engine engine) {
#ifdef TALLYMAN_HAVE_ISAL
  if (engine == Gzip::Engine::isal) return std::make_unique<IsaL>();
#endif
  return std::make_unique<Zlib>();
}

}  // namespace

Gzip::Engine Gzip::best() {
#ifdef TALLYMAN_HAVE_ISAL
  return Engine::isal;
#else
  return Engine::zlib;
#endif
}

Gzip::Gzip(Engine engine) : deflater_(make(engine)) {}
Gzip::~Gzip() = default;

void Gzip::add(std::string_view in, bool last, std::string& out) {
  deflater_->give(in, last);
  for (;;) {
    const std::size_t before = out.size();
    out.resize(before + step);
    const std::size_t written = deflater_->take(out.data() + before, step);
    out.resize(before + written);
    if (written < step) return;
  }
}

std::string gzipped(std::string_view text) {
  std::string out;
  Gzip().add(text, true, out);
  return out;
}

}  // namespace tallyman::exposition
