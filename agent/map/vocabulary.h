// The words of a collector file and the metrics they become: the one vocabulary over all
// services. Pure tables. Meanings: facts of the project's catalogue, in the HELP texts here.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/family.h"

namespace tallyman::map {

// `up` stands for idle or busy, as load says; it is a word of collectors, never of the output.
enum class WorkerState : std::uint8_t { idle, busy, draining, paused, starting, offline, failed, unknown, up };
inline constexpr std::size_t worker_states = 8;
enum class TaskState : std::uint8_t { ready, active, delayed, retry, blocked, failed, completed };
inline constexpr std::size_t task_states = 7;

std::string_view to_string(WorkerState state);
std::string_view to_string(TaskState state);
std::optional<WorkerState> worker_state(std::string_view word);
std::optional<TaskState> task_state(std::string_view word);

// Keys that are one number each.
enum class WorkerKey : std::uint8_t {
  up,
  enabled,
  ready,
  busy,
  load,
  max_load,
  open_tasks,
  tasks_total,
  tasks_failed_total,
  last_seen,
  start,
  memory,
  memory_limit,
  cpu_total,
  host_load1,
  restarts_total
};
inline constexpr std::size_t worker_keys = 16;
enum class QueueKey : std::uint8_t {
  max_tasks,
  paused,
  consumers,
  consumer_utilisation,
  enqueued_total,
  delivered_total,
  completed_total,
  failed_total,
  redelivered_total,
  expired_total,
  oldest_age,
  wait,
  bytes
};
inline constexpr std::size_t queue_keys = 13;
enum class ServiceKey : std::uint8_t { start, load, max_load, tasks_total, tasks_failed_total };
inline constexpr std::size_t service_keys = 5;

struct Word {
  std::string_view key;     // in a collector file
  std::string_view family;  // in the output
  MetricType type;
  std::string_view help;
  bool flag = false;  // a boolean: every number but 0 is 1
};

extern const std::array<Word, worker_keys> worker_words;
extern const std::array<Word, queue_keys> queue_words;
extern const std::array<Word, service_keys> service_words;
extern const Word worker_info_word, worker_state_word, workers_word, queue_tasks_word, service_tasks_word,
    target_info_word;

template <std::size_t N>
std::optional<std::size_t> find_word(const std::array<Word, N>& words, std::string_view key) {
  for (std::size_t i = 0; i < N; ++i)
    if (words[i].key == key) return i;
  return std::nullopt;
}

Family family_of(const Word& word);

}  // namespace tallyman::map
