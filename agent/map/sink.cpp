#include "map/sink.h"

namespace tallyman::map {
namespace {

std::uint64_t hash_sample(std::uint32_t family, std::uint32_t set, Suffix suffix) {
  constexpr std::uint64_t k = 0x9E37'79B9'7F4A'7C15;
  std::uint64_t h = (std::uint64_t{set} << 32 | family) * k;
  h ^= h >> 31;
  h = (h + static_cast<std::uint64_t>(suffix)) * k;
  return h ^ (h >> 32);
}

}  // namespace

Number folded(Fold fold, Number a, Number b) {
  switch (fold) {
    case Fold::sum:
      return tallyman::add(a, b);
    case Fold::min:
      return compare(b, a) < 0 ? b : a;
    case Fold::max:
      return compare(b, a) > 0 ? b : a;
    case Fold::none:
      break;
  }
  return a;
}

void HashIndex::clear() {
  if (used_ != 0) std::fill(slots_.begin(), slots_.end(), Slot{});
  used_ = 0;
}

void HashIndex::grow() {
  std::vector<Slot> old(slots_.empty() ? 64 : slots_.size() * 2);
  old.swap(slots_);
  const std::size_t mask = slots_.size() - 1;
  for (const Slot& slot : old) {
    if (slot.entry == 0) continue;
    std::size_t i = slot.tag & mask;
    while (slots_[i].entry != 0) i = (i + 1) & mask;
    slots_[i] = slot;
  }
}

void BlockSink::open(const Program& program, SampleBatch& batch) {
  program_ = &program;
  batch_ = &batch;
  families_.assign(program.families.size(), 0);
  names_.clear();
  sets_.clear();
  samples_.clear();
  indexed_ = 0;
  folds_.clear();
  text_ = 0;
  line_bytes_.clear();
}

std::uint32_t BlockSink::new_family(FamilyList::Shared shared) {
  const Family& family = *shared;
  constexpr std::size_t about_head = 256;  // `# HELP `, `# TYPE `, the type; and where its name is looked up
  constexpr std::size_t about_line = 16;   // braces, the value, the line's end; not what the target adds
  text_ += 2 * (2 * family.name.size() + family.help.size() + about_head);
  line_bytes_.push_back(family.name.size() + about_line);
  return batch_->add_family(std::move(shared));
}

std::uint32_t BlockSink::add_family(std::uint32_t id) {
  const FamilyList::Shared& family = program_->families.shared(id);
  if (!program_->names_from_answers) return new_family(family) + 1;
  // A family that an answer named first, by passthrough or flatten, is the same one.
  if (const auto known = names_.find(family->name); known != names_.end()) return known->second + 1;
  const std::uint32_t index = new_family(family);
  names_.emplace(family->name, index);
  return index + 1;
}

std::optional<std::uint32_t> BlockSink::named_family(const Family& family) {
  const auto known = names_.find(family.name);
  if (known == names_.end()) {
    const std::uint32_t index = new_family(std::make_shared<const Family>(family));
    names_.emplace(family.name, index);
    return index;
  }
  if (batch_->families()[known->second].type != family.type) return std::nullopt;
  return known->second;
}

BlockSink::Set BlockSink::intern(std::string_view body) {
  if (body.empty()) return {0, false};
  const auto next = static_cast<std::uint32_t>(batch_->label_sets());
  const std::uint32_t set =
      sets_.find_or_add(hash_text(body), next, [&](std::uint32_t s) { return batch_->labels(s) == body; });
  if (set == next) batch_->add_labels(body);
  return {set, set == next};
}

std::uint32_t BlockSink::find(std::uint32_t family, std::uint32_t set, Suffix suffix, std::uint32_t fresh) {
  return samples_.find_or_add(hash_sample(family, set, suffix), fresh, [&](std::uint32_t at) {
    const SampleBatch::Series& s = batch_->series()[at];
    return s.family == family && s.labels == set && s.suffix == suffix;
  });
}

void BlockSink::add_or_fold(std::uint32_t family, Set set, Number value, Suffix suffix, Fold fold,
                            RuleCounter& counter) {
  const auto next = static_cast<std::uint32_t>(batch_->size());
  if (!set.fresh) {
    for (; indexed_ < next; ++indexed_) {
      const SampleBatch::Series& s = batch_->series()[indexed_];
      find(s.family, s.labels, s.suffix, indexed_);
    }
    const std::uint32_t at = find(family, set.index, suffix, next);
    if (at != next) {
      const Fold earlier = at < folds_.size() ? folds_[at] : Fold::none;
      if (fold == Fold::none || earlier != fold)
        count(counter, Reason::duplicate);
      else
        batch_->set_value(at, folded(fold, batch_->values()[at], value));
      return;
    }
    indexed_ = next + 1;
  }
  if (fold != Fold::none) {
    folds_.resize(next, Fold::none);
    folds_.push_back(fold);
  }
  put(family, set.index, value, suffix);
}

}  // namespace tallyman::map
