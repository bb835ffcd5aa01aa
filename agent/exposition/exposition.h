// Snapshots to bytes: text 0.0.4 and OpenMetrics 1.0, plain or gzip, in blocks of at most
// 256 KiB, so that a scrape holds one block however many series there are.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "store/snapshot.h"

namespace tallyman::exposition {

enum class Format { text, openmetrics };

// By the Accept header with its q-values; text 0.0.4 when nothing fits or there is none.
Format negotiate_format(std::string_view accept);
// True if gzip is accepted (q > 0) by the Accept-Encoding header.
bool accepts_gzip(std::string_view accept_encoding);
std::string_view content_type(Format format);
// One text as one gzip member.
std::string gzipped(std::string_view text);

// Which family shows which slices of which target, in output order; made when a shape changes,
// kept until then. Families with the same name: the first target by name decides HELP and TYPE;
// another TYPE, or sample names that overlap with an earlier family's, are left out and reported.
class Plan;

struct Conflict {
  std::string target, family, why;  // "... is a gauge of target a, a counter here"
};

struct Planned {
  std::shared_ptr<const Plan> plan;
  std::vector<Conflict> conflicts;  // of a plan newly made; empty if `previous` still fits
  bool fresh = false;               // newly made
};
// `snapshots` sorted by target name. Reuses `previous` if every shape is still the same.
Planned plan_for(const std::vector<store::SnapshotPtr>& snapshots, std::shared_ptr<const Plan> previous);

class Scrape {
 public:
  static constexpr std::size_t block_bytes = 256 * 1024;
  // Pins `snapshots` for its life. `now` decides which blocks have expired.
  Scrape(std::vector<store::SnapshotPtr> snapshots, std::shared_ptr<const Plan> plan, Format format, bool gzip,
         store::Clock::time_point now);
  ~Scrape();
  Scrape(Scrape&&) noexcept;

  // Fills `out` (cleared first) with the next bytes; false when there are none left.
  bool next(std::string& out);

  struct Impl;

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace tallyman::exposition
