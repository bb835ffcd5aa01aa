#include "app_reload.h"

#include <chrono>
#include <utility>

#include "core/log.h"
#include "core/wall_clock.h"

namespace tallyman {

Reload::Reload(Origin origin, config::WatchedFiles files, const config::AgentConfig& running)
    : origin_(std::move(origin)), files_(std::move(files)) {
  origin_.running = {running.listen.text, running.threads};
  outcome_.read = epoch_now();
}

serve::Configuration Reload::outcome() const {
  const std::lock_guard lock(mutex_);
  return outcome_;
}

void Reload::note(const Diagnostics& found) {
  serve::Configuration::Refused refused{epoch_now(), "", 0};
  for (const Diagnostic& d : found)
    if (!d.warning && ++refused.errors == 1) refused.first = to_string(d);
  const std::lock_guard lock(mutex_);
  if (refused.errors > 0)
    outcome_.refused = std::move(refused);
  else
    outcome_ = {refused.at, true, std::nullopt, {}, {}};
}

std::optional<Runnable> Reload::read(std::string& said) {
  Diagnostics found;
  config::WatchedFiles files;
  std::optional<Runnable> runnable = load(origin_, files.noting(config::Sources::system()), found);
  files_ = std::move(files);
  std::set<std::string> warnings;
  for (const Diagnostic& d : found) {
    const std::string line = to_string(d);
    said += line + "\n";
    if (!d.warning)
      log::error("the configuration is refused", {{"error", line}});
    else if (warnings.insert(line).second && !warned_.contains(line))
      log::warn("the configuration", {{"warning", line}});
  }
  warned_ = std::move(warnings);
  note(found);
  return runnable;
}

bool Waiting::add(Done done) {
  const std::lock_guard lock(mutex_);
  if (closed_) return false;
  all_.push_back(std::move(done));
  return true;
}

std::vector<Waiting::Done> Waiting::take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(all_, {});
}

std::vector<Waiting::Done> Waiting::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  return std::exchange(all_, {});
}

}  // namespace tallyman
