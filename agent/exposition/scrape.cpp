// Walks a plan's passes and hands out their bytes: heads and slices as they lie in memory, except
// for the few whose lines must be picked or put in between.
#include <algorithm>
#include <utility>

#include "exposition/exposition.h"
#include "exposition/gzip.h"
#include "exposition/plan.h"

namespace tallyman::exposition {
namespace {

// What is compressed at once, and for one block at most: about a millisecond's work.
constexpr std::size_t gzip_step = 64 * 1024, gzip_most = 4 * Scrape::block_bytes;

// The lines of a slice one by one.
class LineReader {
 public:
  LineReader(const store::Block& block, std::size_t slice)
      : rest_(block.slice(slice)), prefix_(block.shape->prefix_bytes.data() + block.shape->slices[slice].first) {}
  // With its newline; empty at the end.
  std::string_view next() {
    if (rest_.empty()) return {};
    // A label value holds no raw newline, but the prefix need not be searched either.
    const std::string_view line = rest_.substr(0, rest_.find('\n', *prefix_++) + 1);
    rest_.remove_prefix(line.size());
    return line;
  }

 private:
  std::string_view rest_;
  const std::uint32_t* prefix_;
};

// Which lines of a slice are not shown; null: none.
using LeftOut = const std::vector<bool>*;

// All lines, or those of one sample name.
void append_lines(std::string& out, const store::Block& block, std::size_t slice, std::string_view name,
                  LeftOut without) {
  LineReader lines(block, slice);
  std::size_t i = 0;
  for (std::string_view line = lines.next(); !line.empty(); line = lines.next(), ++i) {
    if (without != nullptr && (*without)[i]) continue;
    if (name.empty() || (line.starts_with(name) && (line[name.size()] == '{' || line[name.size()] == ' '))) out += line;
  }
}

void append_interlaced(std::string& out, const store::Block& block, std::size_t slice, LeftOut without,
                       LeftOut created_without) {
  const store::Shape& shape = *block.shape;
  std::size_t behind = 0;  // where this slice's part of created_after begins
  for (std::size_t i = 0; i < slice; ++i)
    if (shape.slices[i].created) behind += shape.slices[i].count;
  LineReader lines(block, slice), created(block, slice + 1);
  const std::uint32_t first = shape.slices[slice].first, all_created = shape.slices[slice + 1].count;
  std::uint32_t c = 0;
  for (std::uint32_t i = 0; i < shape.slices[slice].count; ++i) {
    const std::string_view line = lines.next();
    if (without == nullptr || !(*without)[i]) out += line;
    for (; c < all_created && shape.created_after[behind] == first + i; ++c, ++behind) {
      const std::string_view created_line = created.next();
      if (created_without == nullptr || !(*created_without)[c]) out += created_line;
    }
  }
}

}  // namespace

struct Scrape::Impl {
  // A block as the walk needs it. The walk goes family by family through all targets, so that
  // every step lands in memory not seen for long: fewer steps to the text, and fetched ahead.
  struct Flat {
    const store::Block* block;  // null: absent or expired
    const char* text;
    const std::uint32_t* slice_bytes;
  };
  static constexpr std::size_t ahead = 4;  // slices; the ends of twice as many

  std::vector<store::SnapshotPtr> snapshots;
  std::vector<Flat> blocks;
  std::shared_ptr<const Plan> plan;
  const std::vector<Plan::Pass>& passes;
  Format format;

  // The next bytes: `head`, then `piece`.
  std::string_view head, piece;
  std::size_t pass = 0, entry = 0;
  bool head_written = false, end_written = false;
  std::string rearranged;

  std::unique_ptr<Gzip> gzip;
  std::string gathered;
  bool gzip_ended = false;

  Impl(std::vector<store::SnapshotPtr> s, std::shared_ptr<const Plan> p, Format f, store::Clock::time_point n)
      : snapshots(std::move(s)), plan(std::move(p)), passes(plan->passes[static_cast<int>(f)]), format(f) {
    for (const auto& snapshot : snapshots)
      for (const auto& block : snapshot->blocks) {
        if (block && block->expires.load(std::memory_order_relaxed) > n)
          blocks.push_back({block.get(), block->text.data(), block->slice_bytes.data()});
        else
          blocks.push_back({nullptr, nullptr, nullptr});
      }
  }

  // Finds the next piece; false when there is none.
  bool advance() {
    for (; pass < passes.size(); ++pass, entry = 0, head_written = false) {
      const Plan::Pass& p = passes[pass];
      const auto& slices = plan->families[p.family];
      const auto& entries = p.created ? slices.created : slices.entries;
      while (entry < entries.size()) {
        fetch_ahead(entries);
        const Plan::Entry e = entries[entry++];
        const Flat& flat = blocks[e.block];
        if (flat.block == nullptr) continue;
        piece = p.lines == Plan::Lines::all && !e.partial ? slice_of(flat, e.slice) : lines_of(p, *flat.block, e);
        if (piece.empty()) continue;
        if (!head_written) head = p.head;
        head_written = true;
        return true;
      }
    }
    if (end_written || format == Format::text) return false;
    end_written = true;
    piece = "# EOF\n";
    return true;
  }

  static std::string_view slice_of(const Flat& flat, std::uint32_t slice) {
    const std::uint32_t from = flat.slice_bytes[slice];
    return {flat.text + from, flat.slice_bytes[slice + 1] - from};
  }

  void fetch_ahead(const std::vector<Plan::Entry>& entries) const {
    if (entry + 2 * ahead < entries.size()) {
      const Plan::Entry far = entries[entry + 2 * ahead];
      if (const Flat& flat = blocks[far.block]; flat.block != nullptr) __builtin_prefetch(flat.slice_bytes + far.slice);
    }
    if (entry + ahead < entries.size()) {
      const Plan::Entry near = entries[entry + ahead];
      const Flat& flat = blocks[near.block];
      if (flat.block == nullptr) return;
      const std::string_view text = slice_of(flat, near.slice);
      for (std::size_t i = 0; i < text.size() && i < 512; i += 64) __builtin_prefetch(text.data() + i);
    }
  }

  LeftOut left_out_of(const Plan::Entry& e) const {
    const auto at = plan->left_out.find(Plan::key(e));
    return at == plan->left_out.end() ? nullptr : &at->second;
  }

  std::string_view lines_of(const Plan::Pass& p, const store::Block& block, const Plan::Entry& e) {
    const auto& slices = block.shape->slices;
    const Plan::Entry next{e.block, e.slice + 1u};
    const bool interlaced =
        p.lines == Plan::Lines::interlaced && next.slice < slices.size() && slices[next.slice].created;
    if (p.lines == Plan::Lines::interlaced && !interlaced && !e.partial) return block.slice(e.slice);
    const LeftOut without = e.partial ? left_out_of(e) : nullptr;
    rearranged.clear();
    if (interlaced)
      append_interlaced(rearranged, block, e.slice, without, left_out_of(next));
    else
      append_lines(rearranged, block, e.slice, p.name, without);
    return rearranged;
  }

  // Appends to `out` until it has `limit` bytes or all is said.
  void gather(std::string& out, std::size_t limit) {
    while (out.size() < limit) {
      if (head.empty() && piece.empty() && !advance()) return;
      std::string_view& from = head.empty() ? piece : head;
      const std::size_t n = std::min(from.size(), limit - out.size());
      out.append(from.data(), n);
      from.remove_prefix(n);
    }
  }

  bool next_plain(std::string& out) {
    out.clear();
    out.reserve(block_bytes);
    gather(out, block_bytes);
    return !out.empty();
  }

  bool next_compressed(std::string& out) {
    out.clear();
    std::size_t taken = 0;
    while (!gzip_ended && out.size() < block_bytes / 2 && (taken < gzip_most || out.empty())) {
      gathered.clear();
      gather(gathered, gzip_step);
      taken += gathered.size();
      gzip_ended = gathered.size() < gzip_step;
      gzip->add(gathered, gzip_ended, out);
    }
    return !out.empty();
  }
};

Scrape::Scrape(std::vector<store::SnapshotPtr> snapshots, std::shared_ptr<const Plan> plan, Format format, bool gzip,
               store::Clock::time_point now)
    : impl_(std::make_unique<Impl>(std::move(snapshots), std::move(plan), format, now)) {
  if (gzip) impl_->gzip = std::make_unique<Gzip>();
}
Scrape::~Scrape() = default;
Scrape::Scrape(Scrape&&) noexcept = default;

bool Scrape::next(std::string& out) { return impl_->gzip ? impl_->next_compressed(out) : impl_->next_plain(out); }

}  // namespace tallyman::exposition
