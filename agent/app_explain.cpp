#include "app_explain.h"

#include <algorithm>
#include <cstdio>

#include "core/wall_clock.h"
#include "decode/document.h"

namespace tallyman {
namespace {

std::string note(const std::string& target, const char* state, double asked, const std::string& what) {
  std::string out = "{\"target\":";
  decode::append_json_string(out, target);
  out += std::string(",\"state\":\"") + state + "\"";
  if (asked > 0) {
    char digits[48];
    std::snprintf(digits, sizeof digits, ",\"asked\":%.3f", asked);
    out += digits;
  }
  out += ",\"note\":";
  decode::append_json_string(out, what);
  return out + "}\n";
}

}  // namespace

std::optional<serve::Explained> Explaining::ask(const std::string& target, bool again) {
  const std::shared_ptr<store::Slot> slot = store_.find(target);
  if (!slot) return std::nullopt;
  const store::Clock::time_point now = store::Clock::now();
  const store::Explained is = slot->explained(now);
  constexpr auto armed = "the target's next poll explains itself; ask again after it";
  if (is.state == store::Explained::State::ready && !again) return serve::Explained{200, *is.text};
  if (is.state == store::Explained::State::asked) return serve::Explained{202, note(target, "armed", is.asked, armed)};
  std::erase_if(asked_, [&](const std::weak_ptr<store::Slot>& weak) {
    const std::shared_ptr<store::Slot> other = weak.lock();
    return !other || other == slot || other->explained(now).state == store::Explained::State::none;
  });
  if (asked_.size() >= most)
    return serve::Explained{503, note(target, "refused", 0,
                                      std::to_string(most) + " targets are explained already, as many as may be at "
                                                             "once; each is kept for 5 minutes")};
  asked_.push_back(slot);
  const double asked = epoch_now();
  slot->ask_explanation(asked);
  return serve::Explained{202, note(target, "armed", asked, armed)};
}

}  // namespace tallyman
