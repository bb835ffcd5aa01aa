// The `dummy:` driver: a kobo hub, a queue broker and a site's accounting file, played without a
// network. Figures are a pure function of seed and time, move with time, keep to the ranges of
// the real systems and agree with each other; counters never fall.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.h"
#include "core/url.h"
#include "transport/channel.h"

namespace tallyman::transport {

// name: kobo | broker | site. path: with query. Empty: no such thing there (a 404).
//   kobo    /workers, /tasks: JSON arrays of the structs of kobo's XML-RPC API; the hub's local time is UTC
//   broker  /api/overview, /api/nodes, /api/queues (page, page_size, columns), /api/consumers: RabbitMQ 3.10
//   site    any path: the JSON file that Reva's metrics service reads
std::optional<std::string> dummy_body(std::string_view name, std::string_view path, std::uint64_t seed,
                                      double epoch_seconds);

// Status 200 or 404; `?seed=N` of the url, 1 if it has none.
Reply fetch_dummy(const Url& url, const Request& request, double now);

}  // namespace tallyman::transport
