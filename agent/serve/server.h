// The HTTP server: one thread, its own loop, apart from the polls. It knows exposition and the
// store's view; everything else it does or shows is a function given to it. It answers GET and
// HEAD over HTTP/1.x, and POST to /-/reload; it knows no target, no poll and no configuration file.
//
// Limits: header 16 KiB, no request body, 512 connections (beyond that the one waiting longest is
// closed), 10 s for a header, 60 s between requests, `max_scrapes` scrapes at once.
#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/result.h"
#include "store/snapshot.h"

namespace tallyman::serve {

struct Check {
  std::string name;
  bool ok = false;
  std::string detail;  // shown with ?verbose, and whenever it fails
};

struct Reloaded {
  bool ok = false;
  std::string text;  // what is wrong or odd, a line each
};

// The configuration, for the landing page.
struct Configuration {
  struct Refused {
    double at = 0;
    std::string first;  // error
    std::size_t errors = 0;
  };
  double read = 0;  // epoch seconds: when that which runs was read
  bool reloaded = false;
  std::optional<Refused> refused;                            // the last one that was read, if it does not run
  std::vector<std::string> probe_collectors, probe_modules;  // that /probe may be asked for
};

// /probe?target=URL&collector=NAME, or as json_exporter is asked: &module=NAME
struct ProbeQuestion {
  std::string target, collector, module;  // `collector` is empty, or `module` is
  std::chrono::milliseconds within{};     // the whole of it
};
struct Probed {
  int status = 200;
  std::string text;  // why not, if there is no snapshot
  std::vector<store::SnapshotPtr> snapshots;
  std::optional<std::string> exposition;  // of a module, text 0.0.4 as it is
};

// /api/v1/targets/NAME/explain
struct Explained {
  int status = 200;
  std::string json;
};

// All are called on the server's thread, and must neither block nor throw nor call stop().
struct Handlers {
  // Sorted by target name, the agent's own (target "") last and only if `own`; all of them if
  // `target` is empty. Empty optional: no such target (for ?target=).
  std::function<std::optional<std::vector<store::SnapshotPtr>>(const std::string& target, bool own)> snapshots;
  std::function<std::vector<Check>()> live, ready;
  std::function<Configuration()> configuration;
  std::function<std::optional<Check>(const std::string& target)> target_health;  // empty: no such target
  std::function<std::vector<std::string>()> targets;                             // names, sorted, for the landing page
  // After a new plan of the exposition: a target's name once for each family of it left out.
  std::function<void(const std::vector<std::string>& targets_in_conflict)> conflicts;
  // Asks for the configuration to be read again; `done` is called once, on any thread, when that has ended and
  // before the server is stopped. Null: not allowed.
  std::function<void(std::function<void(Reloaded)> done)> reload;
  // Polls once, now. `done` is called once, on any thread, soon after `within` at the latest and before the server is
  // stopped. Null: there are no probes.
  std::function<void(ProbeQuestion, std::function<void(Probed)> done)> probe;
  // Asks for an explanation of the target's next poll, or gives the one that is kept; `again`: asks anew. None: there
  // is no such target.
  std::function<std::optional<Explained>(const std::string& target, bool again)> explain;
  std::string version;
};

struct Options {
  std::string listen = ":10780";  // `:port`, `addr:port`, `[v6]:port`; port 0 picks one
  std::size_t max_scrapes = 40;
  std::size_t max_connections = 512;
  std::chrono::milliseconds scrape_timeout{10'000};  // unless the scraper says its own, at most 60 s
  std::chrono::milliseconds header_timeout{10'000};
  std::chrono::milliseconds idle_timeout{60'000};
};

class Server {
 public:
  // Binds and listens; connections wait in the backlog until start(). Errors: Stage::config when
  // `listen` cannot be read; Stage::connect with address and reason. Both name --listen.
  static Result<std::unique_ptr<Server>> listen(Options options, Handlers handlers);
  virtual ~Server() = default;              // stops
  virtual std::string address() const = 0;  // `127.0.0.1:10780`, the port really bound
  virtual void start() = 0;                 // answers from now on, on its own thread
  virtual void stop() = 0;                  // stops accepting, lets replies in flight end for up to 500 ms, joins
};

}  // namespace tallyman::serve
