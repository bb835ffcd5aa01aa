// The configuration of a running agent, read again: what it was read from, whether that changed, what of it cannot
// change without a restart, and who waits for the outcome. Knows no target that runs.
#pragma once
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "app_config.h"
#include "config/watched_files.h"
#include "serve/server.h"

namespace tallyman {

class Reload {
 public:
  Reload(Origin origin, config::WatchedFiles files, const config::AgentConfig& running);

  bool files_changed() const { return files_.changed(config::Sources::system()); }
  // Empty if it is refused. What is wrong is then in the log, a line each, and in `said`, for who asked. A warning
  // is logged when it is new.
  std::optional<Runnable> read(std::string& said);
  // How that went. On any thread.
  serve::Configuration outcome() const;

 private:
  void note(const Diagnostics& found);

  Origin origin_;
  config::WatchedFiles files_;
  std::set<std::string> warned_;
  mutable std::mutex mutex_;
  serve::Configuration outcome_;
};

// Those who wait for a reload, on whatever thread; each is answered once.
class Waiting {
 public:
  using Done = std::function<void(serve::Reloaded)>;
  // False if nobody will reload any more: the caller answers itself.
  bool add(Done done);
  std::vector<Done> take();
  std::vector<Done> close();  // the last ones

 private:
  std::mutex mutex_;
  std::vector<Done> all_;
  bool closed_ = false;
};

}  // namespace tallyman
