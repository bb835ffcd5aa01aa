// What evaluations may still look at, and what they found out for each other.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

#include "decode/document.h"
#include "jsonpath/search.h"

namespace tallyman::jsonpath {

// How many nodes an evaluation may look at, unless said otherwise: what a body of 16 MiB needs
// many times over, and still an end for `$..[?$..[?...]]`.
inline constexpr std::size_t default_max_visits = 50'000'000;

// Children before the one that is wanted are passed one by one.
inline constexpr std::size_t passed_per_visit = 4;

// Where singular paths from `$` lead. In a filter of many items they would be walked for each: `$.jobs[?@.run ==
// $.current]`. Of a few paths: the last ones. What it knows is true as long as the documents and the queries live.
class RootPaths {
 public:
  struct Known {
    const void* path = nullptr;
    decode::Node root, node;
  };
  const Known* find(const void* path, decode::Node root) const {
    for (const Known& known : known_)
      if (known.path == path && known.root == root) return &known;
    return nullptr;
  }
  void keep(const void* path, decode::Node root, decode::Node node) {
    known_[next_] = {path, root, node};
    next_ = (next_ + 1) % known_.size();
  }

 private:
  std::array<Known, 8> known_;
  std::size_t next_ = 0;
};

// What many evaluations may look at together: each takes from it what it used. Empty, it stops the rest. Whoever does
// other work between them takes from it too. A visit stands for 25 ns.
struct Allowance {
  enum class By : std::uint8_t { nodes, searches, items, texts, memory };

  Allowance(std::size_t visits = default_max_visits) : left(visits) {}  // NOLINT: a number of visits is one

  // False if that is more than there is: who spends is to stop.
  bool spend(std::size_t visits, By what = By::nodes) {
    if (visits > left) return give_up(what), false;
    left -= visits;
    return true;
  }
  bool spend(const Searched& search) { return spend(search.visits, By::searches); }
  void give_up(By what) {
    if (!exhausted) by = what;
    exhausted = true;
    left = 0;
  }

  std::size_t left;
  bool exhausted = false;  // one of them had to be given up
  By by = By::nodes;       // that one
  RootPaths roots;
};

}  // namespace tallyman::jsonpath
