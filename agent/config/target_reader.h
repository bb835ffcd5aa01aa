// One target of targets.yaml, or the defaults of all.
#pragma once
#include "config/agent_config.h"
#include "config/expand.h"
#include "config/reader.h"

namespace tallyman::config {

// What reading a target needs beside its node.
struct TargetScope {
  std::string folder;  // of the file it stands in, "" or with a `/` at the end: paths are relative to it
  Environment environment;
  std::function<Result<std::string>(const std::string& path)> read;
};

// The settings as far as `defaults` says them.
struct Draft {
  Target target;
  bool timeout_default = false;  // `defaults` says one
};

// `defaults:`; a target begins as a copy of what it gives.
Draft read_defaults(Reader& r, const TargetScope& scope, const Node& node);
// Labels, headers, `with`, `tls`, `limits` and `filter` are merged key by key, all else is replaced.
Target read_target(Reader& r, const TargetScope& scope, const Draft& defaults, const Node& node);

void read_tls(Reader& r, const TargetScope& scope, const Node& node, TlsSettings& out);
AuthSettings read_auth(Reader& r, const TargetScope& scope, const Node& node);
std::optional<ProbeSettings> read_probe(Reader& r, const TargetScope& scope, const Node& node);
ProxySettings read_proxy(Reader& r, const TargetScope& scope, const Node& node);
std::string beside(const std::string& folder, const std::string& path);  // absolute paths stay

}  // namespace tallyman::config
