// What is said of sources before or without a proposal: names, and bodies that are no JSON; see infer.h.
#include <algorithm>

#include "decode/prometheus_text.h"
#include "infer/infer.h"
#include "infer/words.h"

namespace tallyman::infer {

std::string legal_name(std::string_view text) {
  std::string out = plain(text);
  std::replace(out.begin(), out.end(), '_', '-');
  if (out.empty()) return "mine";
  return out[0] >= '0' && out[0] <= '9' ? "api-" + out : out;
}

namespace {

// Samples of Prometheus without a TYPE, which are untyped. The last line may be cut. `a: 1` would be one of the name
// `a:`, and is `kv`.
bool has_samples(std::string_view text) {
  const std::size_t last = text.rfind('\n');
  if (last != std::string_view::npos) text = text.substr(0, last + 1);
  const Result<decode::PromText> read = decode::parse_prometheus(std::string(text));
  return read && read->samples > 0 &&
         std::none_of(read->families.begin(), read->families.end(),
                      [](const decode::PromFamily& f) { return f.family.name.ends_with(':'); });
}

}  // namespace

std::string foreign(std::string_view body, const std::string& parser_said) {
  const std::size_t start = std::min(body.find_first_not_of(" \t\r\n\xEF\xBB\xBF"), body.size());
  const std::string_view text = body.substr(start, 4096);
  if (text.empty()) return "the body is empty; expected JSON";
  const auto begins = [&](std::string_view word) {
    return text.size() >= word.size() && std::equal(word.begin(), word.end(), text.begin(), [](char a, char b) {
             return a == (b >= 'A' && b <= 'Z' ? static_cast<char>(b - 'A' + 'a') : b);
           });
  };
  if (begins("# help ") || begins("# type ") || text.find("\n# TYPE ") != std::string_view::npos || has_samples(text))
    return "the body is Prometheus text, not JSON; no collector has to be written: use the collector `prometheus`";
  if (begins("<!doctype html") || begins("<html"))
    return "the body is HTML, not JSON: a page for people, or of a login; look for the service's API, often below /api";
  const std::string formats =
      "; infer reads JSON. A collector can also read xmlrpc, csv, kv, fields, text and prometheus (`format` of a "
      "request)";
  if (begins("<?xml") || begins("<")) return "the body is XML, not JSON" + formats;
  const char first = text[0];
  if (first == '{' || first == '[' || first == '"') return parser_said;
  const std::string_view line = text.substr(0, text.find('\n'));
  if (std::count(line.begin(), line.end(), ',') >= 2) return "the body looks like csv, not JSON" + formats;
  if (line.find_first_of("=:") != std::string_view::npos)
    return "the body looks like kv (`name: value` a line), not JSON" + formats;
  return "the body is not JSON: " + parser_said + formats;
}

}  // namespace tallyman::infer
