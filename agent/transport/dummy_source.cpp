#include "transport/dummy_source.h"

#include <charconv>

#include "transport/dummy_parts.h"

namespace tallyman::transport {
namespace {

// core/url has refused anything but `seed=` and digits.
std::uint64_t seed_of(std::string_view query) {
  std::uint64_t seed = 1;
  if (query.starts_with("seed=")) std::from_chars(query.data() + 5, query.data() + query.size(), seed);
  return seed;
}

}  // namespace

// The ranges of Reva's own dummy driver: users below 30000, groups below 200, storage below 7e10.
std::string dummy::site_body(std::uint64_t seed, std::int64_t now) {
  const auto t = static_cast<double>(now);
  const auto move = [&](std::uint64_t which, double low, double span) {
    return std::to_string(static_cast<std::int64_t>(
        low + span * (0.8 * wave(seed, which, t, 900) + 0.2 * wave(seed, which + 10, t, 47))));
  };
  return "{\n    \"cs3_org_sciencemesh_site_total_num_users\": " + move(1, 12000, 17000) +
         ",\n    \"cs3_org_sciencemesh_site_total_num_groups\": " + move(2, 90, 100) +
         ",\n    \"cs3_org_sciencemesh_site_total_amount_storage\": " + move(3, 2e10, 4.9e10) + "\n}\n";
}

std::optional<std::string> dummy_body(std::string_view name, std::string_view path, std::uint64_t seed,
                                      double epoch_seconds) {
  const auto now = static_cast<std::int64_t>(std::floor(epoch_seconds));
  const std::size_t question = path.find('?');
  const std::string_view query = question == std::string_view::npos ? std::string_view() : path.substr(question + 1);
  path = path.substr(0, question);
  if (name == "kobo") return dummy::kobo_body(path, seed, now);
  if (name == "broker") return dummy::broker_body(path, query, seed, now);
  if (name == "site") return dummy::site_body(seed, now);
  return std::nullopt;
}

Reply fetch_dummy(const Url& url, const Request& request, double now) {
  std::optional<std::string> body =
      dummy_body(url.path, request.absolute.empty() ? request.path : request.absolute, seed_of(url.query), now);
  Reply reply;
  reply.status = body ? 200 : 404;
  reply.headers = {{"content-type", "application/json"}};
  reply.body = body ? std::move(*body) : "{\"error\":\"not found\"}";
  reply.wire_bytes = reply.body.size();
  reply.arrived = now;
  return reply;
}

}  // namespace tallyman::transport
