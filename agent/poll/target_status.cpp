#include "poll/target_status.h"

#include <bit>
#include <cmath>
#include <optional>
#include <string>

#include "core/labels.h"
#include "core/wall_clock.h"
#include "poll/status_families.h"

namespace tallyman::poll {

void TargetStatus::take_over(const TargetStatus& predecessor) {
  health_ = predecessor.health_;
  errors_ = predecessor.errors_;
  samples_ = predecessor.samples_;
  body_bytes_ = predecessor.body_bytes_;
}

void TargetStatus::good() {
  health_.attempted = health_.up = true;
  health_.detail.clear();
  health_.failures = 0;
  health_.last_success = std::round(epoch_now() * 1000) / 1000;  // as far as anybody looks
}

void TargetStatus::bad(const Error& why) {
  count(why.stage);
  health_.attempted = true;
  health_.up = false;
  health_.reason = why.stage;
  health_.detail = why.detail;
  ++health_.failures;
}

std::uint32_t TargetStatus::there() const {
  std::uint32_t out = 1u << up | 1u << duration;
  if (health_.last_success > 0) out |= 1u << last_success | 1u << samples;
  if (health_.up || body_bytes_ > 0) out |= 1u << body_bytes;
  for (std::size_t i = 0; i < stage_count; ++i)
    if (errors_[i] > 0) out |= 1u << (errors + i);
  return out;
}

Number TargetStatus::value(std::size_t figure, double took) const {
  switch (figure) {
    case up:
      return Number::of(std::int64_t{health_.up});
    case last_success:
      return Number::of(health_.last_success);
    case duration:
      return Number::of(took);
    case samples:
      return Number::of_unsigned(samples_);
    case body_bytes:
      return Number::of_unsigned(body_bytes_);
    default:
      return Number::of_unsigned(errors_[figure - errors]);
  }
}

std::shared_ptr<const store::Block> TargetStatus::block(double took) {
  constexpr auto never = store::Clock::time_point::max();
  const std::uint32_t figures = there();
  std::array<Number, errors + stage_count> values;
  std::size_t count = 0;
  for (std::uint32_t left = figures; left != 0; left &= left - 1)
    values[count++] = value(static_cast<std::size_t>(std::countr_zero(left)), took);
  if (figures == shown_) return builder_.refill({values.data(), count}, never);

  SampleBatch batch;
  batch.reserve(count, 0, 0);
  const StatusFamilies& of = status_families();
  const FamilyList::Shared* const families[] = {&of.up, &of.last_success, &of.duration, &of.samples, &of.body_bytes};
  count = 0;
  std::optional<std::uint32_t> failures;
  for (std::uint32_t left = figures; left != 0; left &= left - 1) {
    const auto figure = static_cast<std::size_t>(std::countr_zero(left));
    if (figure < errors) {
      batch.add(batch.add_family(*families[figure]), 0, values[count++]);
      continue;
    }
    if (!failures) failures = batch.add_family(of.errors);
    std::string body;
    append_label(body, "reason", to_string(static_cast<Stage>(figure - errors)));
    batch.add(*failures, batch.add_labels(body), values[count++]);
  }
  shown_ = figures;
  return builder_.build(batch, never).block;
}

}  // namespace tallyman::poll
