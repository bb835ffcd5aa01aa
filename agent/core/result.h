// The one error type. A function that can fail because of the outside world returns
// Result<T>; exceptions are bugs. Error knows no clock, no log and no metric.
#pragma once
#include <boost/system/result.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tallyman {

// Where a poll failed: a closed set, and the value of the label `reason`.
enum class Stage : std::uint8_t {
  config,     // the configuration is wrong
  resolve,    // the name has no address
  connect,    // no connection: refused, unreachable, no such socket
  tls,        // handshake or certificate
  auth,       // 401, 403, or a credential that cannot be read
  timeout,    // the deadline of the request or of the poll
  status,     // an HTTP status that is not accepted
  redirect,   // too many redirects, or one that may not be followed
  read,       // a file cannot be read, the connection broke, or what came is not the protocol
  decode,     // the body is not the format
  refused,    // the body says no: an API's own error on status 200
  map,        // the body has not the shape the collector needs
  limit,      // body, samples, depth or pages over the target's limit
  conflict,   // a family clashes with another target's or the agent's
  fds,        // no file descriptor left
  cancelled,  // the agent stops or reloads; never counted
  internal,   // a bug of ours
};
inline constexpr std::size_t stage_count = 17;

std::string_view to_string(Stage stage);

struct Error {
  Stage stage = Stage::internal;
  std::string detail;                               // for the log and the page; never a label, never a secret
  std::optional<std::chrono::seconds> retry_after;  // a 429 or 503 that said so
  bool fault = false;  // Stage::refused: the service's own answer to one call (XML-RPC), not an `expect`
};

// boost::system::result asks for this when value() is called on an error: a bug of ours.
[[noreturn]] void throw_exception_from_error(const Error& error, const boost::source_location& where);

template <class T = void>
using Result = boost::system::result<T, Error>;

inline Error error(Stage stage, std::string detail) { return Error{stage, std::move(detail), std::nullopt, false}; }

}  // namespace tallyman
