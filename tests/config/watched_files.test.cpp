// What a configuration was read from, and whether two readings say the same.
#include "config/watched_files.h"

#include "support/catch.h"
#include "world.h"

using namespace tallyman;
using namespace tallyman::config;

namespace {

AgentConfig read(const World& world, WatchedFiles& files) {
  Diagnostics found;
  return read_agent("t.yaml", files.noting(world.sources()), found);
}

World world() {
  World out;
  out.files["t.yaml"] =
      "include: [d/*.yaml]\ntargets:\n- { name: a, collector: c, url: https://h, auth: { bearer: file:/secret }, tls: "
      "{ "
      "ca: /ca.pem } }\n";
  out.files["d/b.yaml"] = "targets: [{ name: b, collector: c, url: http://h }]\n";
  out.files["/secret"] = "s3cret\n";
  out.files["/ca.pem"] = "-----BEGIN CERTIFICATE-----\n";
  return out;
}

}  // namespace

TEST_CASE("watched files: what counts as a change") {
  const World before = world();
  WatchedFiles files;
  REQUIRE(read(before, files).targets.size() == 2);
  CHECK(files.size() == 4);
  CHECK_FALSE(files.changed(before.sources()));

  struct Row {
    const char* what;
    const char* path;
    std::optional<std::string> content;  // none: it is gone
    bool changed;
  };
  const Row rows[] = {
      {"the same again", "t.yaml", before.files.at("t.yaml"), false},
      {"the root", "t.yaml", before.files.at("t.yaml") + "\n", true},
      {"an included file", "d/b.yaml", "targets: []", true},
      {"an included file goes", "d/b.yaml", std::nullopt, true},
      {"one more to include", "d/c.yaml", "", true},
      {"a secret", "/secret", "s4cret\n", true},
      {"a certificate", "/ca.pem", "", true},
      {"a certificate goes", "/ca.pem", std::nullopt, true},
      {"what nobody reads", "d/notes.txt", "x", false},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    World after = before;
    if (row.content)
      after.files[row.path] = *row.content;
    else
      after.files.erase(row.path);
    CHECK(files.changed(after.sources()) == row.changed);
  }
}

TEST_CASE("watched files: what was missing is watched for") {
  World before = world();
  before.files.erase("/secret");
  before.files["t.yaml"] += "- { name: z, collector: c, url: \"bad\" }\n";
  WatchedFiles files;
  read(before, files);
  World after = before;
  CHECK_FALSE(files.changed(after.sources()));
  after.files["/secret"] = "x";
  CHECK(files.changed(after.sources()));
}

TEST_CASE("targets: equal settings are equal wherever they stand, and any other setting is not") {
  const auto one = [](const std::string& text) {
    World w;
    w.files["t.yaml"] = text;
    WatchedFiles files;
    AgentConfig config = read(w, files);
    REQUIRE(config.targets.size() == 1);
    return config.targets[0];
  };
  const std::string plain = "targets:\n- name: a\n  collector: c\n  url: https://h:1/x\n";
  const Target before = one(plain);
  CHECK(before == one("# a remark\n\ntargets: [{ url: \"https://h:1/x\", collector: c, name: a }]\n"));
  CHECK(before == one("defaults: { collector: c, interval: 15s }\ntargets:\n- { name: a, url: \"https://h:1/x\" }\n"));
  for (const char* more :
       {"interval: 16s",           "timeout: 9s",
        "labels: { a: b }",        "headers: { X-A: b }",
        "auth: { bearer: t }",     "auth: { basic: { user: u, password: p } }",
        "tls: { insecure: true }", "tls: { ca: /x }",
        "proxy: http://p",         "proxy: { url: http://p, auth: { basic: { user: u, password: p } } }",
        "limits: { body: 1MiB }",  "limits: { samples: 100000 }",
        "on_failure: drop",        "max_age: 1h",
        "worker_grace: 1m",        "honor_labels: true",
        "filter: { keep: [a_*] }", "filter: { drop_labels: [x] }",
        "with: { p: 1 }",          "with: { p: \"1\" }",
        "timezone: Europe/Berlin"}) {
    INFO(more);
    const Target after = one(plain + "  " + more + "\n");
    CHECK_FALSE(before == after);
    CHECK(after == one(plain + "\n\n  " + more + "\n"));
  }
  CHECK_FALSE(one(plain + "  auth: { bearer: t }\n") == one(plain + "  auth: { bearer: u }\n"));
  CHECK_FALSE(one(plain + "  with: { p: 1 }\n") == one(plain + "  with: { p: \"1\" }\n"));
}
