// One request and its answer on a connected stream.
#pragma once
#include <string>

#include "core/result.h"
#include "transport/call.h"
#include "transport/connect.h"
#include "transport/shared_state.h"
#include "transport/stream_reader.h"

namespace tallyman::transport {

struct Outcome {
  Result<> result;
  bool closed_early = false;  // the peer closed before a byte of the answer came: see the retry rule
};

// Sends gear.request and reads until gear.machine (started) is done. The caller's objects live
// until it ends.
// Errors: read, tls, limit, timeout, cancelled; each names the peer.
Task<Outcome> exchange(Connection& connection, Gear& gear, Shared& shared, Call& call);
// The same without HTTP: gear.request may be empty, and `reader` takes what comes.
Task<Outcome> exchange(Connection& connection, Gear& gear, StreamReader& reader, Shared& shared, Call& call);

// Whether the peer has closed or sent something unasked on an idle connection: one recv().
bool seems_closed(Stream& stream);

}  // namespace tallyman::transport
