// RabbitMQ's management API with eight queues on three nodes. Each queue has one rising function
// of time F, messages published. What was delivered is F some seconds ago, what was acknowledged
// is F a little earlier still: so ready and unacknowledged messages are never negative, rise and
// fall with the traffic, and the counters agree and never fall.
#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <vector>

#include "transport/dummy_parts.h"

namespace tallyman::transport::dummy {
namespace {

// Counters count from here (November 2023), so that they are as old on every machine.
constexpr std::int64_t began = 1'700'000'000;
constexpr int nodes = 3;

struct Queue {
  const char* vhost;
  const char* name;
  double rate;                         // messages per second, on average; 0: never used
  int ready_seconds, unacked_seconds;  // how long a message waits, and is worked on
  int consumers, prefetch;
  int max_length;  // x-max-length, 0: none
};

constexpr std::array<Queue, 8> queues = {{
    {"/", "celery", 12, 6, 2, 4, 50, 0},
    {"/", "celery.slow", 0.5, 40, 20, 1, 10, 0},
    {"/", "unused", 0, 0, 0, 0, 0, 0},
    {"prod", "orders", 30, 3, 1, 6, 100, 10000},
    {"prod", "orders.dlq", 0.002, 0, 0, 0, 0, 1000},
    {"prod", "mail/send", 2, 15, 5, 2, 20, 0},
    {"prod", "thumbnails", 5, 20, 8, 3, 30, 0},
    {"prod", "reports", 0.1, 120, 60, 1, 1, 0},
}};

// Messages published up to `now`: the rate swings between 0.2 and 1.8 of its mean, never below 0.
std::int64_t published(const Queue& queue, std::uint64_t seed, std::uint64_t which, std::int64_t now) {
  constexpr double pi = 3.14159265358979323846;
  const auto t = static_cast<double>(std::max<std::int64_t>(now - began, 0));
  const double period = static_cast<double>(pick(roll(seed, which, 1), 120, 600));
  const double swing = 0.8 * queue.rate * period / (2 * pi);
  const double phase = static_cast<double>(roll(seed, which, 2) % 1000) / 1000;
  const double wave_now = std::sin(2 * pi * (t / period + phase)), wave_then = std::sin(2 * pi * phase);
  return static_cast<std::int64_t>(std::max(0.0, queue.rate * t + swing * (wave_now - wave_then)));
}

struct Counts {
  std::int64_t published = 0, delivered = 0, acked = 0, ready = 0;
  std::int64_t unacked() const { return delivered - acked; }
};

Counts counts(std::size_t index, std::uint64_t seed, std::int64_t now) {
  const Queue& queue = queues[index];
  Counts out;
  out.published = published(queue, seed, index, now);
  if (queue.consumers == 0) {
    out.ready = queue.max_length > 0 ? std::min<std::int64_t>(out.published, queue.max_length) : out.published;
    return out;
  }
  out.delivered = published(queue, seed, index, now - queue.ready_seconds);
  out.acked = published(queue, seed, index, now - queue.ready_seconds - queue.unacked_seconds);
  out.ready = out.published - out.delivered;
  return out;
}

void with_rate(Object& out, const char* name, std::int64_t value, std::int64_t five_seconds_ago) {
  out.number(name, value);
  Object details;
  details.real("rate", static_cast<double>(value - five_seconds_ago) / 5);
  out.raw(std::string(name) + "_details", details.done());
}

std::string message_stats(const Counts& now, const Counts& then) {
  Object out;
  if (now.acked > 0) {
    with_rate(out, "ack", now.acked, then.acked);
    with_rate(out, "deliver", now.delivered, then.delivered);
    with_rate(out, "deliver_get", now.delivered, then.delivered);
  }
  with_rate(out, "publish", now.published, then.published);
  if (now.acked > 0) with_rate(out, "redeliver", now.delivered / 50, then.delivered / 50);
  return out.done();
}

std::string node_name(int node) { return "rabbit@broker-" + std::to_string(node + 1); }

using Columns = std::vector<std::string_view>;

std::string queue_json(std::size_t index, std::uint64_t seed, std::int64_t now, const Columns& columns) {
  constexpr std::int64_t message_size = 640;
  const Queue& queue = queues[index];
  const Counts have = counts(index, seed, now), had = counts(index, seed, now - 5);
  const std::int64_t messages = have.ready + have.unacked();
  Object arguments;
  if (queue.max_length > 0) arguments.number("x-max-length", queue.max_length);
  std::vector<std::pair<std::string_view, std::string>> members = {
      {"arguments", arguments.done()},
      {"auto_delete", "false"},
      {"consumer_capacity", queue.consumers > 0 ? "1" : "0"},
      {"consumer_utilisation",
       queue.consumers > 0 ? "0." + std::to_string(pick(roll(seed, index, static_cast<std::uint64_t>(now / 5)), 70, 99))
                           : "0"},
      {"consumers", std::to_string(queue.consumers)},
      {"durable", "true"},
      {"exclusive", "false"},
      {"head_message_timestamp",
       have.ready > 0 && queue.consumers > 0 ? std::to_string(now - queue.ready_seconds) : "null"},
      {"memory", std::to_string(25'000 + messages * 120)},
      {"message_bytes", std::to_string(messages * message_size)},
      {"message_bytes_ready", std::to_string(have.ready * message_size)},
      {"message_bytes_unacknowledged", std::to_string(have.unacked() * message_size)},
      {"messages", std::to_string(messages)},
      {"messages_ready", std::to_string(have.ready)},
      {"messages_unacknowledged", std::to_string(have.unacked())},
      {"name", json_quoted(queue.name)},
      {"node", json_quoted(node_name(static_cast<int>(index) % nodes))},
      {"policy", "null"},
      {"state", "\"running\""},
      {"type", "\"classic\""},
      {"vhost", json_quoted(queue.vhost)}};
  if (have.published > 0)  // as the real one: absent until the first event
    members.insert(members.begin() + 12, {"message_stats", message_stats(have, had)});
  Object out;
  for (const auto& [name, json] : members)
    if (columns.empty() || std::find(columns.begin(), columns.end(), name) != columns.end()) out.raw(name, json);
  return out.done();
}

std::string_view parameter(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::string_view part = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), part.size() + 1));
    if (part.size() > name.size() && part[name.size()] == '=' && part.starts_with(name))
      return part.substr(name.size() + 1);
  }
  return {};
}

std::optional<std::int64_t> positive(std::string_view text, std::int64_t otherwise) {
  if (text.empty()) return otherwise;
  std::int64_t out = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (ec != std::errc() || end != text.data() + text.size() || out < 1) return std::nullopt;
  return out;
}

Columns columns_of(std::string_view text) {
  Columns out;
  while (!text.empty()) {
    std::size_t end = text.find(','), width = 1;
    if (const std::size_t encoded = text.find("%2C"); encoded < end) end = encoded, width = 3;
    const std::string_view column = text.substr(0, end);
    out.push_back(column.substr(0, column.find('.')));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + width);
  }
  return out;
}

// An array; with `page` an object around it.
std::optional<std::string> queues_json(std::string_view query, std::uint64_t seed, std::int64_t now) {
  const Columns columns = columns_of(parameter(query, "columns"));
  const bool paged = !parameter(query, "page").empty();
  const auto total = static_cast<std::int64_t>(queues.size());
  const std::optional<std::int64_t> page = positive(parameter(query, "page"), 1);
  const std::optional<std::int64_t> size = positive(parameter(query, "page_size"), 100);
  if (!page || !size) return std::nullopt;
  const std::int64_t pages = (total + *size - 1) / *size;
  if (*page > pages) return std::nullopt;
  const std::int64_t from = paged ? (*page - 1) * *size : 0, to = paged ? std::min(from + *size, total) : total;
  std::string items;
  for (std::int64_t i = from; i < to; ++i)
    append_item(items, queue_json(static_cast<std::size_t>(i), seed, now, columns));
  if (!paged) return closed(items);
  Object out;
  out.number("filtered_count", total).number("item_count", to - from).raw("items", closed(items));
  out.number("page", *page).number("page_count", pages).number("page_size", *size).number("total_count", total);
  return out.done();
}

std::string node_json(int node, std::uint64_t seed, std::int64_t now) {
  // The third node restarts every quarter of an hour and needs 45 s for it; a node that is down
  // has nothing but a name.
  constexpr std::int64_t cycle = 900, down_for = 45;
  const bool restarts = node == nodes - 1;
  const std::int64_t into = (now + pick(roll(seed, 99), 0, cycle - 1)) % cycle;
  Object out;
  out.text("name", node_name(node)).text("type", "disc");
  if (restarts && into < down_for) return out.flag("running", false).done();
  const auto which = static_cast<std::uint64_t>(node);
  const auto t = static_cast<double>(now);
  const std::int64_t up = restarts ? into - down_for : std::max<std::int64_t>(now - began, 0);
  out.flag("running", true).number("uptime", up * 1000).number("processors", 4).number("run_queue", 1);
  out.number("mem_limit", 6'442'450'944);
  out.number("mem_used", 200'000'000 + static_cast<std::int64_t>(9e8 * wave(seed, which, t, 300)));
  out.flag("mem_alarm", false).number("disk_free_limit", 50'000'000).number("disk_free", 78'172'295'168);
  out.flag("disk_free_alarm", false).number("fd_total", 20'000);
  out.number("fd_used", 40 + static_cast<std::int64_t>(80 * wave(seed, which + 10, t, 200)));
  out.number("sockets_total", 17'910);
  out.number("sockets_used", 5 + static_cast<std::int64_t>(60 * wave(seed, which + 20, t, 200)));
  out.number("proc_total", 1'048'576);
  out.number("proc_used", 385 + static_cast<std::int64_t>(300 * wave(seed, which + 30, t, 200)));
  return out.done();
}

std::string overview_json(std::uint64_t seed, std::int64_t now) {
  Counts have, had;
  std::int64_t consumers = 0;
  for (std::size_t i = 0; i < queues.size(); ++i) {
    for (const auto& [sum, at] : {std::pair(&have, now), std::pair(&had, now - 5)}) {
      const Counts one = counts(i, seed, at);
      sum->published += one.published, sum->delivered += one.delivered;
      sum->acked += one.acked, sum->ready += one.ready;
    }
    consumers += queues[i].consumers;
  }
  Object totals, objects, out;
  totals.number("messages", have.ready + have.unacked()).number("messages_ready", have.ready);
  totals.number("messages_unacknowledged", have.unacked());
  objects.number("channels", consumers).number("connections", consumers).number("consumers", consumers);
  objects.number("exchanges", 14).number("queues", static_cast<std::int64_t>(queues.size()));
  out.text("management_version", "3.10.8").text("rates_mode", "basic").text("product_version", "3.10.8");
  out.text("product_name", "RabbitMQ").text("rabbitmq_version", "3.10.8").text("cluster_name", "rabbit@broker");
  out.text("erlang_version", "25.2.3").raw("message_stats", message_stats(have, had));
  out.raw("queue_totals", totals.done()).raw("object_totals", objects.done());
  return out.number("statistics_db_event_queue", 0).text("node", node_name(0)).done();
}

std::string consumers_json() {
  std::string out;
  for (const Queue& queue : queues)
    for (int i = 0; i < queue.consumers; ++i) {
      Object item, where, channel;
      where.text("name", queue.name).text("vhost", queue.vhost);
      channel.text("node", node_name(0)).number("number", 1).text("user", "guest");
      item.raw("arguments", "{}").flag("ack_required", true).flag("active", true).text("activity_status", "up");
      item.raw("channel_details", channel.done()).text("consumer_tag", "ctag" + std::to_string(i + 1));
      item.flag("exclusive", false).number("prefetch_count", queue.prefetch).raw("queue", where.done());
      append_item(out, item.done());
    }
  return closed(out);
}

}  // namespace

std::optional<std::string> broker_body(std::string_view path, std::string_view query, std::uint64_t seed,
                                       std::int64_t now) {
  if (path == "/api/overview") return overview_json(seed, now);
  if (path == "/api/queues") return queues_json(query, seed, now);
  if (path == "/api/consumers") return consumers_json();
  if (path != "/api/nodes") return std::nullopt;
  std::string out;
  for (int node = 0; node < nodes; ++node) append_item(out, node_json(node, seed, now));
  return closed(out);
}

}  // namespace tallyman::transport::dummy
