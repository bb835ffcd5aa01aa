// What a scrape writes, in order, for each format. Private to exposition/.
//
// A plan is a list of passes per format: a head, and which lines of which slices stand under it.
// Almost every family is one pass over whole slices. The others are those whose lines belong
// under different heads in the two formats.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "exposition/exposition.h"

namespace tallyman::exposition {

class Plan {
 public:
  // One slice. Blocks are numbered through all snapshots.
  struct Entry {
    std::uint32_t block;
    std::uint32_t slice : 31;
    std::uint32_t partial : 1 = 0;  // some of its lines are in left_out
  };

  enum class Lines : std::uint8_t {
    all,         // of the slices, as they are
    interlaced,  // and each `_created` line behind the lines it belongs to
    named,       // those of one sample name
  };

  struct Pass {
    std::string head;          // HELP, TYPE, UNIT; written before the first line, if there is one
    std::uint32_t family = 0;  // index into families
    bool created = false;      // over the created entries, else over the others
    Lines lines = Lines::all;
    std::string name;  // Lines::named
  };

  struct Slices {
    std::vector<Entry> entries, created;
  };

  std::vector<Slices> families;
  std::vector<Pass> passes[2];  // by Format

  // For which snapshots it was made: blocks per snapshot, and the shape of each.
  std::vector<std::uint32_t> blocks;
  std::vector<std::shared_ptr<const store::Shape>> shapes;

  // Lines that another target shows already, by slice; of a rare slice or two.
  std::unordered_map<std::uint64_t, std::vector<bool>> left_out;
  // Per block: its lines were compared with others', so the plan fits no other shape of the same layout.
  std::vector<bool> exact;

  static std::uint64_t key(const Entry& entry) { return std::uint64_t{entry.block} << 32 | entry.slice; }
  bool fits(const std::vector<store::SnapshotPtr>& snapshots) const;
};

}  // namespace tallyman::exposition
