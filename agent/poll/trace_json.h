// What one poll did, as JSON for whoever asked; without secrets. Pure.
#pragma once
#include <chrono>
#include <string>
#include <vector>

#include "poll/poll_trace.h"
#include "poll/redact.h"

namespace tallyman::poll {

// How long an explanation, with what was answered, is kept.
inline constexpr std::chrono::minutes explained_for(5);

// Another answer: kept as far as there is room.
void hear(PollTrace& trace, const std::string& request, const std::string& path, int status, const std::string& body);

// `secrets`: as of poll/redact.h.
std::string to_json(const PollTrace& trace, const std::string& target, const std::vector<std::string>& secrets);

}  // namespace tallyman::poll
