#include "infer/infer.h"

#include <chrono>
#include <cstdio>
#include <thread>

#include "app_fetch.h"
#include "cli/commands.h"
#include "cli/input.h"
#include "core/diagnostic.h"
#include "core/log.h"
#include "infer/yaml.h"

namespace tallyman::cli {
namespace {

constexpr std::size_t largest_body = std::size_t{1} << 28;

int failed(int code, const std::string& what) {
  std::fprintf(stderr, "%s\n", one_line(what).c_str());
  return code;
}

bool is_number(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789.:[]") == std::string::npos;
}

std::string last_of(const std::string& path) {
  std::string out = path;
  while (out.ends_with('/')) out.pop_back();
  return out.substr(out.rfind('/') + 1);
}

std::string stem(const std::string& file) {
  const std::size_t dot = file.rfind('.');
  return dot == std::string::npos || dot == 0 ? file : file.substr(0, dot);
}

struct Page {
  Endpoint endpoint;  // none for standard input
  bool from_stdin = false;

  const Url& url() const { return endpoint.url; }
  Result<std::string> read(Nanoseconds timeout) const {
    if (from_stdin) return read_input("-");
    if (url().scheme == Url::Scheme::file) return read_input(url().path);
    Endpoint asked = endpoint;
    asked.body_limit = largest_body;
    return fetch_page(std::move(asked), timeout);
  }

  // What the page is called: `queues` of /api/queues?page=1, `workers` of workers.json.
  std::string hint() const { return from_stdin ? "" : stem(last_of(url().path)); }

  std::string name() const {
    if (from_stdin) return "mine";
    const bool host = !url().host.empty() && url().host != "localhost" && !is_number(url().host);
    const std::string named = host ? url().host.substr(0, url().host.find('.')) : hint();
    return infer::legal_name(named.empty() ? "mine" : named);
  }

  // Without its query, which may hold a token.
  std::string shown() const {
    if (from_stdin) return "standard input";
    if (url().scheme == Url::Scheme::file) return last_of(url().path);
    Url bare = url();
    bare.query.clear();
    return bare.text() + (url().query.empty() ? "" : "?...");
  }
};

Result<> parse(const Page& page, Nanoseconds timeout, decode::Document& out) {
  Result<std::string> body = page.read(timeout);
  if (!body) return error(body.error().stage, "cannot be read: " + body.error().detail);
  const std::string start = body->substr(0, 4096);
  // An unknown answer may be deep; the limit only guards the stack.
  const Result<> parsed = out.parse(std::move(*body), {.depth = 200});
  if (!parsed) return error(Stage::decode, infer::foreign(start, parsed.error().detail));
  return parsed;
}

}  // namespace

int infer(const InferOptions& options) {
  log::configure(log::Level::error, log::Form::text);
  const Result<Nanoseconds> timeout = parse_duration(options.timeout);
  if (!timeout || *timeout < std::chrono::milliseconds(1))
    return failed(2, "--timeout: `" + options.timeout + "`: expected a duration of at least 1ms, such as 10s");
  std::optional<Nanoseconds> twice;
  if (!options.twice.empty()) {
    const Result<Nanoseconds> wait = parse_duration(options.twice);
    if (!wait || *wait < std::chrono::milliseconds(1) || *wait > std::chrono::hours(1))
      return failed(2, "--twice: `" + options.twice + "`: expected a duration of 1ms to 1h, such as 10s");
    twice = *wait;
  }
  Page page;
  page.from_stdin = options.source == "-";
  if (!page.from_stdin) {
    const Result<Url> url = source_url(options.source);
    if (!url) return failed(2, url.error().detail);
    page.endpoint.url = *url;
    if (const Result<> applied = apply(options.access, page.endpoint); !applied)
      return failed(2, applied.error().detail);
  } else if (twice) {
    return failed(2, "--twice: standard input can be read only once; expected a url or a file");
  }
  infer::Asked asked;
  asked.name = options.name.empty() ? page.name() : options.name;
  if (asked.name != infer::legal_name(asked.name) || asked.name.find('_') != std::string::npos)
    return failed(2, "--name: `" + asked.name +
                         "` cannot be a collector's name; expected small letters, digits and -, " + "such as `" +
                         infer::legal_name(asked.name) + "`");
  asked.source = page.shown();
  asked.hint = page.hint();

  decode::Document first, second;
  if (const Result<> read = parse(page, *timeout, first); !read)
    return failed(1, options.source + ": " + read.error().detail);
  if (twice) {
    std::this_thread::sleep_for(*twice);
    if (const Result<> read = parse(page, *timeout, second); !read)
      return failed(1, options.source + ": the second time: " + read.error().detail);
  }
  const Result<infer::Proposal> proposal = infer::infer(first.root(), second.root(), asked);
  if (!proposal) return failed(1, options.source + ": " + proposal.error().detail);
  const std::string yaml = infer::to_yaml(*proposal);
  std::fwrite(yaml.data(), 1, yaml.size(), stdout);
  return 0;
}

}  // namespace tallyman::cli
