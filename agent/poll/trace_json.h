// What one poll did, as JSON for whoever asked; without secrets. Pure but for reading the secrets that are to be
// taken out.
#pragma once
#include <chrono>
#include <string>
#include <vector>

#include "core/endpoint.h"
#include "poll/poll_trace.h"

namespace tallyman::poll {

// How long an explanation, with what was answered, is kept.
inline constexpr std::chrono::minutes explained_for(5);

// Another answer: kept as far as there is room.
void hear(PollTrace& trace, const std::string& request, const std::string& path, int status, const std::string& body);

// Everything that must not be seen, in each form in which an answer may repeat it: as it is, percent-encoded, escaped
// as in JSON, and in Basic credentials. Longest first.
std::vector<std::string> secrets_of(const Endpoint& endpoint, const std::string& token);

std::string to_json(const PollTrace& trace, const std::string& target, std::chrono::seconds kept,
                    const std::vector<std::string>& secrets);

}  // namespace tallyman::poll
