// Targets that show the same series: one series each in what comes out.
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

Figures x(std::initializer_list<Sample> samples) { return {{"x", MetricType::gauge, "", ""}, samples}; }

}  // namespace

TEST_CASE("overlap: the first target by name keeps a series that two show") {
  const std::vector all = {
      honoured("a", {x({{R"(target="p",w="1")", n(1)}, {R"(target="p",w="2")", n(2)}})}),
      honoured("b", {x({{R"(w="2",target="p")", n(3)}, {R"(target="q",w="2")", n(4)}})}),
      snapshot("q", {x({{R"(w="2")", n(5)}, {R"(w="3")", n(6)}})}),
  };
  const auto planned = plan_for(all, nullptr);
  CHECK(said(planned.conflicts) ==
        "b: x has series with the same labels as target `a`, whose are shown; give the targets labels that tell them "
        "apart\n"
        "q: x has series with the same labels as target `b`, whose are shown; give the targets labels that tell them "
        "apart\n");
  const std::string text =
      "# TYPE x gauge\n"
      "x{target=\"p\",w=\"1\"} 1\nx{target=\"p\",w=\"2\"} 2\n"
      "x{target=\"q\",w=\"2\"} 4\n"
      "x{target=\"q\",w=\"3\"} 6\n";
  CHECK(exposed(all, Format::text) == text);
  CHECK(exposed(all, Format::openmetrics) == text + "# EOF\n");
}

TEST_CASE("overlap: a histogram is never put together from two") {
  const auto histogram = [](const char* bound, std::int64_t count) {
    return Figures{{"h", MetricType::histogram, "", ""},
                   {{bound, n(count), Suffix::bucket},
                    {R"(target="p",le="+Inf")", n(count), Suffix::bucket},
                    {R"(target="p")", n(count), Suffix::sum},
                    {R"(target="p")", n(count), Suffix::count},
                    {R"(target="p")", n(count), Suffix::created}}};
  };
  const std::vector all = {honoured("a", {histogram(R"(target="p",le="1.0")", 3)}),
                           honoured("b", {histogram(R"(target="p",le="2.0")", 7)})};
  CHECK(exposed(all, Format::text) ==
        "# TYPE h histogram\nh_bucket{target=\"p\",le=\"1.0\"} 3\nh_bucket{target=\"p\",le=\"+Inf\"} 3\n"
        "h_sum{target=\"p\"} 3\nh_count{target=\"p\"} 3\n"
        "# TYPE h_created gauge\nh_created{target=\"p\"} 3\n");
  CHECK(exposed(all, Format::openmetrics) ==
        "# TYPE h histogram\nh_bucket{target=\"p\",le=\"1.0\"} 3\nh_bucket{target=\"p\",le=\"+Inf\"} 3\n"
        "h_sum{target=\"p\"} 3\nh_count{target=\"p\"} 3\nh_created{target=\"p\"} 3\n# EOF\n");
}

TEST_CASE("overlap: a plan that compared series fits no others") {
  const auto with = [](const char* labels) { return honoured("b", {x({{labels, n(1)}})}); };
  const auto a = honoured("a", {x({{R"(target="p")", n(1)}})});
  const auto planned = plan_for({a, with(R"(target="q")")}, nullptr);
  CHECK(planned.conflicts.empty());
  // The same families, but now the series are the same too.
  const auto again = plan_for({a, with(R"(target="p")")}, planned.plan);
  CHECK(again.fresh);
  CHECK(again.conflicts.size() == 1);
}

TEST_CASE("overlap: targets that name themselves are not compared") {
  const auto with = [](const char* labels) { return snapshot("b", {x({{labels, n(1)}})}); };
  const auto a = snapshot("a", {x({{R"(w="1")", n(1)}})});
  const auto planned = plan_for({a, with(R"(w="1")")}, nullptr);
  CHECK(planned.conflicts.empty());
  CHECK_FALSE(plan_for({a, with(R"(w="2")")}, planned.plan).fresh);
}
