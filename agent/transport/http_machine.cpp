// Beast's basic_parser calls back for each field and each piece of body; with eager(true) one
// put() takes everything there is. What it cannot use yet (half a header line, half a chunk
// head) stays in `carry_` and is shown to it again with the next bytes. Limits that Beast does
// not keep are kept here: the sum of all header lines, and the length of one unfinished line.
#include "transport/http_machine.h"

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <optional>

#include "core/letters.h"
#include "transport/content_coding.h"

namespace tallyman::transport {
namespace {

namespace http = boost::beast::http;
using ErrorCode = boost::system::error_code;
using Text = boost::beast::string_view;

// Spare bytes after the body: simdjson reads past the end, and need not copy if they are there.
constexpr std::size_t body_padding = 64;
// A Content-Length is believed up to here; beyond, memory grows with what really comes.
constexpr std::size_t reserve_at_most = 1u << 20;

// The first line of what came instead of HTTP, fit for a message.
std::string shown(std::string_view bytes) {
  std::string out;
  bytes = bytes.substr(0, bytes.find_first_of("\r\n"));
  for (unsigned char c : bytes.substr(0, 40)) out += c >= 0x20 && c < 0x7f ? static_cast<char>(c) : '.';
  return out;
}

// In the header, whose end is not known when its lines end otherwise.
bool has_bare_newline(std::string_view bytes) {
  bytes = bytes.substr(0, bytes.find("\r\n\r\n"));
  for (std::size_t at = bytes.find('\n'); at != bytes.npos; at = bytes.find('\n', at + 1))
    if (at > 0 && bytes[at - 1] != '\r') return true;
  return false;
}

}  // namespace

struct HttpMachine::Impl {
  class Parser : public http::basic_parser<false> {
   public:
    explicit Parser(Impl& owner) : owner_(owner) { eager(true); }

   private:
    void on_request_impl(http::verb, Text, Text, int, ErrorCode&) override {}
    void on_response_impl(int code, Text reason, int, ErrorCode& ec) override {
      owner_.status = code;
      owner_.count_header(reason.size() + 15, ec);
    }
    void on_field_impl(http::field field, Text name, Text value, ErrorCode& ec) override {
      owner_.on_field(field, name, value, ec);
    }
    void on_header_impl(ErrorCode& ec) override { owner_.on_header(ec); }
    void on_body_init_impl(const boost::optional<std::uint64_t>& length, ErrorCode&) override {
      if (!length) return;
      owner_.content_length = *length;
      if (owner_.decodes_nothing)
        owner_.body.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(*length, reserve_at_most)) + body_padding);
    }
    std::size_t on_body_impl(Text part, ErrorCode& ec) override {
      owner_.on_body(part, ec);
      return part.size();
    }
    void on_chunk_header_impl(std::uint64_t, Text, ErrorCode&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, Text part, ErrorCode& ec) override {
      owner_.on_body(part, ec);
      return part.size();
    }
    void on_finish_impl(ErrorCode&) override {}

    Impl& owner_;
  };

  void start_message() {
    parser.emplace(*this);
    parser->header_limit(static_cast<std::uint32_t>(options.header_limit));
    parser->body_limit(options.body_limit);
    if (options.head) parser->skip(true);
    headers.clear();
    header_done = false;
    coding.clear();
  }

  void count_header(std::size_t bytes, ErrorCode& ec) {
    header_bytes += bytes;
    if (header_bytes > options.header_limit) ec = http::error::header_limit;
  }

  void on_field(http::field field, Text name, Text value, ErrorCode& ec) {
    if (header_done) return;  // a trailer: after the body, and nobody's business
    count_header(name.size() + value.size() + 4, ec);
    if (field == http::field::content_encoding && !value.empty()) {
      if (!coding.empty()) coding += ',';
      coding.append(value.data(), value.size());
    }
    if (field == http::field::transfer_encoding) {
      const std::string how = small_letters({value.data(), value.size()});
      if (how != "chunked" && how != "identity") {
        failure =
            error(Stage::read, "Transfer-Encoding `" + shown({value.data(), value.size()}) + "`; expected chunked");
        ec = http::error::bad_transfer_encoding;
      }
    }
    headers.add({name.data(), name.size()}, {value.data(), value.size()});
  }

  void on_header(ErrorCode& ec) {
    header_done = true;
    if (status / 100 == 1) return;
    const Result<> started = decoder.start(coding, options.body_limit);
    // An unknown coding is no harm where no body follows.
    if (!started && !parser->is_done()) fail_from_callback(started.error(), ec);
    decodes_nothing = coding.empty();
  }

  void on_body(Text part, ErrorCode& ec) {
    body_wire += part.size();
    const Result<> fed = decoder.feed({part.data(), part.size()}, body);
    if (!fed) fail_from_callback(fed.error(), ec);
  }

  void fail_from_callback(Error why, ErrorCode& ec) {
    failure = std::move(why);
    ec = http::error::bad_value;  // any: `failure` goes before it
  }

  State fail(Error why) {
    failure = std::move(why);
    return state = State::failed;
  }

  State fail(const ErrorCode& ec, std::string_view at) {
    state = State::failed;
    if (failure) return state;
    if (ec == http::error::body_limit)
      return fail(error(Stage::limit, "the body is over the limit of " + std::to_string(options.body_limit) +
                                          " bytes; raise the target's limits.body"));
    if (ec == http::error::header_limit) return fail(header_too_long());
    if (!header_done && (header_bytes != 0 || at.starts_with("HTTP/1.")) && has_bare_newline(at))
      return fail(
          error(Stage::read, "the answer breaks HTTP/1.1: a line of its header ends in LF alone, expected CR LF"));
    if (!header_done && header_bytes == 0)
      return fail(error(Stage::read, "the answer is not HTTP/1.1: it begins with `" + shown(at) + "`"));
    return fail(error(Stage::read, "the answer breaks HTTP/1.1 in its " + std::string(header_done ? "body" : "header") +
                                       ": " + ec.message()));
  }

  Error header_too_long() const {
    return error(Stage::limit, "the header is over the limit of " + std::to_string(options.header_limit) + " bytes");
  }

  State feed(std::string_view bytes);
  State finish(bool more_follows);

  Options options;
  State state = State::done;
  std::optional<Parser> parser;
  ContentDecoder decoder;
  std::optional<Error> failure;
  std::string carry, coding, body;
  ReplyHeaders headers;
  std::optional<std::uint64_t> content_length;
  std::size_t wire = 0, header_bytes = 0, body_wire = 0;
  int status = 0;
  bool header_done = false, keep_alive = false, decodes_nothing = true;
};

HttpMachine::State HttpMachine::Impl::feed(std::string_view bytes) {
  if (state != State::need_more) return state;
  wire += bytes.size();
  std::string_view input = bytes;
  if (!carry.empty()) {
    carry.append(bytes);
    input = carry;
  }
  while (!input.empty()) {
    // What a TLS server sends to one who does not speak TLS: an alert of 7 bytes.
    if (header_bytes == 0 && input[0] == 0x15)
      return fail(error(Stage::read, "the answer is a TLS alert, not HTTP; use https://"));
    ErrorCode ec;
    const std::size_t used = parser->put(boost::asio::const_buffer(input.data(), input.size()), ec);
    if (ec && ec != http::error::need_more) return fail(ec, input);
    input.remove_prefix(used);
    if (parser->is_done()) {
      if (status / 100 != 1) return finish(!input.empty());
      if (status == 101) return fail(error(Stage::read, "the answer switches protocols, which nobody asked for"));
      start_message();
      continue;
    }
    if (ec == http::error::need_more) break;
  }
  if (input.size() + (header_done ? 0 : header_bytes) > options.header_limit) return fail(header_too_long());
  if (input.empty())
    carry.clear();
  else if (!carry.empty())
    carry.erase(0, carry.size() - input.size());
  else
    carry.assign(input);
  return state;
}

HttpMachine::State HttpMachine::Impl::finish(bool more_follows) {
  const Result<> ended = decoder.finish();
  if (!ended) return fail(ended.error());
  keep_alive = parser->keep_alive() && !more_follows;
  carry.clear();
  return state = State::done;
}

HttpMachine::HttpMachine() : impl_(std::make_unique<Impl>()) {}
HttpMachine::~HttpMachine() = default;

void HttpMachine::start(Options options) {
  Impl& m = *impl_;
  m.options = options;
  m.state = State::need_more;
  m.failure.reset();
  m.carry.clear();
  m.body.clear();
  m.content_length.reset();
  m.wire = m.header_bytes = m.body_wire = 0;
  m.status = 0;
  m.keep_alive = false;
  m.start_message();
}

HttpMachine::State HttpMachine::feed(std::string_view bytes) { return impl_->feed(bytes); }

HttpMachine::State HttpMachine::feed_eof(bool clean) {
  Impl& m = *impl_;
  if (m.state != State::need_more) return m.state;
  if (!m.header_done || m.content_length || !m.parser->need_eof())
    return m.fail(error(Stage::read, "the connection was closed before " + waiting_for()));
  if (!clean)
    return m.fail(
        error(Stage::read, "TLS was cut off without a close_notify in a body without a length: it may be a part only"));
  ErrorCode ec;
  m.parser->put_eof(ec);
  if (ec) return m.fail(ec, {});
  return m.finish(false);
}

HttpMachine::State HttpMachine::state() const { return impl_->state; }
const Error& HttpMachine::failure() const { return *impl_->failure; }
std::size_t HttpMachine::wire_bytes() const { return impl_->wire; }
int HttpMachine::status() const { return impl_->status; }
ReplyHeaders& HttpMachine::headers() { return impl_->headers; }
const ReplyHeaders& HttpMachine::headers() const { return impl_->headers; }
std::string& HttpMachine::body() { return impl_->body; }
std::size_t HttpMachine::body_bytes() const { return impl_->body.size(); }
std::size_t HttpMachine::body_limit() const { return impl_->options.body_limit; }
void HttpMachine::make_room(std::size_t bytes) { impl_->body.reserve(bytes + body_padding); }

void HttpMachine::shrink() {
  constexpr std::size_t kept = 64u << 10;
  for (std::string* held : {&impl_->body, &impl_->carry})
    if (held->capacity() > kept) std::string().swap(*held);
}

bool HttpMachine::keep_alive() const { return impl_->state == State::done && impl_->keep_alive; }

std::string_view HttpMachine::header(std::string_view lower_name) const {
  return impl_->headers.find(lower_name).value_or(std::string_view());
}

std::string HttpMachine::waiting_for() const {
  const Impl& m = *impl_;
  if (m.wire == 0 || (m.header_bytes == 0 && m.carry.find('\n') == std::string::npos)) return "the status line";
  if (!m.header_done) return "the end of the header";
  if (m.content_length)
    return "the end of the body (" + std::to_string(m.body_wire) + " of " + std::to_string(*m.content_length) +
           " bytes came)";
  return "the end of the body (" + std::to_string(m.body_wire) + " bytes came)";
}

}  // namespace tallyman::transport
