// The dummies: shapes, ranges, agreement, movement, counters that never fall. Time is passed in.
#include "transport/dummy_source.h"

#include <cstring>

#include "rig.h"

namespace tallyman::test {
namespace {

using transport::dummy_body;

constexpr double noon = 1'795'348'800;  // 2026-11-22 12:00:00 UTC

std::string body(const char* name, const char* path, double at = noon, std::uint64_t seed = 1) {
  return dummy_body(name, path, seed, at).value_or("(none)");
}

// Every value of `"key":`, as text, in order. The dummies write no blanks and nest no key of a
// name that is asked for here.
std::vector<std::string> values(const std::string& json, const std::string& key) {
  std::vector<std::string> out;
  const std::string mark = "\"" + key + "\":";
  for (std::size_t at = json.find(mark); at != std::string::npos; at = json.find(mark, at + 1)) {
    std::size_t from = at + mark.size();
    while (json[from] == ' ') ++from;
    const std::size_t to = json[from] == '"' ? json.find('"', from + 1) + 1 : json.find_first_of(",}]\n", from);
    out.push_back(json.substr(from, to - from));
  }
  return out;
}

std::vector<long long> numbers(const std::string& json, const std::string& key) {
  std::vector<long long> out;
  for (const std::string& text : values(json, key)) out.push_back(std::stoll(text));
  return out;
}

// The keys of the first object of an array, in order, at its own level.
std::string keys_of_first(const std::string& json) {
  std::string out;
  int depth = 0;
  bool key = true;
  for (std::size_t at = 0; at < json.size(); ++at) {
    const char c = json[at];
    if (c == '{' || c == '[') ++depth, key = true;
    if (c == '}' || c == ']') --depth;
    if (c == ',') key = true;
    if (c == '}' && depth == 1) break;
    if (c != '"') continue;
    const std::size_t end = json.find('"', at + 1);
    if (depth == 2 && key && json[end + 1] == ':') out += (out.empty() ? "" : " ") + json.substr(at + 1, end - at - 1);
    key = false;
    at = end;
  }
  return out;
}

TEST_CASE("dummy: the same seed and second give the same figures, others do not") {
  const std::pair<const char*, const char*> pages[] = {{"kobo", "/workers"},        {"kobo", "/tasks"},
                                                       {"broker", "/api/queues"},   {"broker", "/api/nodes"},
                                                       {"broker", "/api/overview"}, {"site", ""}};
  for (const auto& [name, path] : pages) {
    INFO(name << path);
    CHECK(body(name, path, noon) == body(name, path, noon + 0.9));
    CHECK(body(name, path, noon) != body(name, path, noon + 60));
    CHECK(body(name, path, noon, 1) != body(name, path, noon, 2));
  }
}

TEST_CASE("dummy: what is not there") {
  for (const char* path : {"", "/", "/workers/1", "/api/nodes"}) CHECK_FALSE(dummy_body("kobo", path, 1, noon));
  for (const char* path : {"", "/workers", "/api/queues?page=0", "/api/queues?page=2", "/api/queues?page=x"})
    CHECK_FALSE(dummy_body("broker", path, 1, noon));
  CHECK_FALSE(dummy_body("other", "/", 1, noon));
}

TEST_CASE("dummy kobo: workers have the shape of the hub's get_worker_info") {
  const std::string workers = body("kobo", "/workers");
  CHECK(keys_of_first(workers) ==
        "id name arches channels enabled max_load ready task_count current_load last_seen version");
  CHECK(values(workers, "max_load").size() == 10);
  const std::vector<std::string> enabled = values(workers, "enabled");
  CHECK(std::count(enabled.begin(), enabled.end(), "false") == 2);
  const std::vector<std::string> seen = values(workers, "last_seen");
  CHECK(std::count(seen.begin(), seen.end(), "null") == 1);
  // A worker calls every 20 s.
  CHECK(seen[0].size() == std::strlen("\"2026-11-22T11:59:40Z\""));
  CHECK(seen[0] >= "\"2026-11-22T11:59:40Z\"");
  CHECK(seen[0] <= "\"2026-11-22T12:00:00Z\"");
  CHECK(
      workers.find(
          R"("arches":[{"id":1,"name":"noarch","pretty_name":"noarch"},{"id":2,"name":"x86_64","pretty_name":"x86_64"}])") !=
      std::string::npos);
  CHECK(workers.find(R"("channels":[{"id":1,"name":"default"},{"id":2,"name":"heavy"}])") != std::string::npos);
}

TEST_CASE("dummy kobo: tasks have the flat shape and agree with the workers, at any time") {
  CHECK(keys_of_first(body("kobo", "/tasks")) ==
        "id owner worker parent state label method args result exclusive arch channel timeout waiting awaited "
        "dt_created dt_started dt_finished priority weight resubmitted_by resubmitted_from state_label is_finished "
        "is_failed");
  long long most = 0, least = 1000;
  std::vector<int> states(3);
  for (int step = 0; step < 300; ++step) {
    const double at = noon + step * 7;
    const std::string workers = body("kobo", "/workers", at), tasks = body("kobo", "/tasks", at);
    const std::vector<long long> load = numbers(workers, "current_load"), max_load = numbers(workers, "max_load");
    const std::vector<long long> count = numbers(workers, "task_count");
    const std::vector<std::string> enabled = values(workers, "enabled"), ready = values(workers, "ready");
    std::vector<long long> load_of(10), count_of(10);
    const std::vector<long long> state = numbers(tasks, "state"), weight = numbers(tasks, "weight");
    const std::vector<std::string> worker = values(tasks, "worker"), started = values(tasks, "dt_started");
    const std::vector<std::string> created = values(tasks, "dt_created");
    for (std::size_t i = 0; i < state.size(); ++i) {
      ++states.at(static_cast<std::size_t>(state[i]));
      CHECK((worker[i] == "null") == (state[i] == 0));
      CHECK((started[i] == "null") == (state[i] != 2));
      CHECK(created[i].size() == std::strlen("\"2026-11-22 12:00:00\""));
      if (started[i] != "null") CHECK(created[i] < started[i]);
      if (state[i] != 2) continue;
      const auto index = static_cast<std::size_t>(std::stoi(worker[i]) - 1);
      load_of.at(index) += weight[i];
      ++count_of.at(index);
    }
    for (std::size_t i = 0; i < 10; ++i) {
      CHECK(load[i] == load_of[i]);
      CHECK(count[i] == count_of[i]);
      CHECK(load[i] <= max_load[i]);
      CHECK((ready[i] == "true") == (enabled[i] == "true" && load[i] < max_load[i] && count[i] < 3 * max_load[i]));
    }
    most = std::max(most, load[0]);
    least = std::min(least, load[0]);
  }
  CHECK(most >= least + 5);  // it moves
  CHECK(std::count(states.begin(), states.end(), 0) == 0);
}

TEST_CASE("dummy broker: pages of queues") {
  const std::string all = body("broker", "/api/queues");
  CHECK(values(all, "vhost").size() == 8);
  CHECK(all.front() == '[');
  const std::string page = body("broker", "/api/queues?page=3&page_size=3");
  CHECK(values(page, "vhost").size() == 2);
  for (const auto& [key, value] :
       {std::pair("filtered_count", 8), std::pair("item_count", 2), std::pair("page", 3), std::pair("page_count", 3),
        std::pair("page_size", 3), std::pair("total_count", 8)}) {
    INFO(key);
    CHECK(numbers(page, key) == std::vector<long long>{value});
  }
  CHECK_FALSE(dummy_body("broker", "/api/queues?page=4&page_size=3", 1, noon));
  // The query of the rabbitmq collector, commas encoded.
  const std::string columns = body("broker", "/api/queues?page_size=500&columns=name%2Cvhost,messages_ready&page=1");
  CHECK(values(columns, "name").size() == 8);
  CHECK(values(columns, "messages_ready").size() == 8);
  CHECK(values(columns, "state").empty());
  CHECK(values(columns, "publish").empty());
}

TEST_CASE("dummy broker: counters never fall, queues agree with them") {
  std::vector<long long> published(8), delivered(8), acked(8);
  long long most = 0, least = 1'000'000;
  for (int step = 0; step < 500; ++step) {
    const std::string queues = body("broker", "/api/queues", noon + step * 3);
    const std::vector<long long> ready = numbers(queues, "messages_ready"),
                                 unacked = numbers(queues, "messages_unacknowledged");
    REQUIRE(ready.size() == 8);
    // Each queue's object, by its arguments, which come first.
    std::size_t at = 1;
    for (std::size_t i = 0; i < 8; ++i) {
      const std::size_t next = queues.find("{\"arguments\":", at + 1);
      const std::string queue = queues.substr(at, next == std::string::npos ? next : next - at);
      at = next;
      CHECK(ready[i] >= 0);
      CHECK(unacked[i] >= 0);
      const auto counter = [&](const char* key) {
        const std::vector<long long> found = numbers(queue, key);
        return found.empty() ? 0 : found[0];
      };
      const long long p = counter("publish"), d = counter("deliver_get"), a = counter("ack");
      CHECK(p >= published[i]);
      CHECK(d >= delivered[i]);
      CHECK(a >= acked[i]);
      published[i] = p, delivered[i] = d, acked[i] = a;
      if (values(queue, "name")[0] == "\"unused\"") CHECK(values(queue, "message_stats").empty());
      if (d > 0) {
        CHECK(ready[i] == p - d);
        CHECK(unacked[i] == d - a);
      }
    }
    most = std::max(most, ready[0]);
    least = std::min(least, ready[0]);
  }
  CHECK(published[0] > 10'000'000);  // 12 a second since November 2023
  CHECK(most > least + 20);
}

TEST_CASE("dummy broker: nodes, one of which restarts; consumers; overview") {
  CHECK(keys_of_first(body("broker", "/api/nodes")).find("name type running uptime") == 0);
  int down = 0;
  for (int second = 0; second < 900; second += 5) {
    const std::string nodes = body("broker", "/api/nodes", noon + second);
    const std::vector<std::string> running = values(nodes, "running");
    REQUIRE(running.size() == 3);
    CHECK(running[0] == "true");
    if (running[2] == "false") {
      ++down;
      CHECK(numbers(nodes, "mem_used").size() == 2);
    }
    for (const long long used : numbers(nodes, "mem_used")) CHECK(used < 6'442'450'944);
    for (const long long used : numbers(nodes, "fd_used")) CHECK(used < 20'000);
  }
  CHECK(down == 9);  // 45 s of each 900
  CHECK(numbers(body("broker", "/api/consumers"), "prefetch_count").size() == 17);
  const std::string overview = body("broker", "/api/overview");
  CHECK(values(overview, "rabbitmq_version") == std::vector<std::string>{"\"3.10.8\""});
  CHECK(numbers(overview, "consumers") == std::vector<long long>{17});
}

TEST_CASE("dummy site: Reva's file, in its ranges") {
  const std::string file = body("site", "");
  CHECK(file.substr(0, 52) == "{\n    \"cs3_org_sciencemesh_site_total_num_users\": " + file.substr(50, 2));
  for (int step = 0; step < 1000; ++step) {
    const std::string now = body("site", "/metrics.json", noon + step * 11, 5);
    const long long users = numbers(now, "cs3_org_sciencemesh_site_total_num_users").at(0);
    const long long groups = numbers(now, "cs3_org_sciencemesh_site_total_num_groups").at(0);
    const long long storage = numbers(now, "cs3_org_sciencemesh_site_total_amount_storage").at(0);
    CHECK((users > 0 && users < 30'000));
    CHECK((groups > 0 && groups < 200));
    CHECK((storage > 0 && storage < 70'000'000'000));
  }
}

TEST_CASE("dummy: through a channel") {
  Rig rig;
  transport::Channel kobo = rig.channel("dummy:kobo?seed=7"), site = rig.channel("dummy:site");
  const Result<transport::Reply> workers = rig.get(kobo, "/workers");
  REQUIRE(workers);
  CHECK(workers->status == 200);
  CHECK(workers->headers == ReplyHeaders{{"content-type", "application/json"}});
  CHECK(workers->body == body("kobo", "/workers", workers->arrived, 7));
  CHECK(workers->wire_bytes == workers->body.size());
  CHECK(rig.get(kobo, "/nothing")->status == 404);
  CHECK(rig.get(site)->status == 200);
}

}  // namespace
}  // namespace tallyman::test
