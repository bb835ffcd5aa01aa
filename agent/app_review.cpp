#include "app_review.h"

#include <algorithm>
#include <set>

#include "config/collector_review.h"
#include "config/named_files.h"
#include "core/glob.h"
#include "transport/tls_context.h"

namespace tallyman {
namespace {

// A pattern of `defaults` stands in many targets; it is of use if it matches in one of them.
struct Pattern {
  const config::Text* glob = nullptr;
  const char* key = "";
  std::string collector;  // of the first target that has it
  bool of_use = false;
};

void review_filters(const Runnable& runnable, Diagnostics& out) {
  std::map<std::string, Pattern> patterns;  // by place
  for (const RunnableTarget& one : runnable.targets) {
    const auto families = one.collector->families();
    const auto look = [&](const char* key, const std::vector<config::Text>& globs) {
      for (const config::Text& glob : globs) {
        Pattern& pattern = patterns[to_string(glob.at)];
        if (pattern.glob == nullptr) pattern = {&glob, key, one.target.collector.text, false};
        pattern.of_use =
            pattern.of_use || !families ||
            std::any_of(families->begin(), families->end(), [&](const auto& f) { return glob_match(glob.text, f); });
      }
    };
    look("keep", one.target.filter.keep);
    look("drop", one.target.filter.drop);
  }
  for (const auto& [place, pattern] : patterns)
    if (!pattern.of_use)
      out.push_back({pattern.glob->at,
                     "`" + pattern.glob->text + "` of `" + pattern.key + "` matches no family that the collector `" +
                         pattern.collector + "` gives",
                     true});
}

// What a target asks and with what result, but for its name, its labels and its times.
std::string asked_by(const config::Target& t) {
  const std::string separator(1, '\0');
  const Url& url = t.endpoint.url;
  const AuthSettings& auth = t.endpoint.auth;
  std::string out = key_of(t) + separator + url.text() + separator + url.query + separator + auth.name + separator +
                    auth.scheme + separator + auth.secret.reveal();
  for (const auto& [name, value] : t.endpoint.headers) out += separator + name + ":" + value;
  for (const auto* globs : {&t.filter.keep, &t.filter.drop, &t.filter.keep_labels, &t.filter.drop_labels}) {
    out += separator;
    for (const config::Text& glob : *globs) out += glob.text + ",";
  }
  return out;
}

void review_sources(const Runnable& runnable, Diagnostics& out) {
  std::map<std::string, const config::Target*> first;
  for (const RunnableTarget& one : runnable.targets) {
    const auto [known, fresh] = first.emplace(asked_by(one.target), &one.target);
    if (!fresh)
      out.push_back({one.target.url_at,
                     "the target `" + one.target.name.text + "` asks the same of the same url as `" +
                         known->second->name.text + "` (" + to_string(known->second->url_at) +
                         "): every series comes twice, under two names",
                     true});
  }
}

void review_certificates(const Runnable& runnable, const config::Sources& sources, Diagnostics& out) {
  transport::TlsContexts contexts;
  std::set<std::string> seen;  // places: `tls` of `defaults` is looked at once
  const auto look = [&](const TlsSettings& tls, const Position& at) {
    if (!seen.insert(to_string(at)).second) return;
    const auto fit = [&](const std::string& path, config::Pem wanted) {
      const Result<std::string> text = path.empty() ? Result<std::string>(std::string()) : sources.read(path);
      return path.empty() || (text && config::unfit_pem(*text, wanted).empty());
    };
    if (!fit(tls.ca, config::Pem::certificates) || !fit(tls.cert, config::Pem::certificates) ||
        !fit(tls.key, config::Pem::key))
      return;  // said where it was read
    if (const auto made = contexts.get(tls); !made) out.push_back({at, made.error().detail, true});
  };
  for (const RunnableTarget& one : runnable.targets)
    if (one.target.endpoint.url.scheme == Url::Scheme::https) look(one.target.endpoint.tls, one.target.tls_at);
  if (runnable.agent.probe && runnable.agent.probe->tls_at.file)
    look(runnable.agent.probe->tls, runnable.agent.probe->tls_at);
}

// A user's collectors that are in use, once each; what is built in is ours to mend. Errors were said by whoever read
// it.
void review_collectors(const Runnable& runnable, const config::Sources& sources, Diagnostics& out) {
  for (const auto& [name, path] : runnable.own) {
    const Result<std::string> yaml = sources.read(path);
    if (!yaml) continue;
    Diagnostics said;
    const config::CollectorFile file = config::read_collector(*yaml, path, name, said);
    const auto first = static_cast<std::ptrdiff_t>(said.size());
    config::review_collector(file, said);
    out.insert(out.end(), said.begin() + first, said.end());
  }
}

}  // namespace

void review(const Runnable& runnable, const config::Sources& sources, Diagnostics& out) {
  if (!has_errors(out)) {
    review_filters(runnable, out);
    review_sources(runnable, out);
  }
  review_certificates(runnable, sources, out);
  review_collectors(runnable, sources, out);
}

}  // namespace tallyman
