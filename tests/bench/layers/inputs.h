// What the benches of single layers are given: the answer of ./dev bench poll, in any number of workers, and files of
// the tests, as services sent them.
#pragma once
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

namespace tallyman::bench {

// `turn` changes what changes between two polls.
inline std::string crew(std::size_t workers, std::size_t turn = 0) {
  std::string out = R"({"workers": [)";
  for (std::size_t i = 0; i < workers; ++i) {
    if (i > 0) out += ", ";
    out += R"({"name": "worker-)" + std::to_string(i) + R"(.example.org", "up": true, "load": )" +
           std::to_string((i + turn) % 5) + R"(, "max_load": 8, "done": )" +
           std::to_string(1'000'000 + i * 977 + turn % 7) + R"(, "failed": )" + std::to_string(10 + i) +
           R"(, "started": "2026-11-25T10:00:00Z", "queues": ["default", "mail"]})";
  }
  return out + "]}";
}

// `path` below tests/. A bench of nothing would look fast, so a file that is not there ends it.
inline std::string file(const std::string& path) {
  std::ifstream in(std::string(TALLYMAN_TESTS_DIR) + "/" + path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  if (text.empty()) {
    std::fprintf(stderr, "%s is not there or empty\n", path.c_str());
    std::exit(2);
  }
  return text;
}

// What was measured must have worked.
inline void must(bool worked, const char* what) {
  if (worked) return;
  std::fprintf(stderr, "%s went wrong: nothing is measured\n", what);
  std::exit(2);
}

}  // namespace tallyman::bench
