#include "infer/words.h"

#include <algorithm>
#include <array>
#include <utility>

namespace tallyman::infer {
namespace {

bool upper(char c) { return c >= 'A' && c <= 'Z'; }
bool lower(char c) { return c >= 'a' && c <= 'z'; }
bool digit(char c) { return c >= '0' && c <= '9'; }

struct ListWord {
  std::string_view names;
  Role role;
  int weight;
};
constexpr std::array list_words = {
    ListWord{"worker workers node nodes agent agents runner runners executor executors computer computers slave slaves "
             "taskmanagers supervisor supervisors builders hosts",
             Role::workers, 6},
    ListWord{"instance instances host server servers process processes broker brokers member members replica replicas "
             "machine machines pod pods backends masters upstream upstreams peers containers slots nodeinfo "
             "pollers",
             Role::workers, 5},
    ListWord{"client clients connection connections session sessions channels", Role::workers, 3},
    ListWord{"queue queues stream streams topic topics tube tubes workload", Role::queues, 6},
    ListWord{"subscription subscriptions partition partitions pipelines pools lanes backend", Role::queues, 4},
    ListWord{"socket sockets channels", Role::queues, 3},
    ListWord{"consumer consumers", Role::queues, 5},
    ListWord{"consumer consumers subscriber subscribers", Role::consumers, 6},
    ListWord{"job jobs task tasks build builds run runs executions messages buildrequests", Role::tasks, 6},
};

struct StateWord {
  std::string_view words, state;
};
constexpr std::array worker_state_words = {
    StateWord{"idle unclaimed waiting free sleeping available listening", "idle"},
    StateWord{"busy claimed working executing in_use occupied processing allocated building", "busy"},
    StateWord{"up running alive active online ok healthy connected started open opened normal good green true "
              "no_check enabled flow ready passing streaming",
              "up"},
    StateWord{"draining drain drained quiet stopping nolb decommissioning terminating closing leaving shutting_down",
              "draining"},
    StateWord{"paused pause suspended cheap disabled maint maintenance standby inactive cordoned", "paused"},
    StateWord{"starting booting initializing initialising launching provisioning installing new joining pending init",
              "starting"},
    StateWord{"offline down dead stopped disconnected lost terminated exited unreachable stalled closed missing left "
              "unavailable shutdown false",
              "offline"},
    StateWord{"failed error errored crashed fatal unhealthy critical red", "failed"},
};
constexpr std::array task_state_words = {
    StateWord{"pending queued waiting ready received free new submitted available enqueued created", "ready"},
    StateWord{"running started active executing processing open assigned in_progress building working", "active"},
    StateWord{"scheduled delayed deferred", "delayed"},
    StateWord{"retry retrying", "retry"},
    StateWord{"blocked suspended held hold paused", "blocked"},
    StateWord{"failed failure error errored cancelled canceled timeout revoked dead rejected", "failed"},
    StateWord{"success succeeded completed complete done finished closed successful", "completed"},
};

template <std::size_t N>
std::string_view state_in(const std::array<StateWord, N>& table, std::string_view word) {
  const std::string whole = plain(word);
  for (const StateWord& row : table)
    if (in_list(whole, row.words)) return row.state;
  // `UP 1/3`, `Running (2)`: the first word says it.
  const std::size_t end = word.find_first_of(" \t:(,/");
  if (end == std::string_view::npos) return {};
  const std::string first = plain(word.substr(0, end));
  for (const StateWord& row : table)
    if (in_list(first, row.words)) return row.state;
  return {};
}

}  // namespace

std::string plain(std::string_view name) {
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (upper(c)) {
      const bool after_small = i > 0 && (lower(name[i - 1]) || digit(name[i - 1]));
      const bool before_small = i > 0 && upper(name[i - 1]) && i + 1 < name.size() && lower(name[i + 1]);
      // CPUs, IDs: one word in the plural.
      const bool plural = before_small && name[i + 1] == 's' && (i + 2 == name.size() || !lower(name[i + 2]));
      if ((after_small || (before_small && !plural)) && !out.empty() && out.back() != '_') out += '_';
      out += static_cast<char>(c - 'A' + 'a');
    } else if (lower(c) || digit(c)) {
      out += c;
    } else if (!out.empty() && out.back() != '_') {
      out += '_';
    }
  }
  while (!out.empty() && out.back() == '_') out.pop_back();
  return out;
}

std::vector<std::string_view> tokens(std::string_view name) {
  std::vector<std::string_view> out;
  while (!name.empty()) {
    const std::size_t end = std::min(name.find('_'), name.size());
    if (end > 0) out.push_back(name.substr(0, end));
    name.remove_prefix(std::min(end + 1, name.size()));
  }
  return out;
}

bool in_list(std::string_view word, std::string_view list) {
  if (word.empty()) return false;
  for (std::size_t at = list.find(word); at != std::string_view::npos; at = list.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    if ((at == 0 || list[at - 1] == ' ') && (end == list.size() || list[end] == ' ')) return true;
  }
  return false;
}

bool has_token(std::string_view name, std::string_view list) {
  const auto all = tokens(name);
  return std::any_of(all.begin(), all.end(), [&](std::string_view t) { return in_list(t, list); });
}

std::vector<Guess> guesses_of_list(std::string_view name) {
  std::vector<Guess> out;
  auto all = tokens(name);
  // `stream_detail`, `workers_page1`: what stands behind the noun says nothing. `worker_queues` are queues.
  while (all.size() > 1 && (in_list(all.back(),
                                    "detail details list status state info page refresh stats data items "
                                    "summary all json api v1 v2 columns allup short full limit") ||
                            std::any_of(all.back().begin(), all.back().end(), digit)))
    all.pop_back();
  if (all.empty()) return out;
  for (const ListWord& row : list_words) {
    if (in_list(all.back(), row.names))
      out.push_back({row.role, row.weight});
    else if (all.size() > 1 && in_list(all.front(), row.names))
      out.push_back({row.role, row.weight / 3});
  }
  return out;
}

bool is_envelope(std::string_view name) {
  return in_list(name, "data items results result entries content value list response rows records elements summary");
}

bool names_things(std::string_view name) {
  const auto all = guesses_of_list(name);
  return std::any_of(all.begin(), all.end(), [](const Guess& g) { return g.weight >= 4; });
}

const std::vector<Field>& worker_fields() {
  static const std::vector<Field> all = {
      {"up", "up online alive connected is_up is_online is_alive healthy booted running status active is_active",
       Want::flag, 2},
      {"up", "offline down dead is_offline disconnected", Want::not_flag, 3},
      {"enabled", "enabled is_enabled accepting accepting_tasks schedulable", Want::flag, 2},
      {"enabled",
       "disabled paused draining drain quiet cordoned temporarily_offline is_paused "
       "unschedulable no_schedule",
       Want::not_flag, 2},
      {"busy", "busy is_busy in_use", Want::flag, 2},
      {"busy", "idle is_idle", Want::not_flag, 2},
      {"open_tasks",
       "open_tasks task_count active active_tasks running_tasks jobs_running running executing current_jobs in_flight "
       "num_containers processing active_jobs tasks_running assigned_tasks busy_executors",
       Want::count, 3},
      {"open_tasks", "running_jobs current_tasks tasks jobs builds runs executions", Want::list, 3},
      {"load",
       "load current_load task_load consumed_capacity busy_threads used_slots slots_used coresused cores_used "
       "alloc_cpus used_virtual_cores scur current_sessions session_count curr_capacity_used busy used_capacity "
       "current_connections connections_active active_connections",
       Want::number, 3},
      {"max_load",
       "max_load capacity max_concurrency concurrency max_threads nthreads num_threads threads slots slots_total "
       "total_slots slots_number slot_count num_executors max_session max_sessions slim max_tasks cpus ncpus cores "
       "num_slots max_parallelism max_connections max_conns total_cores workers_count worker_count num_workers "
       "max_workers",
       Want::number, 3},
      {"tasks_total",
       "tasks_total processed requests requests_count request_count tasks_completed completed completed_tasks "
       "finished jobs_total stot total_tasks tasks_processed jobs_processed num_requests "
       "successful_jobs",
       Want::number, 2},
      {"tasks_failed_total",
       "tasks_failed task_failed failed failures exceptions errors failed_tasks tasks_errored jobs_failed "
       "failed_jobs",
       Want::number, 2},
      {"last_seen",
       "last_seen last_heartbeat heartbeat heartbeats lastheartbeat last_checkin last_contact last_ping last_activity "
       "last_update last_updated last_health_update last_access_time heartbeat_time last_seen_at last_active beat "
       "updated_at time_since_last_heartbeat timestamp last_heartbeat_time last_heartbeat_at heartbeat_at "
       "last_heard_from last_heard",
       Want::moment, 4},
      {"start",
       "started started_at start start_time last_spawn boot_time booted_at connected_at slurmd_start_time "
       "birth_date",
       Want::moment, 1},
      {"start", "uptime uptime_seconds uptime_secs uptime_s uptime_ms uptime_in_seconds age", Want::time_span, 1},
      {"memory",
       "memory mem rss mem_used memory_used memory_usage used_memory used_mem memory_bytes mem_usage memused rss_bytes "
       "memory_rss ram ram_used used_ram",
       Want::number, 2},
      {"memory_limit",
       "mem_limit memory_limit max_memory memory_total total_memory mem_total total_mem memory_max mem_max maxmem "
       "ram_total total_ram",
       Want::number, 2},
      {"cpu_total", "cpu_seconds cpu_seconds_total cpu_time cpu_time_seconds process_cpu_seconds", Want::number, 1},
      {"host_load1", "loadavg load_avg load1 load_average load_1 load_1m system_load", Want::number, 2},
      {"restarts_total", "restarts restart_count respawn_count respawns restarts_total", Want::number, 2},
      {"version", "version sw_ver software_version worker_version agent_version", Want::word, 1},
      {"host", "host hostname host_name node_host_name machine", Want::word, 2},
      {"pool", "pool pool_name group partition pxname node_pool instance_group", Want::word, 1},
  };
  return all;
}

const std::vector<Field>& queue_fields() {
  static const std::vector<Field> all = {
      {"tasks.ready",
       "messages_ready ready num_pending pending num_waiting waiting queued enqueued backlog length depth qcur "
       "queue_length queue_size queue_depth messages size queue backlog_count tasks_pending num_messages "
       "count msg_backlog",
       Want::count, 4},
      {"tasks.active",
       "messages_unacknowledged unacked unacknowledged num_ack_pending active running in_flight inflight processing "
       "executing started reserved in_progress scur",
       Want::count, 4},
      {"tasks.delayed", "delayed scheduled deferred", Want::count, 3},
      {"tasks.retry", "retry retries retrying", Want::count, 3},
      {"tasks.blocked", "blocked waiting_children suspended", Want::count, 2},
      {"tasks.failed", "failed dead dead_letter dead_lettered failed_count buried", Want::count, 2},
      {"tasks.completed", "completed succeeded finished", Want::count, 1},
      {"max_tasks",
       "max_queue max_length max_size maxsize max_messages max_msgs qlimit queue_limit capacity limit slim",
       Want::number, 3},
      {"consumers", "consumers consumer_count num_consumers subscribers subscriber_count processes workers num_workers",
       Want::count, 4},
      {"consumer_utilisation", "consumer_utilisation consumer_utilization", Want::number, 3},
      {"enqueued_total", "enqueued_total published publish publish_count messages_in stot last_seq enqueue_count",
       Want::number, 2},
      {"delivered_total", "deliver_get delivered delivered_total delivered_consumer_seq", Want::number, 2},
      {"completed_total", "ack acked completed_total processed processed_total num_acked dequeue_count", Want::number,
       2},
      {"redelivered_total", "redeliver redelivered redelivered_total", Want::number, 2},
      {"failed_total", "failed_total errors failures", Want::number, 1},
      {"expired_total", "expired expired_total expired_count", Want::number, 1},
      {"oldest_age", "head_message_timestamp oldest first_ts oldest_message_time oldest_at oldest_timestamp",
       Want::moment, 3},
      {"wait", "wait wait_time wait_seconds estimated_wait", Want::number, 2},
      {"bytes", "message_bytes bytes size_bytes total_bytes", Want::number, 1},
      {"paused", "paused is_paused suspended", Want::flag, 3},
  };
  return all;
}

const std::vector<Field>& service_fields() {
  static const std::vector<Field> all = {
      {"version", "version server_version rabbitmq_version app_version", Want::word, 0},
      {"start", "start started started_at start_time boot_time", Want::moment, 0},
      {"start", "uptime uptime_seconds uptime_secs uptime_in_seconds uptime_ms start_since", Want::time_span, 0},
      {"load", "active_processes busy_workers connections busy_executors session_count current_load", Want::number, 0},
      {"max_load", "max_processes max_workers max_connections total_executors total_slots max_session max_load",
       Want::number, 0},
  };
  return all;
}

std::string without_task(std::string_view name) {
  constexpr std::string_view nouns = "job jobs task tasks message messages msgs count num number items";
  auto all = tokens(name);
  if (all.size() > 1 && in_list(all.back(), nouns))
    all.pop_back();
  else if (all.size() > 1 && in_list(all.front(), nouns))
    all.erase(all.begin());
  std::string out;
  for (const std::string_view token : all) out += (out.empty() ? "" : "_") + std::string(token);
  return out;
}

bool may_hold_fields(std::string_view name) {
  return in_list(name,
                 "stats statistics status last_status state info metrics metric pool worker queue data attributes "
                 "details counts count task_counts tasks jobs messages message_stats usage process resources load "
                 "config counters task_stats delivered host arguments spec");
}

int identity_weight(std::string_view name, Role role) {
  const bool queues = role == Role::queues;
  if (in_list(name, queues ? "queue queue_name task_queue topic stream tube pxname name"
                           : "worker worker_name hostname name host_name"))
    return 10;
  if (in_list(name, "node node_name")) return 7;
  if (in_list(name, "display_name identity identifier full_name title key label svname instance agent")) return 8;
  if (in_list(name, "id uuid node_id worker_id queue_id index host hostname server server_name instance_id")) return 6;
  if (in_list(name, "address addr url uri endpoint path type kind slot number cid no")) return 4;
  if (in_list(name, "pid pxname ip port socket")) return 2;
  return name.ends_with("_name") ? 5 : name.ends_with("_id") ? 3 : 0;
}

std::string bare(std::string_view name, bool time) {
  auto all = tokens(name);
  if (all.size() > 1 && in_list(all.front(), "agent worker node runner executor instance")) all.erase(all.begin());
  if (time && all.size() > 1 && in_list(all.back(), "utc time at ts timestamp date on")) all.pop_back();
  std::string out;
  for (const std::string_view token : all) out += (out.empty() ? "" : "_") + std::string(token);
  return out;
}

bool names_state(std::string_view plain_name) {
  const std::string name = bare(plain_name, false);
  return in_list(name,
                 "state status node_state worker_state job_state task_state current_state run_state health "
                 "health_status connection_state activity_status activity lifecycle phase");
}

bool names_group(std::string_view name) {
  return in_list(name, "vhost namespace tenant account virtual_host project organization organisation database");
}

bool names_secret(std::string_view name) {
  return has_token(name, "password passwd secret token apikey credential credentials authorization cookie") ||
         in_list(name, "api_key private_key access_key");
}

std::string_view worker_state_of(std::string_view word) { return state_in(worker_state_words, word); }
std::string_view task_state_of(std::string_view word) { return state_in(task_state_words, word); }

bool names_time(std::string_view name) {
  return has_token(name,
                   "time timestamp ts at seen start started created updated since beat heartbeat heartbeats "
                   "lastheartbeat spawn checkin date last when boot until expires expiry now update activity received "
                   "sent stopped finished uptime lastupdate mtime ctime atime endtime starttime done ended");
}

bool names_time_span(std::string_view name) {
  return has_token(name, "interval timeout wait age window deadline duration delay latency ttl uptime");
}

bool names_counter(std::string_view name) {
  const auto all = tokens(name);
  if (all.empty() || names_gauge(name) || all.front() == "num") return false;
  return in_list(all.back(),
                 "total requests responses processed completed errors exceptions failures failed succeeded received "
                 "sent accepted "
                 "rejected hits misses evictions dropped restarts respawns oct published delivered acked redelivered "
                 "bytes_sent bytes_received reductions gcs") ||
         in_list(name,
                 "in_msgs out_msgs in_bytes out_bytes recv_cnt send_cnt stot econ eresp ereq dreq dresp wretr wredis "
                 "bin bout cli_abrt srv_abrt hrsp_1xx hrsp_2xx hrsp_3xx hrsp_4xx hrsp_5xx hrsp_other req_tot conn_tot "
                 "requests_count request_count respawn_count restart_count harakiri_count ack publish deliver "
                 "deliver_get redeliver get get_empty confirm last_seq consumer_seq stream_seq chkfail chkdown");
}

bool names_gauge(std::string_view name) {
  return has_token(
      name,
      "max min limit size memory mem rss vsz free used ready pending active current idle length depth load "
      "rate avg average utilisation utilization percent ratio uptime time age waiting running connected "
      "unacknowledged messages messages_ready peak ram available open timestamp latency interval timeout");
}

bool names_identifier(std::string_view name) {
  const auto all = tokens(name);
  if (all.empty()) return false;
  return in_list(
      all.back(),
      "id pid ppid port build uid gid cid iid sid uuid clock index idx version number pos revision proto type "
      "modifier1 modifier2");
}

std::optional<Unit> unit_of(std::string_view name) {
  static constexpr std::array units = {
      Unit{"ms", "ms", "seconds"},          Unit{"msec", "ms", "seconds"},
      Unit{"millis", "ms", "seconds"},      Unit{"milliseconds", "ms", "seconds"},
      Unit{"us", "us", "seconds"},          Unit{"usec", "us", "seconds"},
      Unit{"micros", "us", "seconds"},      Unit{"microseconds", "us", "seconds"},
      Unit{"ns", "ns", "seconds"},          Unit{"nanos", "ns", "seconds"},
      Unit{"nanoseconds", "ns", "seconds"}, Unit{"seconds", "", "seconds"},
      Unit{"secs", "", "seconds"},          Unit{"sec", "", "seconds"},
      Unit{"minutes", "min", "seconds"},    Unit{"hours", "h", "seconds"},
      Unit{"days", "d", "seconds"},         Unit{"bytes", "", "bytes"},
      Unit{"kilobytes", "kB", "bytes"},     Unit{"megabytes", "MB", "bytes"},
      Unit{"gigabytes", "GB", "bytes"},     Unit{"kb", "KiB", "bytes"},
      Unit{"kib", "KiB", "bytes"},          Unit{"mb", "MiB", "bytes"},
      Unit{"mib", "MiB", "bytes"},          Unit{"gb", "GiB", "bytes"},
      Unit{"gib", "GiB", "bytes"},          Unit{"percent", "percent", "ratio"},
      Unit{"pct", "percent", "ratio"},      Unit{"percentage", "percent", "ratio"},
  };
  const auto all = tokens(name);
  if (all.empty()) return std::nullopt;
  for (const Unit& unit : units)
    if (all.back() == unit.token) return unit;
  return std::nullopt;
}

}  // namespace tallyman::infer
