// What the fields of workers, queues and services are called: tables of words.h, best names first.
#include "infer/words.h"

namespace tallyman::infer {

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
       "successful_jobs successful_job_count",
       Want::number, 2},
      {"tasks_failed_total",
       "tasks_failed task_failed failed failures exceptions errors failed_tasks tasks_errored jobs_failed "
       "failed_jobs failed_job_count",
       Want::number, 2},
      {"last_seen",
       "last_seen last_heartbeat heartbeat heartbeats lastheartbeat last_checkin last_contact last_ping last_activity "
       "last_update last_updated last_health_update last_access_time heartbeat_time last_seen_at last_active beat "
       "updated_at time_since_last_heartbeat timestamp last_heartbeat_time last_heartbeat_at heartbeat_at "
       "last_heard_from last_heard",
       Want::moment, 4},
      {"start",
       "started started_at start start_time last_spawn boot_time booted_at connected_at slurmd_start_time "
       "birth_date add_time added_at",
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
       "count msg_backlog len qlen qsize q_length q_len",
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
       "max_queue max_length max_size maxsize max_messages max_msgs qlimit queue_limit capacity limit slim slots "
       "total_slots",
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

}  // namespace tallyman::infer
