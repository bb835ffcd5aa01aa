#include "app_reload.h"

#include <chrono>
#include <utility>

#include "core/log.h"
#include "core/wall_clock.h"

namespace tallyman {

Reload::Reload(Origin origin, config::WatchedFiles files, const config::AgentConfig& running)
    : origin_(std::move(origin)), files_(std::move(files)), listen_(running.listen.text), threads_(running.threads) {
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

void Reload::refuse_restart(const config::AgentConfig& wanted, Diagnostics& out) const {
  const std::string end = ": restart needed; until then the whole file is refused and the old one runs";
  if (wanted.listen.text != listen_)
    out.push_back({wanted.listen.at, "`listen` changed from `" + listen_ + "` to `" + wanted.listen.text + "`" + end});
  if (wanted.threads != threads_)
    out.push_back({wanted.threads_at, "`threads` changed from " + std::to_string(threads_) + " to " +
                                          std::to_string(wanted.threads) + end});
}

std::optional<Runnable> Reload::read(std::string& said) {
  Diagnostics found;
  config::WatchedFiles files;
  std::optional<Runnable> runnable = load(origin_, files.noting(config::Sources::system()), found);
  files_ = std::move(files);
  if (runnable) refuse_restart(runnable->agent, found);
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
  if (has_errors(found)) runnable.reset();
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
