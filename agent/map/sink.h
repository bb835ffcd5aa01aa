// One block's samples while they are made: families are added when they get their first sample,
// equal label texts share a set, and a sample that comes twice is folded or counted.
#pragma once
#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/batch.h"
#include "core/short_load.h"
#include "map/program.h"

namespace tallyman::map {

using RuleCounter = std::array<std::uint64_t, reason_count>;  // by Reason
inline void count(RuleCounter& counter, Reason reason) { ++counter[static_cast<std::size_t>(reason)]; }

inline std::uint64_t hash_text(std::string_view text) {
  constexpr std::uint64_t k = 0x9E37'79B9'7F4A'7C15;
  std::uint64_t h = text.size() * k;
  const char* p = text.data();
  std::size_t n = text.size();
  for (; n >= 8; n -= 8, p += 8) {
    std::uint64_t w;
    std::memcpy(&w, p, 8);
    h = (h ^ w) * k;
    h ^= h >> 29;
  }
  h = (h ^ short_load(p, n)) * k;
  return h ^ (h >> 32);
}

// Positions found by hash; open addressing, at most three quarters full. Cleared for each poll.
class HashIndex {
 public:
  void clear();
  // The entry for which `same(entry)` holds, or `fresh` after putting it in.
  template <class Same>
  std::uint32_t find_or_add(std::uint64_t hash, std::uint32_t fresh, Same same) {
    if ((used_ + 1) * 4 > slots_.size() * 3) grow();
    const std::size_t mask = slots_.size() - 1;
    const auto tag = static_cast<std::uint32_t>(hash >> 32);
    for (std::size_t i = tag & mask;; i = (i + 1) & mask) {
      Slot& slot = slots_[i];
      if (slot.entry == 0) {
        slot = {tag, fresh + 1};
        ++used_;
        return fresh;
      }
      if (slot.tag == tag && same(slot.entry - 1)) return slot.entry - 1;
    }
  }

 private:
  struct Slot {
    std::uint32_t tag = 0, entry = 0;  // small: the table of 10,000 entries stays in the cache
  };
  void grow();
  std::vector<Slot> slots_;
  std::size_t used_ = 0;
};

class BlockSink {
 public:
  void open(const Program& program, SampleBatch& batch);

  SampleBatch& batch() { return *batch_; }
  // The batch's index of a family of the program.
  std::uint32_t family(std::uint32_t id) {
    std::uint32_t& index = families_[id];
    if (index == 0) index = add_family(id);
    return index - 1;
  }
  // Of a family that only an answer names; no value if one of that name has another type.
  std::optional<std::uint32_t> named_family(const Family& family);

  struct Set {
    std::uint32_t index = 0;
    bool fresh = false;  // no sample has it yet
  };
  // What the samples so far take as text, in bytes: their lines, and the head of each family in both formats.
  std::size_t text() const { return text_; }
  Set intern(std::string_view body);
  std::uint32_t add_set(std::string_view body, std::string_view more = {}) { return batch_->add_labels(body, more); }

  // A sample that is known to be the only one of its family and labels.
  void put(std::uint32_t family, std::uint32_t set, Number value, Suffix suffix = Suffix::none) {
    text_ += line_bytes_[family] + batch_->label_bytes(set);
    batch_->add(family, set, value, suffix);
  }
  // Any other: folded into an earlier one, or counted as a duplicate of it.
  void add(std::uint32_t family, Set set, Number value, Suffix suffix, Fold fold, RuleCounter& counter) {
    if (set.fresh && fold == Fold::none)
      put(family, set.index, value, suffix);
    else
      add_or_fold(family, set, value, suffix, fold, counter);
  }

 private:
  void add_or_fold(std::uint32_t family, Set set, Number value, Suffix suffix, Fold fold, RuleCounter& counter);
  std::uint32_t new_family(FamilyList::Shared shared);
  std::uint32_t add_family(std::uint32_t id);
  std::uint32_t find(std::uint32_t family, std::uint32_t set, Suffix suffix, std::uint32_t fresh);

  const Program* program_ = nullptr;
  std::size_t text_ = 0;
  std::vector<std::size_t> line_bytes_;  // by family of the batch: of each of its lines, but for the labels
  SampleBatch* batch_ = nullptr;
  std::vector<std::uint32_t> families_;  // by family of the program: index + 1
  std::unordered_map<std::string, std::uint32_t> names_;
  HashIndex sets_;
  HashIndex samples_;          // of those up to indexed_
  std::uint32_t indexed_ = 0;  // samples are indexed when the first set is used again
  std::vector<Fold> folds_;    // per sample, as far as any has one
};

// `b` folded into `a`.
Number folded(Fold fold, Number a, Number b);

}  // namespace tallyman::map
