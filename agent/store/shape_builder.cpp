#include "store/shape_builder.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "core/number.h"
#include "core/short_load.h"
#include "store/shape_layout.h"

namespace tallyman::store {

BlockBuilder::BlockBuilder(std::shared_ptr<const Common> common, BlockBuilder* before)
    : common_(std::move(common)), before_(before) {
  if (before_ != nullptr) before_->followed_ = true;
}

std::uint64_t BlockBuilder::generation() const { return layouts_ + (before_ != nullptr ? before_->generation() : 0); }

bool BlockBuilder::shows(std::uint64_t series) const {
  return std::binary_search(keys_.begin(), keys_.end(), series) || (before_ != nullptr && before_->shows(series));
}

// Everything of a batch but its values. Lengths go in too, so that no text can be read as another.
BlockBuilder::Hash BlockBuilder::structure_of(const SampleBatch& batch) {
  XXH3_state_t state;
  XXH3_128bits_reset(&state);
  for (const Family& f : batch.families()) {
    const std::uint64_t head[] = {f.name.size(), f.help.size(), f.unit.size(), static_cast<std::uint64_t>(f.type)};
    XXH3_128bits_update(&state, head, sizeof head);
    XXH3_128bits_update(&state, f.name.data(), f.name.size());
    XXH3_128bits_update(&state, f.help.data(), f.help.size());
    XXH3_128bits_update(&state, f.unit.data(), f.unit.size());
  }
  const auto& ends = batch.label_ends();
  const std::uint64_t head[] = {batch.families().size(), ends.size(), batch.size()};
  XXH3_128bits_update(&state, head, sizeof head);
  XXH3_128bits_update(&state, ends.data(), ends.size() * sizeof ends[0]);
  XXH3_128bits_update(&state, batch.label_text().data(), batch.label_text().size());
  XXH3_128bits_update(&state, batch.series().data(), batch.size() * sizeof(SampleBatch::Series));
  const XXH128_hash_t h = XXH3_128bits_digest(&state);
  return {h.low64, h.high64};
}

BlockBuilder::Built BlockBuilder::build(const SampleBatch& batch, Clock::time_point expires) {
  return finish(batch, expires, prepare(batch));
}

BlockBuilder::Built BlockBuilder::build(SampleBatch&& batch, Clock::time_point expires) {
  std::string prefixes = prepare(batch);
  batch.keep_values();
  return finish(batch, expires, std::move(prefixes));
}

std::string BlockBuilder::prepare(const SampleBatch& batch) {
  const Hash structure = structure_of(batch);
  const std::uint64_t before_generation = before_ != nullptr ? before_->generation() : 0;
  last_.same_shape = shape_ != nullptr && structure == structure_ && before_generation == before_generation_;
  if (last_.same_shape) return {};
  std::function<bool(std::uint64_t)> shown_before;  // none if there is no block before
  if (before_ != nullptr) shown_before = [this](std::uint64_t series) { return before_->shows(series); };
  Layout layout = lay_out(batch, *common_, shown_before, followed_);
  structure_ = structure;
  before_generation_ = before_generation;
  ++layouts_;
  keys_ = std::move(layout.keys);
  order_ = std::move(layout.order);
  prefix_total_ = layout.prefixes.size();
  shape_ = std::move(layout.shape);
  last_ = {nullptr, layout.duplicates, layout.sanitised, layout.cut, layout.clashes, layout.orphans, false};
  return std::move(layout.prefixes);
}

const BlockBuilder::Built& BlockBuilder::finish(const SampleBatch& batch, Clock::time_point expires,
                                                std::string prefixes) {
  if (last_.same_shape)
    last_.block = fill(batch.values(), expires, last_.block->text, true);
  else
    last_.block = fill(batch.values(), expires, prefixes, false);
  return last_;
}

std::shared_ptr<const Block> BlockBuilder::refill(std::span<const Number> values, Clock::time_point expires) {
  last_.block = fill(values, expires, last_.block->text, true);
  return last_.block;
}

namespace {

// Copies by so much at a time, beyond the end of what is asked for.
constexpr std::size_t stride = 32;
static_assert(stride <= max_number_text + 1);

// The start of the line behind the value at `at`.
const char* after_value(const char* at, const char* end) {
  if constexpr (std::endian::native == std::endian::little) {
    if (end - at >= 8) {  // most are short
      std::uint64_t word;
      std::memcpy(&word, at, sizeof word);
      if (const std::uint64_t zero = zero_byte(word ^ in_each_byte('\n')); zero != 0)
        return at + std::countr_zero(zero) / 8 + 1;
    }
  }
  while (*at++ != '\n') {
  }
  return at;
}

}  // namespace

std::shared_ptr<const Block> BlockBuilder::fill(std::span<const Number> values, Clock::time_point expires,
                                                std::string_view before, bool lines) const {
  // Written into memory of the thread first: the text of a block is then allocated once, as long as
  // it is, and without being zeroed before. A large one is copied part by part, into room of which
  // what is not used is never touched.
  constexpr std::size_t part = 64u << 10;
  thread_local std::vector<char> scratch(part);
  const std::size_t most = prefix_total_ + order_.size() * (max_number_text + 1);

  auto block = std::make_shared<Block>();
  block->shape = shape_;
  block->expires = expires;
  block->slice_bytes.reserve(shape_->slices.size() + 1);
  const std::uint32_t* prefix = shape_->prefix_bytes.data();
  const std::uint32_t* series = order_.data();
  const char* in = before.data();
  const char* const end_of_before = in + before.size();
  char* out = scratch.data();
  const char* end_of_part = out + scratch.size();
  std::size_t written = 0;  // in the text already
  for (const auto& slice : shape_->slices) {
    block->slice_bytes.push_back(static_cast<std::uint32_t>(written + static_cast<std::size_t>(out - scratch.data())));
    for (const std::uint32_t* end = prefix + slice.count; prefix != end; ++prefix, ++series) {
      const std::size_t longest = *prefix + max_number_text + 1;
      if (static_cast<std::size_t>(end_of_part - out) < longest) {
        if (written == 0) block->text.reserve(most);
        block->text.append(scratch.data(), static_cast<std::size_t>(out - scratch.data()));
        written = block->text.size();
        if (scratch.size() < longest) scratch.resize(longest);
        out = scratch.data();
        end_of_part = out + scratch.size();
      }
      if (static_cast<std::size_t>(end_of_before - in) >= *prefix + stride)
        for (std::size_t i = 0; i < *prefix; i += stride) std::memcpy(out + i, in + i, stride);
      else
        std::memcpy(out, in, *prefix);
      in += *prefix;
      out += *prefix;
      if (lines) in = after_value(in, end_of_before);
      out += write_number(out, values[*series]);
      *out++ = '\n';
    }
  }
  block->text.append(scratch.data(), static_cast<std::size_t>(out - scratch.data()));
  block->slice_bytes.push_back(static_cast<std::uint32_t>(block->text.size()));
  return block;
}

namespace {

struct Pool {
  std::mutex mutex;
  std::unordered_multimap<std::uint64_t, std::weak_ptr<const Family>> families;
  std::size_t swept_at = 1024;  // size at which dead entries are looked for
};

Pool& pool() {
  static Pool* const one = new Pool;  // never destroyed: threads may end after main
  return *one;
}

}  // namespace

std::shared_ptr<const Family> intern_family(Family family) {
  std::uint64_t hash = XXH3_64bits(family.name.data(), family.name.size());
  hash = XXH3_64bits_withSeed(family.help.data(), family.help.size(), hash + static_cast<std::uint64_t>(family.type));
  Pool& all = pool();
  const std::lock_guard lock(all.mutex);
  for (auto [it, end] = all.families.equal_range(hash); it != end; ++it)
    if (auto known = it->second.lock(); known && *known == family) return known;
  if (all.families.size() >= all.swept_at) {
    std::erase_if(all.families, [](const auto& entry) { return entry.second.expired(); });
    all.swept_at = all.families.size() * 2 + 1024;
  }
  auto added = std::make_shared<const Family>(std::move(family));
  all.families.emplace(hash, added);
  return added;
}

}  // namespace tallyman::store
