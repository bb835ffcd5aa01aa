// The targets.yaml of the repository: it loads as it is, without a variable of the environment, so
// that a newcomer's first command works.
#include "config/agent_config.h"
#include "config/builtin_collectors.h"
#include "support/catch.h"

using namespace tallyman;
using namespace tallyman::config;

TEST_CASE("targets.yaml: the newcomer's file needs nothing but the built-in collectors") {
  Sources sources = Sources::system();
  sources.environment = [](const std::string&) { return std::nullopt; };
  Diagnostics found;
  const auto config = load_agent(TALLYMAN_SOURCE_DIR "/targets.yaml", sources, found);
  for (const Diagnostic& d : found) UNSCOPED_INFO(to_string(d));
  CHECK(found.empty());
  REQUIRE(config.has_value());
  REQUIRE(config->targets.size() == 3);
  for (const Target& target : config->targets) {
    INFO(target.name.text);
    CHECK(target.endpoint.url.scheme == Url::Scheme::dummy);
    CHECK(target.interval == std::chrono::seconds(5));
    bool known = false;
    for (const Builtin& builtin : builtin_collectors()) known = known || builtin.name == target.collector.text;
    CHECK(known);
  }
}

TEST_CASE("sources: the real ones read files, find them and say why not") {
  const Sources sources = Sources::system();
  CHECK(sources.read(TALLYMAN_SOURCE_DIR "/targets.yaml").has_value());
  CHECK(sources.read(TALLYMAN_SOURCE_DIR "/no-such-file").error().detail == "No such file or directory");
  CHECK(sources.read(TALLYMAN_SOURCE_DIR).error().detail == "it is a directory, a file is expected");
  CHECK(*sources.folder(TALLYMAN_SOURCE_DIR));
  CHECK_FALSE(*sources.folder(TALLYMAN_SOURCE_DIR "/no-such-folder"));
  CHECK(sources.folder(TALLYMAN_SOURCE_DIR "/targets.yaml").error().detail == "it is no directory, one is expected");
  CHECK(sources.read("/dev/zero").error().detail == "it has more than 8 MiB, which is no configuration");
  const auto found = sources.glob(TALLYMAN_SOURCE_DIR "/target?.yaml");
  REQUIRE(found.size() == 1);
  CHECK(found[0] == TALLYMAN_SOURCE_DIR "/targets.yaml");
  CHECK(sources.glob(TALLYMAN_SOURCE_DIR "/none*").empty());
  CHECK(sources.environment("PATH").has_value());
  CHECK_FALSE(sources.environment("TALLYMAN_NO_SUCH_VARIABLE").has_value());
}
