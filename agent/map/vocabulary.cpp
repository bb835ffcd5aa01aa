#include "map/vocabulary.h"

namespace tallyman::map {
namespace {

constexpr std::array<std::string_view, 9> worker_state_names = {"idle",    "busy",   "draining", "paused", "starting",
                                                                "offline", "failed", "unknown",  "up"};
constexpr std::array<std::string_view, task_states> task_state_names = {"ready",   "active", "delayed",  "retry",
                                                                        "blocked", "failed", "completed"};

constexpr auto gauge = MetricType::gauge;
constexpr auto counter = MetricType::counter;

}  // namespace

// Every text ends on where the value comes from: a cache, not the service of this moment.
#define AS_OF ", as of the target's last good poll."

const std::array<Word, worker_keys> worker_words = {{
    {"up", "tally_worker_up", gauge, "1 if the service says that the worker is connected" AS_OF, true},
    {"enabled", "tally_worker_enabled", gauge, "1 if the worker may take tasks: not drained, paused or disabled" AS_OF,
     true},
    {"ready", "tally_worker_ready", gauge, "1 if the worker can take a new task now" AS_OF, true},
    {"busy", "tally_worker_busy", gauge, "1 if the worker runs at least one task" AS_OF, true},
    {"load", "tally_worker_load", gauge, "Used capacity in the worker's own unit" AS_OF},
    {"max_load", "tally_worker_max_load", gauge, "Capacity in the worker's own unit, absent when unlimited" AS_OF},
    {"open_tasks", "tally_worker_open_tasks", gauge, "Tasks assigned to the worker or running in it" AS_OF},
    {"tasks_total", "tally_worker_tasks_total", counter,
     "Tasks finished with any outcome since the worker started" AS_OF},
    {"tasks_failed_total", "tally_worker_tasks_failed_total", counter,
     "Tasks finished that failed, a part of tally_worker_tasks_total" AS_OF},
    {"last_seen", "tally_worker_last_seen_timestamp_seconds", gauge,
     "When the service last heard of the worker, absent when never" AS_OF},
    {"start", "tally_worker_start_timestamp_seconds", gauge, "When the worker started" AS_OF},
    {"memory", "tally_worker_memory_bytes", gauge, "Memory the worker uses" AS_OF},
    {"memory_limit", "tally_worker_memory_limit_bytes", gauge, "Memory the worker may use" AS_OF},
    {"cpu_total", "tally_worker_cpu_seconds_total", counter, "CPU time the worker has used" AS_OF},
    {"host_load1", "tally_worker_host_load1", gauge, "Load average over one minute of the worker's host" AS_OF},
    {"restarts_total", "tally_worker_restarts_total", counter, "Times the worker was restarted" AS_OF},
}};

const std::array<Word, queue_keys> queue_words = {{
    {"max_tasks", "tally_queue_max_tasks", gauge, "Tasks the queue may hold, absent when unlimited" AS_OF},
    {"paused", "tally_queue_paused", gauge, "1 if the queue hands out no tasks" AS_OF, true},
    {"consumers", "tally_queue_consumers", gauge, "Consumers of the queue" AS_OF},
    {"consumer_utilisation", "tally_queue_consumer_utilisation_ratio", gauge,
     "Share of the time in which the consumers can take tasks at once" AS_OF},
    {"enqueued_total", "tally_queue_enqueued_total", counter, "Tasks put into the queue" AS_OF},
    {"delivered_total", "tally_queue_delivered_total", counter, "Tasks handed to consumers" AS_OF},
    {"completed_total", "tally_queue_completed_total", counter, "Tasks completed" AS_OF},
    {"failed_total", "tally_queue_failed_total", counter, "Tasks failed" AS_OF},
    {"redelivered_total", "tally_queue_redelivered_total", counter, "Tasks handed out again" AS_OF},
    {"expired_total", "tally_queue_expired_total", counter, "Tasks that expired in the queue" AS_OF},
    {"oldest_age", "tally_queue_oldest_age_seconds", gauge,
     "Age of the oldest task that is ready, 0 when there is none" AS_OF},
    {"wait", "tally_queue_wait_seconds", gauge, "Time to clear the queue, as the service estimates it" AS_OF},
    {"bytes", "tally_queue_bytes", gauge, "Size of the queue's tasks" AS_OF},
}};

const std::array<Word, service_keys> service_words = {{
    {"start", "tally_target_start_timestamp_seconds", gauge, "When the service started" AS_OF},
    {"load", "tally_load", gauge, "Used capacity of the whole service or pool" AS_OF},
    {"max_load", "tally_max_load", gauge, "Capacity of the whole service or pool, absent when unlimited" AS_OF},
    {"tasks_total", "tally_tasks_total", counter, "Tasks finished by the whole service with any outcome" AS_OF},
    {"tasks_failed_total", "tally_tasks_failed_total", counter,
     "Tasks finished by the whole service that failed" AS_OF},
}};

const Word worker_info_word = {"", "tally_worker_info", gauge, "Host, version and pool of the worker" AS_OF};
const Word worker_state_word = {"state", "tally_worker_state", gauge,
                                "State of the worker: 1 for the one it is in, 0 for the others" AS_OF};
const Word workers_word = {"workers", "tally_workers", gauge, "Workers by state" AS_OF};
const Word queue_tasks_word = {"tasks", "tally_queue_tasks", gauge,
                               "Tasks in the queue by state; the states are disjoint" AS_OF};
const Word service_tasks_word = {"tasks", "tally_tasks", gauge,
                                 "Tasks of the whole service by state; the states are disjoint" AS_OF};
const Word target_info_word = {"version", "tally_target_info", gauge, "Version of the service" AS_OF};

#undef AS_OF

std::string_view to_string(WorkerState state) { return worker_state_names[static_cast<std::size_t>(state)]; }
std::string_view to_string(TaskState state) { return task_state_names[static_cast<std::size_t>(state)]; }

std::optional<WorkerState> worker_state(std::string_view word) {
  for (std::size_t i = 0; i < worker_state_names.size(); ++i)
    if (worker_state_names[i] == word) return static_cast<WorkerState>(i);
  return std::nullopt;
}

std::optional<TaskState> task_state(std::string_view word) {
  for (std::size_t i = 0; i < task_state_names.size(); ++i)
    if (task_state_names[i] == word) return static_cast<TaskState>(i);
  return std::nullopt;
}

Family family_of(const Word& word) { return {std::string(word.family), word.type, std::string(word.help), {}}; }

}  // namespace tallyman::map
