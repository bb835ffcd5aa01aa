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
    StateWord{"draining drain drained landing retiring quiet stopping nolb decommissioning terminating closing leaving "
              "shutting_down",
              "draining"},
    StateWord{"paused pause suspended cheap disabled maint maintenance standby inactive cordoned", "paused"},
    StateWord{"starting booting initializing initialising launching provisioning installing new joining pending init",
              "starting"},
    StateWord{"offline down dead stopped disconnected lost terminated exited unreachable stalled closed missing left "
              "unavailable shutdown false stale never_contacted never_connected not_connected",
              "offline"},
    StateWord{"failed error errored crashed fatal unhealthy critical red", "failed"},
};
constexpr std::array task_state_words = {
    StateWord{"pending queued waiting ready received free new submitted available enqueued created", "ready"},
    StateWord{"running started active executing processing open assigned in_progress building working", "active"},
    StateWord{"scheduled delayed deferred", "delayed"},
    StateWord{"retry retrying retryable retries", "retry"},
    StateWord{"blocked suspended held hold paused", "blocked"},
    StateWord{"failed failure error errored cancelled canceled timeout revoked dead rejected discarded", "failed"},
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

std::string without_task(std::string_view name) {
  constexpr std::string_view nouns =
      "job jobs task tasks message messages msgs count num number items slots apps applications registry";
  auto all = tokens(name);
  if (all.size() > 1 && !in_list(all.back(), nouns) && in_list(all.front(), nouns)) all.erase(all.begin());
  while (all.size() > 1 && in_list(all.back(), nouns)) all.pop_back();
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
  if (time && all.size() > 1 && in_list(all.back(), "utc time at ts timestamp date on ms")) all.pop_back();
  std::string out;
  for (const std::string_view token : all) out += (out.empty() ? "" : "_") + std::string(token);
  return out;
}

bool names_state(std::string_view plain_name) {
  const std::string name = bare(plain_name, false);
  return in_list(name,
                 "state status statename state_name status_name node_state worker_state job_state task_state "
                 "current_state run_state health "
                 "health_status connection_state activity_status activity lifecycle phase");
}

bool names_queue(std::string_view name) {
  return in_list(name, "q queue task_queue job_queue work_queue request_queue wait_queue");
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
