#include <zlib.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>

#include "exposition/build.h"
#include "exposition/gzip.h"
#include "support/catch.h"
#include "support/cpu_time.h"

using namespace tallyman;
using namespace tallyman::test;
using exposition::Format;
using exposition::Scrape;
using namespace std::chrono_literals;

namespace {

// One gzip member and nothing behind it; "" if it is not that.
std::string unzipped(const std::string& in) {
  z_stream z{};
  if (inflateInit2(&z, 15 + 16) != Z_OK) return "";
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
  z.avail_in = static_cast<uInt>(in.size());
  std::string out, part(1 << 20, '\0');
  int r = Z_OK;
  while (r == Z_OK) {
    z.next_out = reinterpret_cast<Bytef*>(part.data());
    z.avail_out = static_cast<uInt>(part.size());
    r = inflate(&z, Z_NO_FLUSH);
    out.append(part, 0, part.size() - z.avail_out);
  }
  const bool whole = r == Z_STREAM_END && z.avail_in == 0;
  inflateEnd(&z);
  return whole ? out : "";
}

std::vector<store::SnapshotPtr> many(std::size_t targets, std::size_t workers, std::size_t families) {
  std::vector<store::SnapshotPtr> all;
  for (std::size_t t = 0; t < targets; ++t) {
    SampleBatch batch;
    for (std::size_t f = 0; f < families; ++f)
      batch.add_family({"tally_worker_figure_" + std::to_string(f), MetricType::gauge, "A figure of a worker.", ""});
    for (std::size_t w = 0; w < workers; ++w) {
      const auto labels = batch.add_labels("worker=\"builder-" + std::to_string(w) + ".example.org\"");
      for (std::uint32_t f = 0; f < families; ++f)
        batch.add(f, labels,
                  f % 4 == 3 ? Number::of(static_cast<double>(t + f) / 100) : n(static_cast<int>(t + w + f)));
    }
    auto one = std::make_shared<store::Snapshot>();
    one->target = "hub-" + std::to_string(10000 + t);
    one->blocks.push_back(block_of(one->target, batch, store::Clock::time_point::max()));
    all.push_back(std::move(one));
  }
  return all;
}

}  // namespace

TEST_CASE("gzip: both engines give one member with all that was put in") {
  using exposition::Gzip;
  std::string text;
  for (int i = 0; i < 60'000; ++i)
    text += "x{w=\"" + std::to_string(i * 7919 % 60'000) + "\"} " + std::to_string(i) + "\n";
  REQUIRE(text.size() > 1'000'000);
  for (const Gzip::Engine engine : {Gzip::best(), Gzip::Engine::zlib})
    for (const std::size_t part : {std::size_t{1000}, std::size_t{64 * 1024}, text.size()}) {
      INFO("engine " << static_cast<int>(engine) << ", parts of " << part);
      Gzip gzip(engine);
      std::string out;
      for (std::size_t at = 0; at < text.size(); at += part)
        gzip.add(std::string_view(text).substr(at, part), at + part >= text.size(), out);
      CHECK(out.size() < text.size() / 2);
      CHECK(unzipped(out) == text);
    }
  Gzip empty(Gzip::Engine::zlib);
  std::string out;
  empty.add({}, true, out);
  CHECK(out.size() == 20);  // a header, an empty block, a trailer
}

TEST_CASE("scrape: nothing is an empty text, and an end in OpenMetrics") {
  CHECK(exposed({}, Format::text).empty());
  CHECK(exposed({}, Format::openmetrics) == "# EOF\n");
  CHECK(unzipped(exposed({}, Format::openmetrics, true)) == "# EOF\n");
  CHECK(exposed({}, Format::text, true).size() >= 18);  // an empty member is not nothing
}

TEST_CASE("scrape: expired blocks and heads without lines are not shown") {
  const auto at = store::Clock::time_point() + 100s;
  const std::vector all = {snapshot("a", {gauge("x", 1), gauge("y", 2)}, at), snapshot("b", {gauge("y", 3)}, at + 1s)};
  CHECK(exposed(all, Format::text, false, at - 1ns) ==
        "# TYPE x gauge\nx{target=\"a\"} 1\n# TYPE y gauge\ny{target=\"a\"} 2\ny{target=\"b\"} 3\n");
  CHECK(exposed(all, Format::text, false, at) == "# TYPE y gauge\ny{target=\"b\"} 3\n");
  CHECK(exposed(all, Format::openmetrics, false, at + 1s) == "# EOF\n");
}

TEST_CASE("scrape: several blocks of a target stand one after the other") {
  SampleBatch one, two;
  one.add(one.add_family({"x", MetricType::gauge, "", ""}), one.add_labels("w=\"1\""), n(1));
  two.add(two.add_family({"x", MetricType::gauge, "", ""}), two.add_labels("w=\"2\""), n(2));
  auto both = std::make_shared<store::Snapshot>();
  both->target = "a";
  both->blocks = {block_of("a", one, store::Clock::time_point::max()), nullptr,
                  block_of("a", two, store::Clock::time_point::max())};
  CHECK(exposed({both}, Format::text) == "# TYPE x gauge\nx{target=\"a\",w=\"1\"} 1\nx{target=\"a\",w=\"2\"} 2\n");
}

TEST_CASE("scrape: blocks are bounded, gzip is one member of the same text") {
  const auto all = many(40, 100, 20);
  const auto plan = exposition::plan_for(all, nullptr).plan;
  std::string plain, zipped, part;
  Scrape a(all, plan, Format::openmetrics, false, {});
  std::size_t parts = 0;
  for (; a.next(part); ++parts) {
    CHECK(part.size() <= Scrape::block_bytes);
    plain += part;
  }
  CHECK_FALSE(a.next(part));
  CHECK(parts == (plain.size() + Scrape::block_bytes - 1) / Scrape::block_bytes);
  Scrape b(all, plan, Format::openmetrics, true, {});
  parts = 0;
  for (; b.next(part); ++parts) {
    CHECK(part.size() <= Scrape::block_bytes);
    zipped += part;
  }
  CHECK_FALSE(b.next(part));
  CHECK(parts > 1);
  CHECK(zipped.size() < plain.size() / 8);
  CHECK(unzipped(zipped) == plain);
  CHECK(plain.ends_with("\n# EOF\n"));
  std::size_t lines = 0;
  for (const char c : plain) lines += c == '\n';
  CHECK(lines == 40 * 100 * 20 + 20 * 2 + 1);
}

TEST_CASE("scrape: keeps what it shows while the targets go on") {
  auto all = many(2, 2, 1);
  const std::string expected = exposed(all, Format::text);
  Scrape scrape(all, exposition::plan_for(all, nullptr).plan, Format::text, false, {});
  all.clear();
  std::string part;
  REQUIRE(scrape.next(part));
  CHECK(part == expected);
}

TEST_CASE("scrape: time of a scrape", "[.bench]") {
  for (const std::size_t targets : {1000u, 2500u}) {
    const auto all = many(targets, 8, 20);
    const auto series = static_cast<double>(targets * 8 * 20);
    const double plan_from = cpu_ns();
    const auto plan = exposition::plan_for(all, nullptr).plan;
    const double planned = cpu_ns() - plan_from;
    for (const bool gzip : {false, true}) {
      double best = 1e18;
      std::size_t bytes = 0;
      std::string part;
      for (int turn = 0; turn < 7; ++turn) {
        const double from = cpu_ns();
        bytes = 0;
        Scrape scrape(all, exposition::plan_for(all, plan).plan, Format::text, gzip, {});
        while (scrape.next(part)) bytes += part.size();
        best = std::min(best, cpu_ns() - from);
      }
      std::printf("%.0f series, %s: %zu bytes, %.1f ms, %.1f ns per series (plan %.2f ms)\n", series,
                  gzip ? "gzip" : "plain", bytes, best / 1e6, best / series, planned / 1e6);
    }
  }
}
