#include "cli/one_target.h"

#include <cstdio>

#include "cli/input.h"

namespace tallyman::cli {
namespace {

// Numbers and booleans as YAML has them, the rest as text.
config::Scalar scalar(const std::string& text) {
  if (text == "true" || text == "false") return text == "true";
  std::size_t used = 0;
  try {
    const long long whole = std::stoll(text, &used);
    if (used == text.size()) return Number::of(static_cast<std::int64_t>(whole));
    const double real = std::stod(text, &used);
    if (used == text.size()) return Number::of(real);
  } catch (const std::exception&) {
  }
  return text;
}

std::nullopt_t wrong(const std::string& what) {
  std::fprintf(stderr, "%s\n", one_line(what).c_str());
  return std::nullopt;
}

}  // namespace

std::optional<RunnableTarget> one_target(const ProbeOptions& options) {
  config::Target target;
  target.name.text = "probe";
  target.collector.text = options.collector;
  const auto line = std::make_shared<const std::string>("command line");
  target.name.at.file = target.collector.at.file = line;
  const Result<Url> url = source_url(options.source);
  if (!url) return wrong(url.error().detail);
  target.endpoint.url = *url;
  if (const Result<> applied = apply(options.access, target.endpoint); !applied) return wrong(applied.error().detail);
  const Result<Nanoseconds> timeout = parse_duration(options.timeout);
  if (!timeout || *timeout < std::chrono::milliseconds(1))
    return wrong("--timeout: `" + options.timeout + "`: expected a duration of at least 1ms, such as 10s");
  target.timeout = *timeout;
  target.interval = std::max<Nanoseconds>(target.interval, target.timeout);
  for (const std::string& with : options.with) {
    const std::size_t eq = with.find('=');
    if (eq == std::string::npos || eq == 0) return wrong("--with " + with + ": expected NAME=VALUE");
    target.with.push_back({config::Text{with.substr(0, eq), {line, 0, 0}}, scalar(with.substr(eq + 1))});
  }

  Catalogue catalogue;
  Diagnostics found;
  for (const std::string& folder : options.collectors)
    catalogue.add_folder({folder, {}}, config::Sources::system(), found);
  Compiler compiler(catalogue);
  auto collector = compiler.compile(target, found);
  if (collector) check_login(target, *collector, found);
  print(found);
  if (!collector || has_errors(found)) return std::nullopt;
  return RunnableTarget{std::move(target), std::move(collector), 0};
}

}  // namespace tallyman::cli
