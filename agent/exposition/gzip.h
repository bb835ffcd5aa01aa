// One gzip member, made piece by piece. Private to exposition/.
#pragma once
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace tallyman::exposition {

// ISA-L at level 1 where the architecture has it, else zlib at level 1: the exposition shrinks to
// a sixteenth either way, and ISA-L is four times as fast.
class Gzip {
 public:
  Gzip();
  ~Gzip();
  // Compresses all of `in` and appends what comes of it to `out`; with `last` also the end.
  void add(std::string_view in, bool last, std::string& out);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tallyman::exposition
