// What names and words of unknown services usually mean: tables, and how names are compared. The
// keys are those of the collector language (collectors/README.md 5.1 to 5.3); a test loads every one.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tallyman::infer {

// `maxConcurrency`, `max-concurrency`, `Max Concurrency` -> `max_concurrency`.
std::string plain(std::string_view name);
std::vector<std::string_view> tokens(std::string_view plain_name);
bool has_token(std::string_view plain_name, std::string_view list);  // one of a list with blanks between
bool in_list(std::string_view word, std::string_view list);

// What the items of a list are.
enum class Role : unsigned char { none, workers, queues, consumers, tasks };

// How much the name of a list speaks for what it holds: 0 to 6.
struct Guess {
  Role role = Role::none;
  int weight = 0;
};
std::vector<Guess> guesses_of_list(std::string_view plain_name);

bool names_things(std::string_view plain_name);  // surely a list of one of these
bool is_envelope(std::string_view plain_name);   // says nothing of what is in it: data, items

// One row of a table of fields: a key of the language, the names it usually has (best first), the
// kind of value it needs, and how much having it speaks for that kind of list.
enum class Want : unsigned char {
  flag,       // boolean, or 0 and 1
  not_flag,   // the same, and means the opposite
  number,     // figures
  count,      // figures, or a list whose elements are counted
  list,       // a list of tasks: those at work are counted
  moment,     // a point in time
  time_span,  // a moment, or seconds since
  word,       // a text
};
struct Field {
  std::string_view key;
  std::string_view names;
  Want want;
  int weight;
};
const std::vector<Field>& worker_fields();
const std::vector<Field>& queue_fields();
const std::vector<Field>& service_fields();
// agent_status -> status; of a time also last_heartbeat_utc -> last_heartbeat.
std::string bare(std::string_view plain_name, bool time);
std::string without_task(std::string_view plain_name);  // waiting_jobs, num_waiting -> waiting
// Objects within an item whose members may stand for the item's own.
bool may_hold_fields(std::string_view plain_name);

int identity_weight(std::string_view plain_name, Role role);  // 0: names no identity
bool names_state(std::string_view plain_name);
bool names_queue(std::string_view plain_name);   // one thing that holds what waits: q, task_queue
bool names_group(std::string_view plain_name);   // of a queue: vhost, tenant, ..
bool names_secret(std::string_view plain_name);  // never shown

// Into the states of workers and of tasks; empty if the word is not known.
std::string_view worker_state_of(std::string_view word);
std::string_view task_state_of(std::string_view word);

bool names_time(std::string_view plain_name);        // a number of that name may be a time
bool names_time_span(std::string_view plain_name);   // .. or a span of one
bool names_counter(std::string_view plain_name);     // only ever grows, as far as its name says
bool names_gauge(std::string_view plain_name);       // can fall for sure: a growing sample is no proof
bool names_identifier(std::string_view plain_name);  // a number that counts nothing: pid, port

// `uptime_ms`: the unit is the last token.
struct Unit {
  std::string_view token, as, base;  // as: empty = base unit already
};
std::optional<Unit> unit_of(std::string_view plain_name);

}  // namespace tallyman::infer
