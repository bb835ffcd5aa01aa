// One gzip member, made piece by piece. Private to exposition/.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace tallyman::exposition {

// ISA-L at level 1 where the architecture has it, else zlib at level 1: the exposition shrinks to
// a sixteenth either way, and ISA-L is four times as fast.
class Gzip {
 public:
  enum class Engine : std::uint8_t { isal, zlib };
  static Engine best();

  explicit Gzip(Engine engine = best());  // isal only where best() is isal
  ~Gzip();
  // Compresses all of `in` and appends what comes of it to `out`; with `last` also the end.
  void add(std::string_view in, bool last, std::string& out);

  class Deflater;

 private:
  std::unique_ptr<Deflater> deflater_;
};

}  // namespace tallyman::exposition
