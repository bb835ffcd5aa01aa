// The filters of path templates as RFC 9535 writes them: conditions, comparisons, what stands on their sides. Pure;
// knows of paths only that another reads them.
#pragma once
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "importer/kube_lexeme.h"
#include "importer/kube_path.h"

namespace tallyman::importer {

class FilterReader {
 public:
  static constexpr int max_depth = 16;
  using ReadPath = std::function<PathPart(Piece, int depth)>;  // depth: how many filters are around its own

  FilterReader(int depth, std::vector<PathNote>& notes, ReadPath read_path)
      : depth_(depth), notes_(notes), read_path_(std::move(read_path)) {}

  // `?(...)` as `?...`. Throws Untranslatable.
  std::string filter(Piece inside);

 private:
  struct Operand {
    std::size_t offset = 0;
    std::string text;
    bool singular = true;
    bool integer = false;
    bool path = false;
  };

  // Comparisons and paths, joined by `&&` and `||`, which json_exporter does not have.
  std::string condition(Piece body);
  std::string part(Piece body);
  std::string comparison(Piece body);
  Operand operand(Piece p);
  void note(std::size_t offset, std::string what);

  int depth_;  // of conditions around
  std::vector<PathNote>& notes_;
  ReadPath read_path_;
};

}  // namespace tallyman::importer
