#include "poll/target_status.h"

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
  health_.last_success = epoch_now();
}

void TargetStatus::bad(const Error& why) {
  count(why.stage);
  health_.attempted = true;
  health_.up = false;
  health_.reason = why.stage;
  health_.detail = why.detail;
  ++health_.failures;
}

std::shared_ptr<const store::Block> TargetStatus::block(double took) {
  SampleBatch batch;
  batch.reserve(5 + stage_count, 0, 0);
  const StatusFamilies& of = status_families();
  const auto figure = [&](const FamilyList::Shared& family, Number value) {
    batch.add(batch.add_family(family), 0, value);
  };
  figure(of.up, Number::of(std::int64_t{health_.up}));
  if (health_.last_success > 0) figure(of.last_success, Number::of(health_.last_success));
  figure(of.duration, Number::of(took));
  if (health_.last_success > 0) figure(of.samples, Number::of_unsigned(samples_));
  if (health_.up || body_bytes_ > 0) figure(of.body_bytes, Number::of_unsigned(body_bytes_));
  const auto errors = batch.add_family(of.errors);
  for (std::size_t i = 0; i < stage_count; ++i) {
    if (errors_[i] == 0) continue;
    std::string body;
    append_label(body, "reason", to_string(static_cast<Stage>(i)));
    batch.add(errors, batch.add_labels(body), Number::of_unsigned(errors_[i]));
  }
  return builder_.build(batch, store::Clock::time_point::max()).block;
}

}  // namespace tallyman::poll
