// What targets.yaml may say although nobody is likely to mean it, or that may still become right:
// the exact text of each warning, and that the file can be run.
#include "config/agent_config.h"
#include "config/errors.h"
#include "config/world.h"
#include "support/catch.h"

using namespace tallyman;

namespace {

const std::string target = "targets:\n- name: a\n  collector: c\n  url: https://h\n  ";
const std::string local = "targets:\n- name: a\n  collector: c\n  url: file:/m.json\n  ";

// Files that targets name: good ones, and one of each way to be wrong.
const std::map<std::string, std::string> disk = {
    {"ca.pem", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"},
    {"key.pem", "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n"},
    {"old.pem", "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\n"},
    {"locked.pem", "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIF\n-----END ENCRYPTED PRIVATE KEY-----\n"},
    {"ca.der", "0\x82\x01\x0a"},
    {"token", "hunter2\n"},
    {"empty", "\n"},
    {"two", "hunter2\nhunter3\n"},
};

std::vector<std::string> said(const std::string& yaml) {
  World world = {disk, {}};
  world.files["t.yaml"] = yaml;
  Diagnostics found;
  CHECK(config::load_agent("t.yaml", world.sources(), found).has_value());
  return lines(found);
}

void check(const std::vector<Mistake>& rows) {
  for (const Mistake& row : rows) {
    INFO(row.yaml);
    const std::vector<std::string> out = said(row.yaml);
    CHECK(out == row.said);
    for (const std::string& line : out) CHECK(line.find("hunter") == std::string::npos);
  }
}

}  // namespace

TEST_CASE("targets warnings: certificates and keys") {
  check({
      {target + "tls: { ca: ca.pem, cert: ca.pem, key: key.pem }\n", {}},
      {target + "tls: { cert: ca.pem, key: old.pem }\n", {}},
      {target + "tls: { ca: none.pem }\n",
       {"t.yaml:5:14: warning: `ca`: `none.pem` cannot be read: No such file or directory; until it can, polls fail "
        "with the reason tls"}},
      {target + "tls: { ca: ca.der }\n",
       {"t.yaml:5:14: warning: `ca`: `ca.der` holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)"}},
      {target + "tls: { cert: key.pem, key: ca.pem }\n",  // the wrong way round
       {"t.yaml:5:16: warning: `cert`: `key.pem` holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)",
        "t.yaml:5:30: warning: `key`: `ca.pem` holds no private key in PEM form (-----BEGIN PRIVATE KEY-----)"}},
      {target + "tls: { cert: ca.pem, key: locked.pem }\n",
       {"t.yaml:5:29: warning: `key`: `locked.pem` has a passphrase, which nobody is there to type; expected a key "
        "without one"}},
      {target + "tls: { insecure: true }\n",
       {"t.yaml:5:20: warning: `insecure: true`: certificates are not verified, anybody on the way can read and change "
        "what is polled; `ca` makes a private authority known instead"}},
      {local + "tls: { ca: ca.pem }\n",
       {"t.yaml:5:8: warning: `tls` has no effect: the url does not begin with https://"}},
      {"defaults: { tls: { ca: ca.pem } }\n" + local + "interval: 1s\n", {}},  // it is for the others
  });
}

TEST_CASE("targets warnings: secrets in files") {
  check({
      {target + "auth: { bearer: file:token }\n", {}},
      {target + "auth: { bearer: file:none }\n",
       {"t.yaml:5:19: warning: `bearer`: `none` cannot be read: No such file or directory; until it can, polls use "
        "its last value, or fail with the reason auth"}},
      {target + "auth: { basic: { user: u, password: file:empty } }\n",
       {"t.yaml:5:39: warning: `password`: `empty` is empty; expected the secret, on one line"}},
      {target + "auth: { header: { name: X-Key, value: file:two } }\n",
       {"t.yaml:5:41: warning: `value` of `header`: `two` holds a line break or another control character; expected "
        "one line"}},
      {"defaults: { auth: { bearer: file:none } }\n" + target + "interval: 1s\n",  // once, where it stands
       {"t.yaml:1:29: warning: `bearer`: `none` cannot be read: No such file or directory; until it can, polls use "
        "its last value, or fail with the reason auth"}},
      {local + "auth: { bearer: file:token }\n  headers: { X-A: b }\n",
       {"t.yaml:5:9: warning: `auth` has no effect: a file: url is read without HTTP",
        "t.yaml:6:12: warning: `headers` has no effect: a file: url is read without HTTP"}},
      {"targets:\n- name: a\n  collector: c\n  url: tcp://h:1\n  headers: { X-A: b }\n",
       {"t.yaml:5:12: warning: `headers` has no effect: a tcp:// url is read without HTTP"}},
      {local + "auth: none\n", {}},
  });
}

TEST_CASE("targets warnings: what vanishes or is not there") {
  check({
      {target + "filter: { drop_labels: [system, le, other] }\n",
       {"t.yaml:5:27: warning: `system` is never dropped: the agent sets it on all series of a target",
        "t.yaml:5:35: warning: `le` is never dropped: without it the samples of histograms and summaries mean "
        "nothing"}},
      {"include: [\"targets.d/*.yaml\"]\n" + target + "interval: 1s\n",
       {"t.yaml:1:11: warning: `targets.d/*.yaml` matches no file"}},
      {target + "max_age: 10s\n",
       {"t.yaml:5:12: warning: `max_age` 10s is shorter than the interval 15s: the values vanish before the next "
        "poll"}},
      {"defaults: { max_age: 30s }\n" + target + "interval: 1m\n",
       {"t.yaml:6:13: warning: `max_age` 30s is shorter than the interval 1m: the values vanish before the next "
        "poll"}},
      {target + "max_age: 15s\n", {}},
  });
}
