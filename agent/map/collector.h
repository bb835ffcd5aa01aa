// A collector, compiled: what is asked and what answers mean, bound to one target's parameters.
// Pure: no clock, no socket, no thread. poll/ drives it:
//
//   for each request in order():  calls() -> fetch -> read() -> next_page() -> ...
//   then map(all answers) -> Output
#pragma once
#include <array>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "config/agent_config.h"
#include "config/collector_file.h"
#include "core/batch.h"
#include "core/diagnostic.h"
#include "core/reply_headers.h"
#include "core/request.h"
#include "core/result.h"
#include "decode/document.h"
#include "decode/prometheus_text.h"

namespace tallyman::map {

using Variables = std::vector<std::pair<std::string, config::Scalar>>;

// One request to make, and what it is asked for.
struct Call : Request {
  Variables variables;               // of for_each
  std::int64_t page = 0;             // which page it is, from 0
  std::optional<std::int64_t> last;  // numbered pages: the last parameter, read on the first page
  // The calls that this one makes in their place, in order (`batch`): its reply is for read_joined().
  std::vector<Call> joined;
  // It cannot be written, and is not to be made: the item of a follow-up is lost.
  std::optional<Error> unwritable;

  bool asks_the_same(const Call& other) const {
    return static_cast<const Request&>(*this) == static_cast<const Request&>(other);
  }
};

// Where a call's path and headers have this character, the session's token goes: `{token}`. No other
// control character can be in them.
inline constexpr char token_place = '\x1a';

// How a collector logs in.
struct LoginInfo {
  bool optional = false;   // only where the target has user and password
  bool uses_auth = false;  // inserts them
  bool follow = true;      // redirects; else they are an answer that is accepted
  std::optional<Nanoseconds> timeout;
};

// What came back, for read().
struct Raw {
  int status = 0;  // 0: not http (streams, file, dummy)
  ReplyHeaders headers;
  std::string body;    // decoded (gzip, chunks)
  double arrived = 0;  // epoch seconds
  // What its document may take at most, where the poll's other answers leave less than the target's limits.
  std::size_t room = std::numeric_limits<std::size_t>::max();
};

// One document of one request.
struct Answer {
  std::unique_ptr<decode::Document> document;
  std::unique_ptr<decode::PromText> families;  // format: prometheus
  ReplyHeaders headers;
  double arrived = 0;
  Variables variables;
  std::size_t not_utf8 = 0;   // label values that were mended while it was read
  std::size_t bytes() const;  // what it takes in memory, whatever its format
  std::size_t too_long = 0;   // samples that were left out for a name too long, and helps that were cut
};

struct RequestInfo {
  std::string name;
  bool optional = false;
  bool follow_up = false;  // has for_each: from; a 404 or 410 means that the item is gone
  std::optional<Nanoseconds> every, timeout;
  std::vector<std::size_t> needs;  // requests that must be answered before
  // The first request that asks exactly the same: where both are due, its reply answers both, each with its `expect`.
  std::optional<std::size_t> same_as;
  // Without its answers nobody knows who is gone: a rule lists workers by them, or by those of a request that follows.
  bool lists_workers = false, leads_to_workers = false;
};

// Tells items of follow-ups apart, from poll to poll: the request and its variables. 0: of no item.
std::uint64_t item_key(std::size_t request, const Variables& variables);

// Why a rule gave less than it could have. `missing` and `skipped` are not errors.
// `utf8`: a text had bytes that are not UTF-8, and is shown with U+FFFD in their place.
enum class Reason : std::uint8_t { type, map, duplicate, limit, range, utf8, missing, skipped };
inline constexpr std::size_t reason_count = 8;
std::string_view to_string(Reason reason);

struct RuleCount {
  std::uint32_t rule = 0;  // index into rule_names()
  Reason reason = Reason::type;
  std::uint64_t count = 0;
};

// What a rule (a table, a passthrough) found to run on in the answers it reads.
struct RuleFound {
  enum class Base : std::uint8_t {
    unasked,  // there was no such answer: nothing is known
    absent,   // where the first step of `each` looks there is nothing, its follow-ups had no list to go by, or no item
              // of a list of workers has a name
    there,
  };
  Base base = Base::unasked;
  std::uint64_t items = 0;  // nodes that `each` selected; of a passthrough, samples
};

// A worker that the answers name, for its life cycle.
struct WorkerEntry {
  std::uint32_t labels = 0;  // label set `worker="..."` in block 0
  std::uint32_t info = 0;    // label set of tally_worker_info, 0 if none
  std::optional<bool> enabled;
  std::uint32_t block = 0;  // that its derived samples are in: 0 unless only another block names it
  std::uint64_t item = 0;   // of which follow-up the answer was that named it: item_key()
};

// Samples of one freshness: block 0 is what required requests of the target's interval said; each
// optional request and each with `every` has a block of its own.
struct Block {
  SampleBatch batch;
  std::vector<std::size_t> requests;  // whose answers are in it; its age is the oldest's
};

struct Output {
  std::vector<Block> blocks;         // at least one
  std::vector<WorkerEntry> workers;  // all blocks together; labels and info refer to block 0's sets
  // Where the agent counted workers that are offline, one sample of tally_workers per pool, all in
  // one block. What a service says of a pool itself is not among them.
  std::uint32_t count_block = 0;
  std::vector<std::uint32_t> offline_counts;  // samples of that block
  std::optional<Nanoseconds> grace;           // as the worker rules say
  std::vector<RuleCount> counts;
  std::size_t samples = 0;
  std::size_t text = 0;          // what they take as text, as `Limits::text()` bounds it
  bool has_workers = false;      // the collector has worker rules
  std::vector<RuleFound> found;  // per rule_names()
  // A rule that lists workers is absent: that no worker is named does not say that they are gone.
  bool no_worker_list = false;
};

struct Explanation;  // map/explanation.h

class Collector {
 public:
  // Compiles for one target. Errors (queries, states, cycles, parameters ...) are appended with
  // their position; empty when there was one. `target` may be null: parameters keep their
  // defaults, and unset ones are not errors (for `check` and `collectors`).
  static std::shared_ptr<const Collector> compile(const config::CollectorFile& file, const config::Target* target,
                                                  Diagnostics& out);
  virtual ~Collector() = default;

  virtual const std::string& name() const = 0;
  virtual const std::string& system() const = 0;
  virtual const std::vector<RequestInfo>& requests() const = 0;
  virtual const std::vector<std::size_t>& order() const = 0;       // of requests, dependencies first
  virtual const std::vector<std::string>& rule_names() const = 0;  // "workers[0]", "queues[1]", "passthrough[0]"
  // Whether the body of one reply is all that read() and map() go by: no other request, no header, no time.
  bool body_only() const { return only_call() != nullptr; }
  // Of such a collector: the one call that all its requests are, at every poll. Null of others.
  virtual const std::shared_ptr<const Call>& only_call() const {
    static const std::shared_ptr<const Call> none;
    return none;
  }
  // All families that map() can give; nothing if answers name some (passthrough, flatten).
  virtual std::optional<std::vector<std::string>> families() const { return std::nullopt; }

  // answers[i] are the answers of request i so far (those it needs are complete).
  using Answers = std::vector<std::vector<Answer>>;

  // The first calls of a request: one, or one per item of its for_each.
  // Errors: Stage::map, Stage::limit (follow_ups).
  virtual Result<std::vector<Call>> calls(std::size_t request, const Answers& answers) const = 0;
  // Decodes and checks status, format and `expect`.
  // Errors: auth, status (with retry_after), decode, refused, limit. An empty answer (no document)
  // means that the item of a follow-up is gone.
  virtual Result<std::optional<Answer>> read(std::size_t request, const Call& call, Raw raw) const = 0;
  virtual Result<std::optional<Call>> next_page(std::size_t request, const Call& call, const Answer& answer) const = 0;
  // The reply to a joined call: one result per call of `call.joined`, in order.
  // Errors: of the whole, as of read(); then ask_alone() tells what to do.
  using Joined = std::vector<Result<Answer>>;
  virtual Result<Joined> read_joined(std::size_t request, const Call& call, Raw raw) const = 0;
  // Whether a joined call that failed so may succeed call by call: one of them may be the reason
  // (a value the service cannot send, a body over the limit). Not when the service was not reached,
  // refused the credentials or asked for patience.
  static bool ask_alone(const Error& error);

  // A session, where the collector has `login`; else null, and the others are not called.
  virtual const LoginInfo* login() const { return nullptr; }
  virtual Result<Call> login_call(const std::string&, const std::string&) const { return Call(); }  // user, password
  // The token that the answer gives, "" if the session is in its cookies.
  // Errors: auth when it says no; else as of read(), or map when the token is not there.
  virtual Result<std::string> read_login(Raw) const { return std::string(); }
  // Whether an answer means that there is no session, or no longer: 401, 403, a fault of `again`.
  virtual std::optional<Error> session_lost(int /*status*/, std::string_view /*body*/) const { return std::nullopt; }

  // `lost`, if given, per request: it failed, and no earlier answers stand in for it.
  // Errors: Stage::limit (samples), Stage::map (flatten over `max`).
  using Lost = std::vector<bool>;
  virtual Result<Output> map(const Answers& answers, const Lost& lost) const = 0;
  Result<Output> map(const Answers& answers) const { return map(answers, Lost()); }
  // The same, and `out` says what became of each rule. `nanoseconds`: a clock; this layer has none.
  using Ticks = std::function<std::uint64_t()>;
  virtual Result<Output> explain(const Answers& answers, const Lost& lost, const Ticks& /*nanoseconds*/,
                                 Explanation& /*out*/) const {
    return map(answers, lost);
  }
};

}  // namespace tallyman::map
