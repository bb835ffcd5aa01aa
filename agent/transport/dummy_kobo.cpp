// A hub with ten workers. Each working worker has lanes; a lane does one task after the other,
// each for a fixed period: the task waits (FREE, no worker yet), is handed out (ASSIGNED), runs
// (OPEN) and is gone. So loads, task counts and the task list agree at every moment, whatever the
// step between two looks. The hub's local time is UTC.
#include <array>
#include <ctime>
#include <vector>

#include "transport/dummy_parts.h"

namespace tallyman::transport::dummy {
namespace {

enum class Life { working, disabled, gone, never_seen };

struct Worker {
  int id;
  const char* name;
  int max_load;
  std::array<int, 2> arches;    // ids; 0: none
  std::array<int, 2> channels;  // ids; 0: none
  int lanes;                    // at most max_load / 4: the heaviest task weighs 4
  Life life;
};

constexpr std::array<const char*, 6> arch_names = {"", "noarch", "x86_64", "aarch64", "ppc64le", "s390x"};
constexpr std::array<const char*, 4> channel_names = {"", "default", "heavy", "images"};
constexpr std::array<const char*, 4> methods = {"BuildPush", "Scan", "ImageBuild", "SignRpm"};
constexpr std::array<const char*, 4> owners = {"reader", "release", "nightly", "alice"};
constexpr std::array<const char*, 3> state_labels = {"FREE", "ASSIGNED", "OPEN"};

constexpr std::array<Worker, 10> workers = {{
    {1, "builder-01.hub.example.org", 60, {1, 2}, {1, 2}, 8, Life::working},
    {2, "builder-02.hub.example.org", 60, {1, 2}, {1, 2}, 7, Life::working},
    {3, "builder-03.hub.example.org", 40, {1, 2}, {1, 0}, 6, Life::working},
    {4, "builder-04.hub.example.org", 16, {1, 3}, {1, 0}, 4, Life::working},
    {5, "builder-05.hub.example.org", 16, {3, 0}, {1, 3}, 3, Life::working},
    {6, "builder-06.hub.example.org", 8, {4, 0}, {1, 0}, 2, Life::working},
    {7, "builder-07.hub.example.org", 8, {5, 0}, {1, 0}, 2, Life::working},
    {8, "builder-08.hub.example.org", 20, {1, 2}, {3, 0}, 0, Life::disabled},
    {9, "builder-09.hub.example.org", 20, {1, 2}, {2, 0}, 0, Life::gone},
    {10, "builder-10.hub.example.org", 10, {1, 2}, {1, 0}, 0, Life::never_seen},
}};

struct Task {
  std::int64_t id, created, started;  // epoch seconds; started only if open
  const Worker* worker;
  int state, weight;  // 0 FREE, 1 ASSIGNED, 2 OPEN
  std::uint64_t rolled;
};

std::vector<Task> tasks_at(std::uint64_t seed, std::int64_t now) {
  constexpr std::int64_t assigned_for = 3;
  std::vector<Task> out;
  std::uint64_t lane_number = 0;
  for (const Worker& worker : workers)
    for (int lane = 0; lane < worker.lanes; ++lane) {
      ++lane_number;
      const std::int64_t period = pick(roll(seed, lane_number, 1), 40, 200);
      const std::int64_t shifted = now + pick(roll(seed, lane_number, 2), 0, period - 1);
      const std::int64_t turn = shifted / period, into = shifted % period;
      const std::uint64_t rolled = roll(seed, lane_number, 1000 + static_cast<std::uint64_t>(turn));
      const std::int64_t idle = pick(rolled, 0, period / 3), waits = pick(rolled >> 16, 5, period / 4);
      if (into < idle) continue;
      const std::int64_t assigned_at = idle + waits, open_at = assigned_at + assigned_for;
      Task task;
      task.id = turn * 100 + static_cast<std::int64_t>(lane_number);
      task.created = now - (into - idle);
      task.started = now - (into - open_at);
      task.worker = &worker;
      task.state = into < assigned_at ? 0 : into < open_at ? 1 : 2;
      task.weight = static_cast<int>(pick(rolled >> 32, 1, 4));
      task.rolled = rolled;
      out.push_back(task);
    }
  return out;
}

std::string time_text(std::int64_t epoch, const char* format) {
  const std::time_t seconds = epoch;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char out[32];
  return std::string(out, std::strftime(out, sizeof out, format, &parts));
}

std::string named(const char* const* names, const std::array<int, 2>& ids, bool pretty) {
  std::string out;
  for (const int id : ids) {
    if (id == 0) continue;
    Object item;
    item.number("id", id).text("name", names[id]);
    if (pretty) item.text("pretty_name", names[id]);
    append_item(out, item.done());
  }
  return closed(out);
}

std::string worker_json(const Worker& worker, const std::vector<Task>& tasks, std::uint64_t seed, std::int64_t now) {
  std::int64_t load = 0, count = 0;
  for (const Task& task : tasks)
    if (task.worker == &worker && task.state == 2) load += task.weight, ++count;
  const bool enabled = worker.life == Life::working || worker.life == Life::never_seen;
  std::int64_t seen =
      now - pick(roll(seed, 500 + static_cast<std::uint64_t>(worker.id), static_cast<std::uint64_t>(now)), 0,
                 20);                                                     // it calls every 20 s
  if (worker.life == Life::gone) seen = now - now % 86'400 - 3 * 86'400;  // some night three days ago
  Object out;
  out.number("id", worker.id).text("name", worker.name);
  out.raw("arches", named(arch_names.data(), worker.arches, true));
  out.raw("channels", named(channel_names.data(), worker.channels, false));
  out.flag("enabled", enabled).number("max_load", worker.max_load);
  out.flag("ready", enabled && load < worker.max_load && count < 3 * worker.max_load);
  out.number("task_count", count).number("current_load", load);
  if (worker.life == Life::never_seen)
    out.raw("last_seen", "null");
  else
    out.text("last_seen", time_text(seen, "%Y-%m-%dT%H:%M:%SZ"));
  return out.text("version", "0.41.0").done();
}

std::string task_json(const Task& task) {
  constexpr const char* naive = "%Y-%m-%d %H:%M:%S";
  const char* const method = methods[(task.rolled >> 40) % methods.size()];
  const auto& arches = task.worker->arches;
  const auto& channels = task.worker->channels;
  const int arch = arches[1] != 0 ? arches[(task.rolled >> 44) % 2] : arches[0];
  const int channel = channels[1] != 0 ? channels[(task.rolled >> 45) % 2] : channels[0];
  Object out;
  out.number("id", task.id).text("owner", owners[(task.rolled >> 48) % owners.size()]);
  out.raw("worker", task.state == 0 ? "null" : std::to_string(task.worker->id));
  out.raw("parent", "null").number("state", task.state);
  out.text("label", std::string(method) + " " + std::to_string(task.id)).text("method", method);
  out.raw("args", "{}").text("result", "").flag("exclusive", false);
  out.number("arch", arch).number("channel", channel).raw("timeout", "null");
  out.flag("waiting", false).flag("awaited", false);
  out.text("dt_created", time_text(task.created, naive));
  out.raw("dt_started", task.state == 2 ? json_quoted(time_text(task.started, naive)) : "null");
  out.raw("dt_finished", "null").number("priority", 10).number("weight", task.weight);
  out.raw("resubmitted_by", "null").raw("resubmitted_from", "null");
  out.text("state_label", state_labels[static_cast<std::size_t>(task.state)]);
  return out.flag("is_finished", false).flag("is_failed", false).done();
}

}  // namespace

std::optional<std::string> kobo_body(std::string_view path, std::uint64_t seed, std::int64_t now) {
  const std::vector<Task> tasks = tasks_at(seed, now);
  std::string out;
  if (path == "/workers")
    for (const Worker& worker : workers) append_item(out, worker_json(worker, tasks, seed, now));
  else if (path == "/tasks")
    for (const Task& task : tasks) append_item(out, task_json(task));
  else
    return std::nullopt;
  return closed(out);
}

}  // namespace tallyman::transport::dummy
