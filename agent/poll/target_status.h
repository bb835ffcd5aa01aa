// What is said of a target itself: how its polls went, as tally_target_* and as health. Knows no schedule and no
// answer.
#pragma once
#include <array>
#include <cstdint>
#include <memory>

#include "core/result.h"
#include "store/shape_builder.h"
#include "store/store.h"

namespace tallyman::poll {

class TargetStatus {
 public:
  explicit TargetStatus(store::Common common) : builder_(std::move(common)) {}
  void take_over(const TargetStatus& predecessor);

  // What the last poll's answers were: their bytes, decoded, and the samples they gave, if they were mapped.
  void answered(std::size_t body_bytes) { body_bytes_ = body_bytes; }
  void gave(std::size_t samples) { samples_ = samples; }
  void count(Stage reason, std::uint64_t times = 1) { errors_[static_cast<std::size_t>(reason)] += times; }
  // How the poll ended; a failure is counted.
  void good();
  void bad(const Error& why);

  const store::Health& health() const { return health_; }
  // `took`: seconds, of the poll.
  std::shared_ptr<const store::Block> block(double took);

 private:
  // The figures of the moment, each with its bit in `there`: those before errors, then errors by reason.
  enum Figure : std::size_t { up, last_success, duration, samples, body_bytes, errors };
  static_assert(errors + stage_count <= 32);
  std::uint32_t there() const;
  Number value(std::size_t figure, double took) const;

  store::BlockBuilder builder_;
  std::uint32_t shown_ = 0;  // there() of the block built last
  store::Health health_;
  std::array<std::uint64_t, stage_count> errors_{};
  std::size_t samples_ = 0;
  std::size_t body_bytes_ = 0;
};

}  // namespace tallyman::poll
