#include "transport/stream_reader.h"

#include <algorithm>

namespace tallyman::transport {
namespace {

// As a person writes it in YAML: "\\n.\\n"; of a long one the beginning.
std::string shown(std::string_view until) {
  static constexpr char hex[] = "0123456789abcdef";
  constexpr std::size_t most = 20;
  std::string out = "`";
  for (const char raw : until.substr(0, most)) {
    const auto c = static_cast<unsigned char>(raw);
    if (c == '\n')
      out += "\\n";
    else if (c == '\r')
      out += "\\r";
    else if (c == '\t')
      out += "\\t";
    else if (c < 0x20 || c >= 0x7f)
      out += {'\\', 'x', hex[c >> 4], hex[c & 15]};
    else
      out += raw;
  }
  return out + (until.size() > most ? "...`" : "`");
}

std::string_view without_line_break(std::string_view until) {
  if (until.starts_with("\r\n")) return until.substr(2);
  return until.starts_with('\n') ? until.substr(1) : std::string_view();
}

std::string so_far(std::size_t bytes) { return std::to_string(bytes) + (bytes == 1 ? " byte" : " bytes"); }

}  // namespace

StreamReader::State StreamReader::fail(Stage stage, std::string what) {
  failure_ = error(stage, std::move(what));
  return State::failed;
}

bool StreamReader::ended(std::size_t known) {
  if (until_.empty()) return false;
  const std::string_view rest = without_line_break(until_);
  if (!rest.empty() && known < rest.size() && body_.starts_with(rest)) {
    body_.resize(rest.size());
    return true;
  }
  const std::size_t from = known < until_.size() ? 0 : known - until_.size() + 1;
  const std::size_t at = body_.find(until_, from);
  if (at == std::string::npos) return false;
  body_.resize(at + until_.size());
  return true;
}

StreamReader::State StreamReader::feed(std::string_view bytes) {
  wire_bytes_ += bytes.size();
  const std::size_t known = body_.size();
  const std::size_t room = body_limit_ - std::min(known, body_limit_);
  body_.append(bytes.substr(0, room));
  if (ended(known)) return State::done;
  if (bytes.size() <= room) return State::need_more;
  return fail(Stage::limit, "the answer is over the limit of " + std::to_string(body_limit_) + " bytes" +
                                (until_.empty() ? "" : " and " + shown(until_) + " (`until`) did not come") +
                                "; raise the target's limits.body");
}

StreamReader::State StreamReader::feed_eof(bool clean) {
  if (!until_.empty())
    return fail(Stage::read, "the connection was closed after " + so_far(body_.size()) + ", before " + shown(until_) +
                                 " (`until`) came: the answer was cut off, or is another one");
  if (!clean) return fail(Stage::read, "the connection was cut off after " + so_far(body_.size()));
  return State::done;
}

std::string StreamReader::waiting_for() const {
  if (wire_bytes_ == 0) return asked_ ? "an answer" : "an answer, though nothing was sent (the request has no `send`)";
  if (until_.empty())
    return "the end of the answer (" + so_far(body_.size()) +
           "; the request has no `until`, so it ends when the connection is closed)";
  return shown(until_) + " (`until`), after " + so_far(body_.size());
}

}  // namespace tallyman::transport
