// The HTTP server: one thread, its own loop, apart from the polls. It knows exposition and the
// store's view; everything else it does or shows is a function given to it.
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
  std::string detail;  // shown with ?verbose
};

struct Handlers {
  // Sorted by target name, the agent's own (target "") last and only if `own`. Empty optional:
  // no such target (for ?target=).
  std::function<std::optional<std::vector<store::SnapshotPtr>>(const std::string& target, bool own)> snapshots;
  std::function<std::vector<Check>()> live, ready;
  std::function<std::optional<Check>(const std::string& target)> target_health;
  std::function<std::vector<std::string>()> targets;  // names, for the landing page
  std::function<void(const std::vector<std::string>& targets_in_conflict)> conflicts;
  std::string version;
};

struct Options {
  std::string listen = ":10780";  // `:port`, `addr:port`, `[v6]:port`; port 0 picks one
  std::size_t max_scrapes = 40;
  std::chrono::milliseconds scrape_timeout{10'000};
};

class Server {
 public:
  // Binds and listens. Errors: Stage::connect with address and reason.
  static Result<std::unique_ptr<Server>> listen(Options options, Handlers handlers);
  virtual ~Server() = default;              // stops
  virtual std::string address() const = 0;  // `127.0.0.1:10780`, the port really bound
  virtual void start() = 0;                 // answers from now on, on its own thread
  virtual void stop() = 0;                  // stops accepting, lets replies in flight end for up to 500 ms, joins
};

}  // namespace tallyman::serve
