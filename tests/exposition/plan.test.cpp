// Heads, merging and conflicts, seen in what comes out.
#include <string>

#include "exposition/build.h"
#include "support/catch.h"

using namespace tallyman;
using namespace tallyman::test;
using exposition::Format;
using exposition::plan_for;

namespace {

std::string said(const std::vector<exposition::Conflict>& all) {
  std::string out;
  for (const auto& c : all) out += c.target + ": " + c.family + " " + c.why + "\n";
  return out;
}

struct Heads {
  Family family;
  const char* suffixes;  // of the samples: `-` none, b s c C(reated) S(gsum) G(count)
  const char* text;
  const char* openmetrics;
};

}  // namespace

TEST_CASE("plan: heads by type and format") {
  const Heads rows[] = {
      {{"x", MetricType::gauge, "Help.", ""},
       "-",
       "# HELP x Help.\n# TYPE x gauge\nx 1\n",
       "# HELP x Help.\n# TYPE x gauge\nx 1\n"},
      {{"x_total", MetricType::counter, "Help.", ""},
       "-",
       "# HELP x_total Help.\n# TYPE x_total counter\nx_total 1\n",
       "# HELP x Help.\n# TYPE x counter\nx_total 1\n"},
      {{"x", MetricType::counter, "", ""}, "-", "# TYPE x counter\nx 1\n", "# TYPE x unknown\nx 1\n"},
      {{"_total", MetricType::counter, "", ""},
       "-",
       "# TYPE _total counter\n_total 1\n",
       "# TYPE _total unknown\n_total 1\n"},
      {{"x_info", MetricType::info, "", ""}, "-", "# TYPE x_info gauge\nx_info 1\n", "# TYPE x info\nx_info 1\n"},
      {{"x", MetricType::info, "", ""}, "-", "# TYPE x gauge\nx 1\n", "# TYPE x gauge\nx 1\n"},
      {{"x", MetricType::untyped, "", ""}, "-", "# TYPE x untyped\nx 1\n", "# TYPE x unknown\nx 1\n"},
      {{"x_s", MetricType::gauge, "", "s"},
       "-",
       "# TYPE x_s gauge\nx_s 1\n",
       "# TYPE x_s gauge\n# UNIT x_s s\nx_s 1\n"},
      {{"x_s_total", MetricType::counter, "", "s"},
       "-",
       "# TYPE x_s_total counter\nx_s_total 1\n",
       "# TYPE x_s counter\n# UNIT x_s s\nx_s_total 1\n"},
      {{"xs", MetricType::gauge, "", "s"}, "-", "# TYPE xs gauge\nxs 1\n", "# TYPE xs gauge\nxs 1\n"},
      {{"x", MetricType::gauge, "a \\ \"b\"\nc\r", ""},
       "-",
       "# HELP x a \\\\ \"b\"\\nc \n# TYPE x gauge\nx 1\n",
       "# HELP x a \\\\ \\\"b\\\"\\nc \n# TYPE x gauge\nx 1\n"},
      {{"x", MetricType::untyped, "H", ""},
       "bc",
       "# HELP x_bucket H\n# TYPE x_bucket untyped\nx_bucket 1\n# HELP x_count H\n# TYPE x_count untyped\nx_count 1\n",
       "# HELP x_bucket H\n# TYPE x_bucket unknown\nx_bucket 1\n# HELP x_count H\n# TYPE x_count unknown\nx_count "
       "1\n"},
      {{"x", MetricType::histogram, "", ""},  // loose: no +Inf
       "bsc",
       "# TYPE x histogram\nx_bucket 1\nx_sum 1\nx_count 1\n",
       "# TYPE x_bucket unknown\nx_bucket 1\n# TYPE x_sum unknown\nx_sum 1\n# TYPE x_count unknown\nx_count 1\n"},
      {{"x", MetricType::summary, "", ""},
       "sc",
       "# TYPE x summary\nx_sum 1\nx_count 1\n",
       "# TYPE x summary\nx_sum 1\nx_count 1\n"},
      {{"x_total", MetricType::counter, "", ""},
       "-C",
       "# TYPE x_total counter\nx_total 1\n# TYPE x_created gauge\nx_created 1\n",
       "# TYPE x counter\nx_total 1\nx_created 1\n"},
      {{"x", MetricType::counter, "", ""},
       "-C",
       "# TYPE x counter\nx 1\n# TYPE x_created gauge\nx_created 1\n",
       "# TYPE x unknown\nx 1\n# TYPE x_created gauge\nx_created 1\n"},
      {{"x", MetricType::summary, "", ""},
       "scC",
       "# TYPE x summary\nx_sum 1\nx_count 1\n# TYPE x_created gauge\nx_created 1\n",
       "# TYPE x summary\nx_sum 1\nx_count 1\nx_created 1\n"},
  };
  for (const Heads& row : rows) {
    Figures figures{row.family, {}};
    for (const char* s = row.suffixes; *s; ++s)
      figures.samples.push_back({"", n(1),
                                 *s == 'b'   ? Suffix::bucket
                                 : *s == 's' ? Suffix::sum
                                 : *s == 'c' ? Suffix::count
                                 : *s == 'C' ? Suffix::created
                                             : Suffix::none});
    const std::vector all = {snapshot("", {figures})};
    CHECK(exposed(all, Format::text) == row.text);
    CHECK(exposed(all, Format::openmetrics) == std::string(row.openmetrics) + "# EOF\n");
  }
}

TEST_CASE("plan: a gauge histogram is a histogram and two gauges in 0.0.4") {
  const std::vector all = {snapshot("", {{{"x", MetricType::gauge_histogram, "", ""},
                                          {{R"(p="a",le="+Inf")", n(3), Suffix::bucket},
                                           {R"(p="a")", n(4), Suffix::gsum},
                                           {R"(p="a")", n(3), Suffix::gcount},
                                           {R"(p="b",le="+Inf")", n(5), Suffix::bucket}}}})};
  CHECK(exposed(all, Format::text) ==
        "# TYPE x histogram\nx_bucket{p=\"a\",le=\"+Inf\"} 3\nx_bucket{p=\"b\",le=\"+Inf\"} 5\n"
        "# TYPE x_gcount gauge\nx_gcount{p=\"a\"} 3\n# TYPE x_gsum gauge\nx_gsum{p=\"a\"} 4\n");
  CHECK(exposed(all, Format::openmetrics) ==
        "# TYPE x gaugehistogram\nx_bucket{p=\"a\",le=\"+Inf\"} 3\nx_gsum{p=\"a\"} 4\nx_gcount{p=\"a\"} 3\n"
        "x_bucket{p=\"b\",le=\"+Inf\"} 5\n# EOF\n");
}

TEST_CASE("plan: created lines stand behind their label set in OpenMetrics, last in 0.0.4") {
  const auto target = [](const char* name) {
    return snapshot(name, {{{"a_total", MetricType::counter, "", ""}, {{"", n(7)}, {"", n(8), Suffix::created}}},
                           {{"h", MetricType::histogram, "", ""},
                            {{R"(p="a",le="+Inf")", n(1), Suffix::bucket},
                             {R"(p="b",le="+Inf")", n(2), Suffix::bucket},
                             {R"(p="b")", n(20), Suffix::created},
                             {R"(p="a")", n(10), Suffix::created}}}});
  };
  const std::vector all = {target("s"), target("t")};
  CHECK(exposed(all, Format::openmetrics) ==
        "# TYPE a counter\n"
        "a_total{target=\"s\"} 7\na_created{target=\"s\"} 8\na_total{target=\"t\"} 7\na_created{target=\"t\"} 8\n"
        "# TYPE h histogram\n"
        "h_bucket{target=\"s\",p=\"a\",le=\"+Inf\"} 1\nh_created{target=\"s\",p=\"a\"} 10\n"
        "h_bucket{target=\"s\",p=\"b\",le=\"+Inf\"} 2\nh_created{target=\"s\",p=\"b\"} 20\n"
        "h_bucket{target=\"t\",p=\"a\",le=\"+Inf\"} 1\nh_created{target=\"t\",p=\"a\"} 10\n"
        "h_bucket{target=\"t\",p=\"b\",le=\"+Inf\"} 2\nh_created{target=\"t\",p=\"b\"} 20\n"
        "# EOF\n");
  CHECK(exposed(all, Format::text) ==
        "# TYPE a_total counter\na_total{target=\"s\"} 7\na_total{target=\"t\"} 7\n"
        "# TYPE a_created gauge\na_created{target=\"s\"} 8\na_created{target=\"t\"} 8\n"
        "# TYPE h histogram\n"
        "h_bucket{target=\"s\",p=\"a\",le=\"+Inf\"} 1\nh_bucket{target=\"s\",p=\"b\",le=\"+Inf\"} 2\n"
        "h_bucket{target=\"t\",p=\"a\",le=\"+Inf\"} 1\nh_bucket{target=\"t\",p=\"b\",le=\"+Inf\"} 2\n"
        "# TYPE h_created gauge\n"
        "h_created{target=\"s\",p=\"a\"} 10\nh_created{target=\"s\",p=\"b\"} 20\n"
        "h_created{target=\"t\",p=\"a\"} 10\nh_created{target=\"t\",p=\"b\"} 20\n");
}

TEST_CASE("plan: a family of several targets is one, the first HELP holds") {
  const std::vector all = {snapshot("a", {gauge("y", 1, "First."), gauge("x", 2)}),
                           snapshot("b", {gauge("y", 3, "Second."), gauge("z", 4)})};
  const auto planned = plan_for(all, nullptr);
  CHECK(planned.fresh);
  CHECK(planned.conflicts.empty());
  CHECK(exposed(all, Format::text) ==
        "# TYPE x gauge\nx{target=\"a\"} 2\n"
        "# HELP y First.\n# TYPE y gauge\ny{target=\"a\"} 1\ny{target=\"b\"} 3\n"
        "# TYPE z gauge\nz{target=\"b\"} 4\n");
}

TEST_CASE("plan: a family without HELP takes a later target's, or says that there is none") {
  const std::vector all = {snapshot("a", {gauge("x", 1), gauge("y", 2)}), snapshot("b", {gauge("x", 3, "Later.")})};
  exposition::Scrape scrape(all, plan_for(all, nullptr).plan, Format::text, false, {});
  std::string out;
  scrape.next(out);
  CHECK(out ==
        "# HELP x Later.\n# TYPE x gauge\nx{target=\"a\"} 1\nx{target=\"b\"} 3\n"
        "# HELP y The target says nothing about this family (as of the last good poll).\n# TYPE y "
        "gauge\ny{target=\"a\"} 2\n");
}

TEST_CASE("plan: no target takes the agent's families away, or gives the vocabulary other types") {
  const auto as_counter = [](const char* name) { return Figures{{name, MetricType::counter, "", ""}, {{"", n(7)}}}; };
  const std::vector all = {snapshot("a", {as_counter("process_open_fds"), as_counter("tally_worker_up")}),
                           snapshot("b", {gauge("tally_worker_up", 1)}), snapshot("", {gauge("process_open_fds", 9)})};
  CHECK(said(plan_for(all, nullptr).conflicts) ==
        "a: process_open_fds is a gauge of the agent itself, a counter here\n"
        "a: tally_worker_up is a gauge in the vocabulary, a counter here\n");
  CHECK(exposed(all, Format::text) ==
        "# TYPE process_open_fds gauge\nprocess_open_fds 9\n# TYPE tally_worker_up "
        "gauge\ntally_worker_up{target=\"b\"} 1\n");
}

TEST_CASE("plan: what only the agent shows is not taken from a target, nor left out in silence") {
  // The target is another agent, of the same version: the very families, to the pointer.
  const Figures up = gauge("tally_target_up", 1, "Up."), polls = gauge("tallyman_polls_in_flight", 3, "Polls.");
  SampleBatch status;
  status.add(status.add_family(up.family), 0, n(0));
  auto edge = std::make_shared<store::Snapshot>(*snapshot("edge", {up, polls, gauge("tally_worker_up", 1)}));
  store::Common own = store::own_common();
  own.target = "edge";
  edge->blocks.push_back(store::BlockBuilder(own).build(status, store::Clock::time_point::max()).block);
  const std::vector<store::SnapshotPtr> all = {snapshot("", {polls}), edge};
  CHECK(said(plan_for(all, nullptr).conflicts) ==
        "edge: tally_target_up is a name that only the agent shows; leave it out by the target's `filter`\n"
        "edge: tallyman_polls_in_flight is a name that only the agent shows; leave it out by the target's `filter`\n");
  CHECK(exposed(all, Format::text) ==
        "# HELP tally_target_up Up.\n# TYPE tally_target_up gauge\ntally_target_up{target=\"edge\"} 0\n"
        "# TYPE tally_worker_up gauge\ntally_worker_up{target=\"edge\"} 1\n"
        "# HELP tallyman_polls_in_flight Polls.\n# TYPE tallyman_polls_in_flight gauge\ntallyman_polls_in_flight 3\n");
}

TEST_CASE("plan: what overlaps with an earlier family is left out and reported") {
  const auto counter = [](const char* name) { return Figures{{name, MetricType::counter, "", ""}, {{"", n(1)}}}; };
  const Figures summary{{"s", MetricType::summary, "", ""}, {{"", n(1), Suffix::sum}, {"", n(2), Suffix::count}}};
  struct Row {
    std::vector<store::SnapshotPtr> all;
    const char* conflicts;
    const char* text;
  };
  const Row rows[] = {
      {{snapshot("a", {gauge("x", 1)}), snapshot("b", {counter("x"), gauge("y", 2)}), snapshot("c", {gauge("x", 3)})},
       "b: x is a gauge of target `a`, a counter here\n",
       "# TYPE x gauge\nx{target=\"a\"} 1\nx{target=\"c\"} 3\n# TYPE y gauge\ny{target=\"b\"} 2\n"},
      {{snapshot("", {gauge("x", 1)}), snapshot("b", {summary, counter("x")})},
       "b: x is a gauge of the agent itself, a counter here\n",
       "# TYPE s summary\ns_sum{target=\"b\"} 1\ns_count{target=\"b\"} 2\n# TYPE x gauge\nx 1\n"},
      {{snapshot("a", {summary}), snapshot("b", {gauge("s_count", 9)})},
       "b: s_count has samples named `s_count`, which belong to the summary `s` of target `a`\n",
       "# TYPE s summary\ns_sum{target=\"a\"} 1\ns_count{target=\"a\"} 2\n"},
      {{snapshot("a", {gauge("s_count", 9)}), snapshot("b", {summary})},
       "b: s has samples named `s_count`, which belong to the gauge `s_count` of target `a`\n",
       "# TYPE s_count gauge\ns_count{target=\"a\"} 9\n"},
      {{snapshot("a", {gauge("x_created", 9)}),
        snapshot("b", {{{"x_total", MetricType::counter, "", ""}, {{"", n(1)}, {"", n(5), Suffix::created}}}})},
       "b: x_created has samples named `x_created`, which belong to the gauge `x_created` of target `a`\n",
       "# TYPE x_created gauge\nx_created{target=\"a\"} 9\n# TYPE x_total counter\nx_total{target=\"b\"} 1\n"},
  };
  for (const Row& row : rows) {
    CHECK(said(plan_for(row.all, nullptr).conflicts) == row.conflicts);
    CHECK(exposed(row.all, Format::text) == row.text);
  }
}

TEST_CASE("plan: types that 0.0.4 does not tell apart do not clash") {
  const std::vector all = {
      snapshot("a", {{{"x_info", MetricType::info, "", ""}, {{"", n(1)}}}, gauge("y", 1)}),
      snapshot("b", {gauge("x_info", 1), {{"y", MetricType::untyped, "", ""}, {{"", n(2)}}}}),
      snapshot("c", {{{"z_total", MetricType::untyped, "", ""}, {{"", n(1)}}}}),
      snapshot("d", {{{"z_total", MetricType::counter, "", ""}, {{"", n(2)}}}}),
  };
  CHECK(plan_for(all, nullptr).conflicts.empty());
  CHECK(exposed(all, Format::text) ==
        "# TYPE x_info gauge\nx_info{target=\"a\"} 1\nx_info{target=\"b\"} 1\n"
        "# TYPE y gauge\ny{target=\"a\"} 1\ny{target=\"b\"} 2\n"
        "# TYPE z_total counter\nz_total{target=\"c\"} 1\nz_total{target=\"d\"} 2\n");
  CHECK(exposed(all, Format::openmetrics) ==
        "# TYPE x_info gauge\nx_info{target=\"a\"} 1\nx_info{target=\"b\"} 1\n"
        "# TYPE y gauge\ny{target=\"a\"} 1\ny{target=\"b\"} 2\n"
        "# TYPE z_total unknown\nz_total{target=\"c\"} 1\nz_total{target=\"d\"} 2\n# EOF\n");
}

TEST_CASE("plan: names that only OpenMetrics takes twice cost the type, not the family") {
  const std::vector all = {snapshot("", {gauge("x", 1),
                                         {{"x_total", MetricType::counter, "", ""}, {{"", n(2)}}},
                                         gauge("y", 3),
                                         {{"y_info", MetricType::info, "", ""}, {{"", n(1)}}},
                                         {{"z_total", MetricType::counter, "", ""}, {{"", n(4)}}},
                                         {{"z_info", MetricType::info, "", ""}, {{"", n(1)}}}})};
  CHECK(plan_for(all, nullptr).conflicts.empty());
  CHECK(exposed(all, Format::openmetrics) ==
        "# TYPE x gauge\nx 1\n# TYPE x_total unknown\nx_total 2\n# TYPE y gauge\ny 3\n# TYPE y_info gauge\ny_info 1\n"
        "# TYPE z_info gauge\nz_info 1\n# TYPE z counter\nz_total 4\n# EOF\n");
}

TEST_CASE("plan: is kept while the families are the same") {
  const auto with = [](const char* labels, const char* name) {
    return snapshot("a", {{{name, MetricType::gauge, "Help.", ""}, {{labels, n(1)}}}});
  };
  const auto first = with("w=\"1\"", "x");
  const auto planned = plan_for({first}, nullptr);
  CHECK(plan_for({first}, planned.plan).plan == planned.plan);
  // Other workers, the same families.
  const auto again = plan_for({with("w=\"2\"", "x")}, planned.plan);
  CHECK(again.plan == planned.plan);
  CHECK_FALSE(again.fresh);
  CHECK(plan_for({with("w=\"1\"", "y")}, planned.plan).fresh);
  CHECK(plan_for({first, first}, planned.plan).fresh);
  CHECK(plan_for({}, planned.plan).fresh);
}
