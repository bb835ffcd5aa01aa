// `probe` of targets.yaml: strict, since who may ask for a probe may make the agent connect.
#include <algorithm>

#include "config/target_reader.h"
#include "core/glob.h"

namespace tallyman::config {
namespace {

constexpr auto clouds = "169.254.169.254";

// One of `hosts`: a glob of the url's host, which has neither scheme nor port.
void read_host(Reader& r, const Text& text, Reach& out) {
  if (text.empty()) return;  // said
  if (text.text.find_first_of("/:[] ") != std::string::npos && !address_bytes(text.text))
    r.fail(text.at, "`" + text.text +
                        "` is no host; expected a name, an address or a pattern such as *.example.org, without scheme "
                        "and port (those are `schemes` and `ports`)");
  out.hosts.push_back(compared_host(text.text));
}

std::shared_ptr<const Reach> read_allow(Reader& r, const Node& node) {
  auto out = std::make_shared<Reach>();
  if (!r.map(node, "`allow`", {"networks", "hosts", "schemes", "ports"})) return out;
  if (const Node* networks = node.find("networks")) {
    for (const Text& text : r.texts(*networks, "`networks`"))
      if (const auto network = Network::parse(text.text)) {
        out->networks.push_back(*network);
        if (network->bits < 128 && network->contains(*address_bytes(clouds)) && !node.find("hosts"))
          r.warn(text.at, "`" + text.text + "` holds " + clouds +
                              ", where clouds give credentials to whoever asks, and no `hosts` narrow it; expected the "
                              "networks of what is to be probed");
      } else if (!text.empty())
        r.fail(text.at, "`" + text.text +
                            "` is no network; expected an address with a prefix that covers it, such as "
                            "10.0.0.0/8 or fd00::/8");
  } else {
    r.missing(node.at, "`networks` of `allow`",
              "a list such as [10.0.0.0/8]: the address of each target must be in one");
  }
  if (const Node* hosts = node.find("hosts"))
    for (const Text& text : r.texts(*hosts, "`hosts`")) read_host(r, text, *out);
  if (const Node* schemes = node.find("schemes")) {
    out->http = out->https = false;
    for (const Text& text : r.texts(*schemes, "`schemes`"))
      if (r.known(text, "scheme", {"http", "https"})) (text.text == "http" ? out->http : out->https) = true;
  }
  if (const Node* ports = node.find("ports"); ports && r.list(*ports, "`ports`"))
    for (const Node& port : ports->items)
      if (const auto n = r.integer(port, "a port", 1, 65535)) out->ports.push_back(static_cast<std::uint16_t>(*n));
  return out;
}

}  // namespace

std::optional<ProbeSettings> read_probe(Reader& r, const TargetScope& scope, const Node& node) {
  ProbeSettings out;
  if (!r.map(node, "`probe`", {"allow", "collectors", "auth", "tls", "max"})) return std::nullopt;
  if (const Node* allow = node.find("allow"))
    out.reach = read_allow(r, *allow);
  else
    r.missing(node.at, "`allow` of `probe`", "allow: { networks: [10.0.0.0/8] }, without which nothing may be probed");
  if (const Node* collectors = node.find("collectors")) out.collectors = r.texts(*collectors, "`collectors`");
  if (const Node* auth = node.find("auth"); auth && r.free_map(*auth, "`auth` of `probe`"))
    for (std::size_t i = 0; i < auth->keys.size(); ++i) {
      const Text& host = auth->keys[i];
      if (host.text.find_first_of("*?/: ") != std::string::npos && !address_bytes(host.text))
        r.fail(host.at, "`" + host.text +
                            "` is no host; expected a name or an address, without port or pattern: what is "
                            "sent there is sent to nobody else");
      else if (out.reach && !out.reach->hosts.empty() && !any_glob(out.reach->hosts, compared_host(host.text)))
        r.fail(host.at, "`" + host.text + "` is not in `hosts` of `allow`; nothing would ever be sent there");
      out.auth.emplace_back(compared_host(host.text), read_auth(r, scope, auth->items[i]));
    }
  if (const Node* tls = node.find("tls")) {
    out.tls_at = tls->at;
    read_tls(r, scope, *tls, out.tls);
    if (!out.tls.cert.empty() && out.reach && out.reach->hosts.empty())
      r.fail(tls->at,
             "`cert` of `tls` says who we are; expected `hosts` in `allow`: a network is too wide an address for that");
  }
  if (const Node* max = node.find("max"))
    if (const auto n = r.integer(*max, "`max`", 1, 1000)) out.max = static_cast<int>(*n);
  if (!out.reach) return std::nullopt;
  return out;
}

}  // namespace tallyman::config
