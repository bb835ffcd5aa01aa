#include "config/unsupported.h"

#include "config/collector_reader.h"

namespace tallyman::config {
namespace {

void refuse(Reader& r, const Position& at, const std::string& what) { r.fail(at, what + " is not supported yet"); }

void refuse_request(Reader& r, const Request& request) {
  if (!request.send.empty()) refuse(r, request.send.at, "`send`");
  if (!request.until.empty()) refuse(r, request.until.at, "`until`");
}

}  // namespace

void refuse_unsupported(Reader& r, const CollectorFile& file) {
  for (const Request& request : file.requests) refuse_request(r, request);
}

}  // namespace tallyman::config
