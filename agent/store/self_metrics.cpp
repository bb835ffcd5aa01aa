#include "store/self_metrics.h"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <optional>

#include "core/labels.h"
#include "core/wall_clock.h"

namespace tallyman::store {
namespace {

class Writer {
 public:
  explicit Writer(SampleBatch& batch) : batch_(batch) {}
  std::uint32_t family(std::string_view name, MetricType type, std::string_view help) {
    return batch_.add_family({std::string(name), type, std::string(help), ""});
  }
  void one(std::string_view name, MetricType type, std::string_view help, Number value) {
    batch_.add(family(name, type, help), 0, value);
  }
  std::uint32_t labels(std::initializer_list<std::pair<std::string_view, std::string_view>> all) {
    body_.clear();
    for (const auto& [name, value] : all) append_label(body_, name, value);
    return batch_.add_labels(body_);
  }
  SampleBatch& batch() { return batch_; }

 private:
  SampleBatch& batch_;
  std::string body_;
};

std::string meaning(const std::string& reason) {
  static const std::map<std::string, std::string> all = {
      {"absent", "nothing in the answer where `each` looks; is this the collector's service?"},
      {"missing", "the answer does not have the value"},
      {"skipped", "an item without the label that is required"},
      {"type", "a value of another type than the rule wants"},
      {"map", "a text that `map` does not know"},
      {"duplicate",
       "two samples of one name and labels: the first is shown; or a key twice in an object: the last counts"},
      {"range", "a number that is out of range"},
      {"utf8", "bytes that are not UTF-8; U+FFFD is shown"},
      {"limit", "a text or name that is too long"},
      {"name", "a name that Prometheus does not allow; changed"},
      {"conflict", "a family that another rule gives another type"},
      {"orphan", "a `_created` without its series"}};
  const auto at = all.find(reason);
  return at == all.end() ? "" : " (" + at->second + ")";
}

Number count(std::uint64_t n) { return Number::of_unsigned(n); }

// Without /proc (a bare chroot) what it would tell is absent, as in all we show: never 0.
std::optional<std::size_t> open_files() {
  DIR* const dir = ::opendir("/proc/self/fd");
  if (dir == nullptr) return std::nullopt;
  std::size_t n = 0;
  while (const dirent* entry = ::readdir(dir))
    if (entry->d_name[0] != '.') ++n;
  ::closedir(dir);
  return n > 0 ? n - 1 : n;  // the directory's own
}

// Start time in epoch seconds: field 22 of /proc/self/stat, in clock ticks after boot.
std::optional<double> start_time() {
  static const std::optional<double> value = []() -> std::optional<double> {
    char text[1024] = {};
    double boot = 0;
    unsigned long long ticks = 0;
    if (std::FILE* f = std::fopen("/proc/self/stat", "r")) {
      const std::size_t n = std::fread(text, 1, sizeof text - 1, f);
      std::fclose(f);
      text[n] = 0;
      if (const char* p = std::strrchr(text, ')')) {
        p += 2;
        for (int field = 3; field < 22 && p; ++field) {
          p = std::strchr(p, ' ');
          if (p) ++p;
        }
        if (p) ticks = std::strtoull(p, nullptr, 10);
      }
    }
    if (std::FILE* f = std::fopen("/proc/stat", "r")) {
      while (std::fgets(text, sizeof text, f))
        if (std::strncmp(text, "btime ", 6) == 0) boot = std::strtod(text + 6, nullptr);
      std::fclose(f);
    }
    if (boot == 0 || ticks == 0) return std::nullopt;
    return boot + static_cast<double>(ticks) / static_cast<double>(::sysconf(_SC_CLK_TCK));
  }();
  return value;
}

void process_metrics(Writer& out) {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto cpu = static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                   static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
  out.one("process_cpu_seconds_total", MetricType::counter, "Total user and system CPU time spent in seconds.",
          Number::of(cpu));
  unsigned long long size = 0, resident = 0;
  if (std::FILE* f = std::fopen("/proc/self/statm", "r")) {
    if (std::fscanf(f, "%llu %llu", &size, &resident) != 2) size = resident = 0;
    std::fclose(f);
  }
  if (size > 0) {
    const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    out.one("process_resident_memory_bytes", MetricType::gauge, "Resident memory size in bytes.",
            count(resident * page));
    out.one("process_virtual_memory_bytes", MetricType::gauge, "Virtual memory size in bytes.", count(size * page));
  }
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  if (const std::optional<std::size_t> open = open_files())
    out.one("process_open_fds", MetricType::gauge, "Number of open file descriptors.", count(*open));
  out.one("process_max_fds", MetricType::gauge, "Maximum number of open file descriptors.", count(files.rlim_cur));
  if (const std::optional<double> started = start_time())
    out.one("process_start_time_seconds", MetricType::gauge, "Start time of the process since unix epoch in seconds.",
            Number::of(*started));
}

}  // namespace

void PollTimes::observe(double seconds) {
  std::size_t bucket = 0;
  while (bucket < bounds.size() && seconds > bounds[bucket]) ++bucket;
  counts_[bucket].fetch_add(1, std::memory_order_relaxed);
  nanoseconds_.fetch_add(static_cast<std::uint64_t>(seconds * 1e9), std::memory_order_relaxed);
}

SelfMetrics::SelfMetrics(std::string version) : version_(std::move(version)), reload_time_(epoch_now()) {
  start_time();
}

PollTimes& SelfMetrics::poll_times(const std::string& collector) {
  std::lock_guard lock(mutex_);
  auto& times = poll_times_[collector];
  if (!times) times = std::make_unique<PollTimes>();
  return *times;
}

LoopFigures& SelfMetrics::loop(std::size_t index) {
  std::lock_guard lock(mutex_);
  while (loops_.size() <= index) loops_.push_back(std::make_unique<LoopFigures>());
  return *loops_[index];
}

std::size_t SelfMetrics::loops() const {
  std::lock_guard lock(mutex_);
  return loops_.size();
}

std::atomic<std::uint64_t>& SelfMetrics::rule_counter(const std::string& collector, const std::string& target,
                                                      const std::string& rule, std::string_view reason) {
  std::lock_guard lock(mutex_);
  RuleCounter& counter = rules_[{collector, target, rule, std::string(reason)}];
  counter.shown = true;
  return counter.n;
}

std::atomic<std::uint64_t>& SelfMetrics::rule_matched(const std::string& collector, const std::string& rule) {
  std::lock_guard lock(mutex_);
  return matched_[{collector, rule}];
}

SelfMetrics::Unmatched& SelfMetrics::rule_unmatched(const std::string& collector, const std::string& target,
                                                    const std::string& rule) {
  std::lock_guard lock(mutex_);
  return unmatched_[{collector, target, rule}];
}

void SelfMetrics::forget_target(const std::string& target) {
  std::lock_guard lock(mutex_);
  for (auto& [key, counter] : rules_)
    if (std::get<1>(key) == target) counter.shown = false;
  for (auto& [key, unmatched] : unmatched_)
    if (std::get<1>(key) == target) unmatched.polls = 0;
}

void SelfMetrics::reloaded(bool well) {
  reload_well_ = well;
  if (well) reload_time_ = epoch_now();
}

std::vector<std::string> SelfMetrics::rule_notes() const {
  std::lock_guard lock(mutex_);
  std::vector<std::string> out;
  for (const auto& [key, counter] : rules_)
    out.push_back(std::get<2>(key) + ": " + std::to_string(counter.n) + " x " + std::get<3>(key) +
                  meaning(std::get<3>(key)));
  return out;
}

void SelfMetrics::collect(SampleBatch& batch) const {
  Writer out(batch);
  std::lock_guard lock(mutex_);
  batch.add(out.family("tallyman_build_info", MetricType::info, "The running Tallyman."),
            out.labels({{"version", version_}}), count(1));
  out.one("tallyman_targets", MetricType::gauge, "Targets that are configured.", count(targets_));

  out.one("tallyman_config_last_reload_successful", MetricType::gauge,
          "1 if the configuration runs that was read last, 0 if it was refused and the one before runs.",
          Number::of(std::int64_t{reload_well_}));
  out.one("tallyman_config_last_reload_success_timestamp_seconds", MetricType::gauge,
          "When the configuration that runs was read.", Number::of(reload_time_.load()));

  const auto times = out.family("tallyman_poll_duration_seconds", MetricType::histogram,
                                "How long polls took, failed ones too, by collector.");
  for (const auto& [collector, histogram] : poll_times_) {
    std::uint64_t total = 0;
    for (std::size_t i = 0; i <= PollTimes::bounds.size(); ++i) {
      total += histogram->counts_[i].load(std::memory_order_relaxed);
      std::string le = "+Inf";
      if (i < PollTimes::bounds.size()) {
        le = to_text(Number::of(PollTimes::bounds[i]));
        if (le.find('.') == std::string::npos) le += ".0";  // canonical, as OpenMetrics wants it
      }
      batch.add(times, out.labels({{"collector", collector}, {"le", le}}), count(total), Suffix::bucket);
    }
    const auto set = out.labels({{"collector", collector}});
    batch.add(times, set, Number::of(static_cast<double>(histogram->nanoseconds_.load()) / 1e9), Suffix::sum);
    batch.add(times, set, count(total), Suffix::count);
  }

  const auto lag = out.family("tallyman_loop_lag_seconds", MetricType::gauge,
                              "Largest lateness of a tick of the poll loop in the last minute.");
  const auto polls = out.family("tallyman_polls_total", MetricType::counter, "Polls that ended, well or not.");
  const auto failed = out.family("tallyman_polls_failed_total", MetricType::counter, "Polls that failed.");
  const auto skipped = out.family("tallyman_polls_skipped_total", MetricType::counter,
                                  "Ticks that passed while the target's last poll was still running.");
  const auto flying = out.family("tallyman_polls_in_flight", MetricType::gauge, "Polls that are running.");
  for (std::size_t i = 0; i < loops_.size(); ++i) {
    const LoopFigures& loop = *loops_[i];
    const auto set = out.labels({{"loop", std::to_string(i)}});
    // A loop that is stuck just now does not tick, and so would not tell.
    const std::int64_t silent = Clock::now().time_since_epoch().count() - loop.last_tick_ns;
    const std::int64_t late = std::max(loop.lag_ns.load(), silent - 1'000'000'000);
    batch.add(lag, set, Number::of(static_cast<double>(late) / 1e9));
    batch.add(polls, set, count(loop.polls));
    batch.add(failed, set, count(loop.failed));
    batch.add(skipped, set, count(loop.skipped));
    batch.add(flying, set, Number::of(loop.in_flight.load()));
  }

  const auto errors = out.family("tallyman_rule_errors_total", MetricType::counter,
                                 "Samples and items that a rule could not make from an answer, by reason.");
  const auto missing = out.family("tallyman_rule_missing_total", MetricType::counter,
                                  "Values that an answer did not have, or items without a name; not errors.");
  for (const auto& [key, counter] : rules_) {
    if (!counter.shown) continue;
    const auto& [collector, target, rule, reason] = key;
    const bool soft = reason == "missing" || reason == "skipped" || reason == "absent";
    batch.add(soft ? missing : errors,
              out.labels({{"collector", collector}, {"target", target}, {"rule", rule}, {"reason", reason}}),
              count(counter.n));
  }
  const auto matched = out.family("tallyman_rule_matched_total", MetricType::counter,
                                  "Items that a rule found in answers and ran on (of a passthrough, samples), of all "
                                  "targets of the collector together.");
  for (const auto& [key, n] : matched_)
    batch.add(matched, out.labels({{"collector", key.first}, {"rule", key.second}}), count(n));
  const auto unmatched = out.family("tallyman_rule_unmatched_polls", MetricType::gauge,
                                    "Good polls in a row in which a rule found nothing to run on, from the third on: "
                                    "where it looks was nothing (absent) or nothing that it selects (empty).");
  for (const auto& [key, drift] : unmatched_) {
    const std::uint64_t in_a_row = drift.polls;
    if (in_a_row == 0) continue;
    const auto& [collector, target, rule] = key;
    const char* const reason = drift.absent ? "absent" : "empty";
    batch.add(unmatched, out.labels({{"collector", collector}, {"target", target}, {"rule", rule}, {"reason", reason}}),
              count(in_a_row));
  }
  process_metrics(out);
}

}  // namespace tallyman::store
