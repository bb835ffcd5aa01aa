#include "poll/status_families.h"

namespace tallyman::poll {
namespace {

FamilyList::Shared family(const char* name, MetricType type, const char* help) {
  return std::make_shared<const Family>(Family{name, type, help, ""});
}

}  // namespace

const StatusFamilies& status_families() {
  using enum MetricType;
  static const StatusFamilies all = {
      family("tally_target_up", gauge, "1 if all required requests of the last poll gave a usable answer."),
      family("tally_target_last_success_timestamp_seconds", gauge,
             "When the target's values were read; they are cached from then on."),
      family("tally_target_poll_duration_seconds", gauge, "How long the last poll of the target took."),
      family("tally_target_samples", gauge, "Samples that the last good poll gave."),
      family("tally_target_body_bytes", gauge, "Size of the last poll's answers, decoded."),
      family("tally_target_errors_total", counter, "Failed polls, requests and items of the target, by reason."),
  };
  return all;
}

}  // namespace tallyman::poll
