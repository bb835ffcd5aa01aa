#include "store/shape_builder.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>
#include <tuple>
#include <vector>

#include "support/catch.h"
#include "support/cpu_time.h"

using namespace tallyman;
using store::BlockBuilder;
using store::Common;

namespace {

constexpr auto never = store::Clock::time_point::max();

Common common() { return {.system = "kobo", .target = "hub", .labels = {}, .keep_family = {}, .keep_label = {}}; }

struct Sample {
  const char* labels;
  Number value;
  Suffix suffix = Suffix::none;
};

Number n(std::int64_t v) { return Number::of(v); }

void add(SampleBatch& batch, Family family, std::initializer_list<Sample> samples) {
  const auto f = batch.add_family(std::move(family));
  for (const auto& s : samples) batch.add(f, batch.add_labels(s.labels), s.value, s.suffix);
}

std::string text_of(const SampleBatch& batch, Common c = common()) {
  return BlockBuilder(std::move(c)).build(batch, never).block->text;
}

}  // namespace

TEST_CASE("shape: a batch that is used up gives the block that it gives when it is kept") {
  const auto make = [](const char* last, std::int64_t value) {
    SampleBatch batch;
    add(batch, {"b", MetricType::gauge, "B.", ""}, {{"worker=\"w1\"", n(value)}, {"worker=\"w\\\"2\"", n(2)}});
    add(batch, {"a", MetricType::counter, "", ""}, {{"", n(3)}, {last, n(4)}});
    return batch;
  };
  BlockBuilder kept(common()), used(common());
  // The first, the same series again, and another set.
  for (const auto& [last, value, same] :
       {std::tuple("x=\"1\"", 1, false), {"x=\"1\"", 5, true}, {"x=\"2\"", 5, false}}) {
    SampleBatch one = make(last, value), other = make(last, value);
    const auto expected = kept.build(one, never), built = used.build(std::move(other), never);
    CHECK(built.block->text == expected.block->text);
    CHECK(built.block->shape->prefix_bytes == expected.block->shape->prefix_bytes);
    CHECK(built.same_shape == same);
    CHECK(one.label_text().size() > 0);
  }
}

// Text is written part by part.
TEST_CASE("shape: blocks larger than a part, and lines larger than one") {
  SampleBatch batch;
  std::string first, second;
  std::vector<std::size_t> ends;
  for (int family = 0; family < 3; ++family) {
    const std::string name = "f" + std::to_string(family);
    const auto f = batch.add_family({name, MetricType::gauge, "", ""});
    for (int i = 0; i < 900; ++i) {
      std::string labels = "i=\"" + std::to_string(i) + "\"";
      if (i % 300 == 7)
        for (int l = 0; l < 100; ++l) labels += ",l" + std::to_string(l) + "=\"" + std::string(1000, 'x') + "\"";
      batch.add(f, batch.add_labels(labels), n(i));
      const std::string line = name + "{system=\"kobo\",target=\"hub\"," + labels + "} ";
      first += line + std::to_string(i) + "\n";
      second += line + std::to_string(i * 1000) + "\n";
    }
    ends.push_back(first.size());
  }
  BlockBuilder builder(common());
  const auto built = builder.build(batch, never).block;
  CHECK(built->text == first);
  CHECK(built->slice_bytes == std::vector<std::uint32_t>{0, static_cast<std::uint32_t>(ends[0]),
                                                         static_cast<std::uint32_t>(ends[1]),
                                                         static_cast<std::uint32_t>(ends[2])});
  for (std::size_t i = 0; i < batch.size(); ++i) batch.set_value(i, n(batch.values()[i].int64() * 1000));
  const auto again = builder.build(batch, never);
  CHECK(again.same_shape);
  CHECK(again.block->text == second);
}

TEST_CASE("shape: common labels come first, a label of their name is renamed or wins") {
  struct Row {
    const char* own;
    bool honor;
    const char* line;
  };
  const Row rows[] = {
      {"", false, R"(x{system="kobo",target="hub",dc="b\"1"} 1)"},
      {R"(worker="w1")", false, R"(x{system="kobo",target="hub",dc="b\"1",worker="w1"} 1)"},
      {R"(target="t",a="\\\n")", false, R"(x{system="kobo",target="hub",dc="b\"1",exported_target="t",a="\\\n"} 1)"},
      {R"(target="t")", true, R"(x{system="kobo",dc="b\"1",target="t"} 1)"},
      {R"(system="s",dc="d",a="1")", true, R"(x{target="hub",system="s",dc="d",a="1"} 1)"},
      {R"(target="t",exported_target="u")", false,
       R"(x{system="kobo",target="hub",dc="b\"1",exported_exported_target="t",exported_target="u"} 1)"},
  };
  for (const Row& row : rows) {
    SampleBatch batch;
    add(batch, {"x", MetricType::gauge, "", ""}, {{row.own, n(1)}});
    Common c = common();
    c.labels = {{"dc", "b\"1"}};
    c.honor_labels = row.honor;
    CHECK(text_of(batch, c) == std::string(row.line) + "\n");
  }
}

TEST_CASE("shape: without system and target a line is bare") {
  SampleBatch batch;
  add(batch, {"x", MetricType::gauge, "", ""}, {{"", n(1)}, {R"(a="b")", Number::of(0.25)}});
  CHECK(text_of(batch, {}) == "x 1\nx{a=\"b\"} 0.25\n");
}

TEST_CASE("shape: families are sorted by name, series keep their order") {
  SampleBatch batch;
  add(batch, {"b", MetricType::gauge, "", ""}, {{R"(w="2")", n(1)}, {R"(w="1")", n(2)}});
  add(batch, {"a_b", MetricType::gauge, "", ""}, {{"", n(3)}});
  add(batch, {"aZ", MetricType::gauge, "", ""}, {{"", n(4)}});
  add(batch, {"empty", MetricType::gauge, "", ""}, {});
  const auto block = BlockBuilder(store::Common{}).build(batch, never).block;
  CHECK(block->text == "aZ 4\na_b 3\nb{w=\"2\"} 1\nb{w=\"1\"} 2\n");
  REQUIRE(block->shape->slices.size() == 3);
  CHECK(block->slice(0) == "aZ 4\n");
  CHECK(block->slice(2) == "b{w=\"2\"} 1\nb{w=\"1\"} 2\n");
  CHECK(block->shape->slices[2].first == 2);
  CHECK(block->shape->slices[2].count == 2);
  CHECK(block->shape->prefix_bytes == std::vector<std::uint32_t>{3, 4, 9, 9});
}

TEST_CASE("shape: lines of one label set of a histogram or summary come together") {
  SampleBatch batch;
  add(batch, {"h", MetricType::histogram, "", ""},
      {{R"(p="a",le="1.0")", n(1), Suffix::bucket},
       {R"(p="b",le="1.0")", n(2), Suffix::bucket},
       {R"(p="a",le="+Inf")", n(3), Suffix::bucket},
       {R"(le="+Inf",p="b")", n(4), Suffix::bucket},
       {R"(p="b")", n(4), Suffix::count},
       {R"(p="a")", n(3), Suffix::count}});
  add(batch, {"s", MetricType::summary, "", ""},
      {{R"(p="a",quantile="0.5")", n(1)},
       {R"(p="b",quantile="0.5")", n(2)},
       {R"(p="a")", n(9), Suffix::sum},
       {R"(p="a")", n(3), Suffix::count}});
  CHECK(text_of(batch, {}) ==
        "h_bucket{p=\"a\",le=\"1.0\"} 1\n"
        "h_bucket{p=\"a\",le=\"+Inf\"} 3\n"
        "h_count{p=\"a\"} 3\n"
        "h_bucket{p=\"b\",le=\"1.0\"} 2\n"
        "h_bucket{le=\"+Inf\",p=\"b\"} 4\n"
        "h_count{p=\"b\"} 4\n"
        "s{p=\"a\",quantile=\"0.5\"} 1\n"
        "s_sum{p=\"a\"} 9\n"
        "s_count{p=\"a\"} 3\n"
        "s{p=\"b\",quantile=\"0.5\"} 2\n");
}

TEST_CASE("shape: created lines are a slice of their own behind their family's") {
  SampleBatch batch;
  add(batch, {"c_total", MetricType::counter, "", ""},
      {{R"(p="b")", n(70), Suffix::created},
       {R"(p="a")", n(1)},
       {R"(p="b")", n(2)},
       {R"(p="a")", n(60), Suffix::created},
       {R"(p="none")", n(80), Suffix::created}});
  const auto built = BlockBuilder(store::Common{}).build(batch, never);
  const auto& shape = *built.block->shape;
  REQUIRE(shape.slices.size() == 2);
  CHECK_FALSE(shape.slices[0].created);
  CHECK(shape.slices[1].created);
  CHECK(shape.slices[1].family == shape.slices[0].family);
  CHECK(built.block->slice(0) == "c_total{p=\"a\"} 1\nc_total{p=\"b\"} 2\n");
  CHECK(built.block->slice(1) == "c_created{p=\"a\"} 60\nc_created{p=\"b\"} 70\n");
  CHECK(shape.created_after == std::vector<std::uint32_t>{0, 1});
  CHECK(built.orphans == 1);
}

TEST_CASE("shape: a created line stands behind the last line of its label set") {
  SampleBatch batch;
  add(batch, {"h", MetricType::histogram, "", ""},
      {{R"(p="a",le="+Inf")", n(1), Suffix::bucket},
       {R"(p="a")", n(1), Suffix::count},
       {R"(p="b",le="+Inf")", n(1), Suffix::bucket},
       {R"(p="b")", n(1), Suffix::count},
       {R"(p="b")", n(5), Suffix::created},
       {R"(p="a")", n(6), Suffix::created}});
  const auto block = BlockBuilder(store::Common{}).build(batch, never).block;
  CHECK(block->slice(1) == "h_created{p=\"a\"} 6\nh_created{p=\"b\"} 5\n");
  CHECK(block->shape->created_after == std::vector<std::uint32_t>{1, 3});
}

TEST_CASE("shape: the first of several equal series is kept, whatever the order of labels") {
  SampleBatch batch;
  add(batch, {"x", MetricType::gauge, "", ""},
      {{R"(a="1",b="2")", n(1)}, {R"(b="2",a="1")", n(2)}, {R"(a="1",b="2",c="")", n(3)}, {R"(a="12")", n(4)}});
  const auto built = BlockBuilder(store::Common{}).build(batch, never);
  CHECK(built.block->text == "x{a=\"1\",b=\"2\"} 1\nx{a=\"12\"} 4\n");
  CHECK(built.duplicates == 2);
}

TEST_CASE("shape: families of one name are one if their types agree") {
  SampleBatch batch;
  add(batch, {"x", MetricType::gauge, "", ""}, {{R"(a="1")", n(1)}});
  add(batch, {"x", MetricType::counter, "clash", ""}, {{R"(a="2")", n(2)}, {R"(a="3")", n(2)}});
  add(batch, {"x", MetricType::gauge, "First help.", ""}, {{R"(a="4")", n(4)}});
  add(batch, {"x", MetricType::gauge, "Later help.", ""}, {{R"(a="1")", n(5)}});
  const auto built = BlockBuilder(store::Common{}).build(batch, never);
  CHECK(built.block->text == "x{a=\"1\"} 1\nx{a=\"4\"} 4\n");
  REQUIRE(built.block->shape->slices.size() == 1);
  CHECK(built.block->shape->slices[0].family->help == "First help.");
  CHECK(built.clashes == 1);
  CHECK(built.duplicates == 1);
}

TEST_CASE("shape: names that are not legal are made so and counted") {
  SampleBatch batch;
  add(batch, {"9x-y", MetricType::gauge, "", ""}, {{R"(a.b="1",a_b="2",__name__="z")", n(1)}});
  const auto built = BlockBuilder(store::Common{}).build(batch, never);
  CHECK(built.block->text == "_9x_y{a_b_=\"1\",a_b=\"2\",exported___name__=\"z\"} 1\n");
  CHECK(built.sanitised == 3);
}

TEST_CASE("shape: long label values are cut and stay different, le does not count") {
  SampleBatch batch;
  add(batch, {"x", MetricType::gauge, "", ""},
      {{R"(a="12345678901234567890a")", n(1)}, {R"(a="12345678901234567890b")", n(2)}});
  Common c;
  c.label_value_bytes = 20;
  const auto built = BlockBuilder(c).build(batch, never);
  CHECK(built.cut == 2);
  CHECK(built.duplicates == 0);
  CHECK(built.block->text.substr(0, 15) == "x{a=\"1234567890");
  CHECK(built.block->slice(0).size() == 2 * std::string_view("x{a=\"12345678901~01234567\"} 1\n").size());
}

TEST_CASE("shape: filters drop families and labels, never le, quantile or a stateset's state") {
  SampleBatch batch;
  add(batch, {"drop_me", MetricType::gauge, "", ""}, {{"", n(1)}});
  add(batch, {"keep_s", MetricType::stateset, "", ""}, {{R"(keep_s="on",q="1")", n(1)}});
  add(batch, {"keep_h", MetricType::histogram, "", ""},
      {{R"(q="1",le="+Inf")", n(1), Suffix::bucket}, {R"(q="1")", n(1), Suffix::count}});
  add(batch, {"keep_x", MetricType::gauge, "", ""}, {{R"(q="1",w="1")", n(1)}, {R"(q="2",w="1")", n(2)}});
  Common c;
  c.keep_family = [](std::string_view name) { return name.starts_with("keep"); };
  c.keep_label = [](std::string_view name) { return name == "w"; };
  const auto built = BlockBuilder(c).build(batch, never);
  CHECK(built.block->text ==
        "keep_h_bucket{le=\"+Inf\"} 1\nkeep_h_count 1\nkeep_s{keep_s=\"on\"} 1\nkeep_x{w=\"1\"} 1\n");
  CHECK(built.duplicates == 1);
}

TEST_CASE("shape: of metrics that a filter makes one the first stays whole, the others are counted") {
  SampleBatch batch;
  add(batch, {"h", MetricType::histogram, "", ""},
      {{R"(w="1",x="a",le="1.0")", n(1), Suffix::bucket},
       {R"(w="1",x="a",le="+Inf")", n(2), Suffix::bucket},
       {R"(w="1",x="a")", n(2), Suffix::count},
       {R"(w="1",x="b",le="0.5")", n(7), Suffix::bucket},  // a bound that the first has not
       {R"(w="1",x="b",le="+Inf")", n(8), Suffix::bucket},
       {R"(w="1",x="b")", n(8), Suffix::count},
       {R"(w="2",x="b",le="+Inf")", n(3), Suffix::bucket}});
  add(batch, {"g", MetricType::gauge, "", ""},
      {{R"(x="a")", n(1)}, {R"(x="b")", n(2)}, {R"(w="1",x="b")", n(3)}, {R"(x="a",y="")", n(4)}});
  Common c;
  c.keep_label = [](std::string_view name) { return name != "x"; };
  const auto built = BlockBuilder(c).build(batch, never);
  CHECK(built.block->text ==
        "g 1\n"
        "g{w=\"1\"} 3\n"
        "h_bucket{w=\"1\",le=\"1.0\"} 1\n"
        "h_bucket{w=\"1\",le=\"+Inf\"} 2\n"
        "h_count{w=\"1\"} 2\n"
        "h_bucket{w=\"2\",le=\"+Inf\"} 3\n");
  CHECK(built.duplicates == 5);
}

TEST_CASE("shape: a stateset without a label of its name is a gauge") {
  SampleBatch batch;
  add(batch, {"st", MetricType::stateset, "", ""}, {{R"(state="on")", n(1)}, {R"(state="off")", n(0)}});
  const auto block = BlockBuilder(common()).build(batch, never).block;
  CHECK(block->shape->slices[0].family->type == MetricType::gauge);
}

TEST_CASE("shape: what OpenMetrics does not allow as its type is marked loose") {
  struct Row {
    MetricType type;
    std::vector<Sample> samples;
    bool loose;
  };
  const auto none = Suffix::none, bucket = Suffix::bucket, sum = Suffix::sum, count = Suffix::count;
  const Row rows[] = {
      {MetricType::histogram, {{R"(le="1.0")", n(1), bucket}, {R"(le="+Inf")", n(1), bucket}}, false},
      {MetricType::histogram, {{R"(le="+Inf")", n(1), bucket}, {"", n(1), count}, {"", n(1), sum}}, false},
      {MetricType::histogram, {{R"(le="+Inf")", n(1), bucket}, {"", n(1), count}}, true},
      {MetricType::histogram, {{R"(le="+Inf")", n(1), bucket}, {"", n(1), sum}}, true},
      {MetricType::histogram, {{R"(le="1.0")", n(1), bucket}}, true},
      {MetricType::histogram, {{R"(le="inf")", n(1), bucket}}, true},
      {MetricType::histogram, {{R"(le="big")", n(1), bucket}, {R"(le="+Inf")", n(1), bucket}}, true},
      {MetricType::histogram, {{R"(le="+Inf")", n(1), bucket}, {R"(le="1.0")", n(1), bucket}}, true},
      {MetricType::histogram, {{R"(p="a",le="+Inf")", n(1), bucket}, {R"(p="b",le="1")", n(1), bucket}}, true},
      {MetricType::histogram,
       {{R"(le="-1.0")", n(1), bucket}, {R"(le="+Inf")", n(1), bucket}, {"", n(1), sum}, {"", n(1), count}},
       true},
      {MetricType::histogram, {{"", n(1), none}}, true},
      {MetricType::summary, {{R"(quantile="0.5")", n(1), none}, {"", n(1), sum}}, false},
      {MetricType::summary, {{R"(quantile="1.5")", n(1), none}}, true},
      {MetricType::summary, {{"", n(1), none}}, true},
      {MetricType::counter, {{"", n(1), none}}, false},
      {MetricType::untyped, {{"", n(1), none}}, false},
      {MetricType::untyped, {{R"(le="+Inf")", n(1), bucket}}, true},
  };
  for (const Row& row : rows) {
    SampleBatch batch;
    const auto f = batch.add_family({"x", row.type, "", ""});
    for (const auto& s : row.samples) batch.add(f, batch.add_labels(s.labels), s.value, s.suffix);
    const auto block = BlockBuilder(store::Common{}).build(batch, never).block;
    CAPTURE(block->text);
    REQUIRE(block->shape->slices.size() == 1);
    CHECK(block->shape->slices[0].loose == row.loose);
  }
}

TEST_CASE("shape: a slice says which suffixes it has") {
  SampleBatch batch;
  add(batch, {"x", MetricType::summary, "", ""},
      {{"", n(1), Suffix::sum}, {R"(quantile="0.5")", n(1)}, {"", n(1), Suffix::created}});
  const auto block = BlockBuilder(store::Common{}).build(batch, never).block;
  REQUIRE(block->shape->slices.size() == 2);
  CHECK(block->shape->slices[0].suffixes == 0b101);
  CHECK(block->shape->slices[1].suffixes == 0b10000);
}

TEST_CASE("shape: the same series again only change values") {
  BlockBuilder builder(common());
  const auto batch_with = [](std::int64_t a, double b) {
    SampleBatch batch;
    add(batch, {"z", MetricType::gauge, "", ""}, {{R"(w="1")", n(a)}, {R"(w="1")", n(99)}});
    add(batch, {"a", MetricType::gauge, "", ""}, {{R"(w="1 } 2\n")", Number::of(b)}});
    return batch;
  };
  const auto first = builder.build(batch_with(1, 0.5), never);
  CHECK_FALSE(first.same_shape);
  const auto second = builder.build(batch_with(-123456, 1795310269.4921875), never);
  CHECK(second.same_shape);
  CHECK(second.duplicates == 1);
  CHECK(second.block->shape == first.block->shape);
  CHECK(second.block != first.block);
  CHECK(
      second.block->text ==
      "a{system=\"kobo\",target=\"hub\",w=\"1 } 2\\n\"} 1795310269.4921875\nz{system=\"kobo\",target=\"hub\",w=\"1\"} "
      "-123456\n");
  const auto third = builder.build(batch_with(1, 0.5), never);
  CHECK(third.block->text == first.block->text);
  CHECK(first.block->text.starts_with("a{system=\"kobo\",target=\"hub\",w=\"1 } 2\\n\"} 0.5\n"));
}

TEST_CASE("shape: whatever changes the lines or heads makes a new shape") {
  const auto one = [](const char* name, MetricType type, const char* help, const char* labels, Suffix suffix) {
    SampleBatch batch;
    add(batch, {name, type, help, ""}, {{labels, n(1), suffix}});
    return batch;
  };
  const SampleBatch base = one("x", MetricType::summary, "h", R"(a="1")", Suffix::sum);
  const SampleBatch others[] = {
      one("y", MetricType::summary, "h", R"(a="1")", Suffix::sum),
      one("x", MetricType::gauge, "h", R"(a="1")", Suffix::sum),
      one("x", MetricType::summary, "i", R"(a="1")", Suffix::sum),
      one("x", MetricType::summary, "h", R"(a="2")", Suffix::sum),
      one("x", MetricType::summary, "h", R"(a="1")", Suffix::count),
      one("x", MetricType::summary, "h", "", Suffix::sum),
  };
  for (const auto& other : others) {
    BlockBuilder builder(store::Common{});
    const auto before = builder.build(base, never);
    CHECK(builder.build(base, never).same_shape);
    const auto after = builder.build(other, never);
    CHECK_FALSE(after.same_shape);
    CHECK(after.block->shape != before.block->shape);
    CHECK(after.block->text == BlockBuilder(store::Common{}).build(other, never).block->text);
  }
}

TEST_CASE("shape: an empty batch is an empty block") {
  BlockBuilder builder(common());
  const auto built = builder.build(SampleBatch(), never);
  CHECK(built.block->text.empty());
  CHECK(built.block->shape->slices.empty());
  CHECK(built.block->slice_bytes == std::vector<std::uint32_t>{0});
  CHECK(builder.build(SampleBatch(), never).same_shape);
}

TEST_CASE("shape: equal families are one object") {
  const auto a = store::intern_family({"x", MetricType::gauge, "Help.", ""});
  CHECK(a == store::intern_family({"x", MetricType::gauge, "Help.", ""}));
  CHECK(a != store::intern_family({"x", MetricType::counter, "Help.", ""}));
  CHECK(a != store::intern_family({"x", MetricType::gauge, "Help", "."}));
}

TEST_CASE("shape: time of the hot and the slow path", "[.bench]") {
  const std::size_t families = 20;
  SampleBatch batch;
  const auto fill = [&](std::size_t workers, std::int64_t turn) {
    batch.clear();
    for (std::size_t f = 0; f < families; ++f)
      batch.add_family({"tally_worker_figure_" + std::to_string(f * 7 % 20), MetricType::gauge,
                        "A figure of a worker as its service says it.", ""});
    for (std::size_t w = 0; w < workers; ++w) {
      const auto labels = batch.add_labels("worker=\"builder-" + std::to_string(1000 + w) + ".example.org\"");
      for (std::uint32_t f = 0; f < families; ++f)
        batch.add(f, labels, f % 4 == 3 ? Number::of(static_cast<double>((turn + f) % 5000) / 100) : n(turn + f));
    }
  };
  for (const std::size_t workers : {8u, 100u, 1000u}) {
    BlockBuilder builder(common());
    fill(workers, 0);
    const double slow_from = test::cpu_ns();
    builder.build(batch, never);
    const double slow = test::cpu_ns() - slow_from;
    double best = 1e18;
    std::size_t bytes = 0;
    for (int turn = 1; turn < 200; ++turn) {
      fill(workers, turn);
      const double from = test::cpu_ns();
      const auto built = builder.build(batch, never);
      best = std::min(best, test::cpu_ns() - from);
      REQUIRE(built.same_shape);
      bytes = built.block->text.size();
    }
    const auto series = static_cast<double>(workers * families);
    std::printf("%6.0f series of %.0f bytes: slow path %.0f ns, hot path %.1f ns per series\n", series,
                static_cast<double>(bytes) / series, slow / series, best / series);
  }
}

TEST_CASE("shape: a later block leaves out what an earlier one of its target shows") {
  BlockBuilder first(common()), second(common(), &first), third(common(), &second);
  const auto of = [](std::initializer_list<Sample> samples) {
    SampleBatch batch;
    add(batch, {"x", MetricType::gauge, "", ""}, samples);
    return batch;
  };
  const auto poll = [&](const SampleBatch& a, const SampleBatch& b, const SampleBatch& c) {
    return std::array{first.build(a, never), second.build(b, never), third.build(c, never)};
  };
  const SampleBatch a = of({{R"(w="1")", n(1)}}), b = of({{R"(w="1")", n(2)}, {R"(w="2")", n(2)}}),
                    c = of({{R"(w="2")", n(3)}, {R"(w="3")", n(3)}});
  auto built = poll(a, b, c);
  CHECK(built[0].block->text == "x{system=\"kobo\",target=\"hub\",w=\"1\"} 1\n");
  CHECK(built[1].block->text == "x{system=\"kobo\",target=\"hub\",w=\"2\"} 2\n");
  CHECK(built[2].block->text == "x{system=\"kobo\",target=\"hub\",w=\"3\"} 3\n");
  CHECK(built[1].duplicates == 1);
  CHECK(built[2].duplicates == 1);

  SECTION("again: only values are written, the duplicates are counted again") {
    built = poll(a, b, c);
    for (const auto& one : built) CHECK(one.same_shape);
    CHECK(built[1].duplicates == 1);
    CHECK(built[2].block->text == "x{system=\"kobo\",target=\"hub\",w=\"3\"} 3\n");
  }
  SECTION("the earlier block loses the series: the later one shows it") {
    built = poll(of({}), b, c);
    CHECK(built[1].block->text ==
          "x{system=\"kobo\",target=\"hub\",w=\"1\"} 2\nx{system=\"kobo\",target=\"hub\",w=\"2\"} 2\n");
    CHECK(built[1].duplicates == 0);
    CHECK(built[2].duplicates == 1);
  }
  SECTION("the first block gains what the third showed") {
    built = poll(of({{R"(w="3")", n(9)}}), b, c);
    CHECK(built[2].block->text.empty());
    CHECK(built[2].duplicates == 2);
  }
}

TEST_CASE("shape: the order of labels does not make another series") {
  BlockBuilder first(store::Common{}), second(store::Common{}, &first);
  SampleBatch a, b;
  add(a, {"x", MetricType::gauge, "", ""}, {{R"(a="1",b="2")", n(1)}});
  add(b, {"x", MetricType::gauge, "", ""}, {{R"(b="2",a="1")", n(2)}, {R"(a="1")", n(2)}});
  first.build(a, never);
  CHECK(second.build(b, never).block->text == "x{a=\"1\"} 2\n");
}

TEST_CASE("shape: series that do not name their target are told") {
  struct Row {
    const char* what;
    Labels labels;
    bool honor;
    const char* own;
    bool unplaced;
  };
  const Row rows[] = {
      {"the common label", {}, false, R"(w="1")", false},
      {"no labels of its own", {}, false, "", false},
      {"a scraped target is renamed", {}, false, R"(target="x")", false},
      {"a scraped target is honoured", {}, true, R"(target="x")", true},
      {"an honoured target of the same name", {}, true, R"(target="hub")", false},
      {"a static label replaces it", {{"target", "all"}}, false, R"(w="1")", true},
      {"a static label says the same", {{"target", "hub"}}, false, R"(w="1")", false},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    auto c = common();
    c.labels = row.labels;
    c.honor_labels = row.honor;
    SampleBatch batch;
    add(batch, {"x", MetricType::gauge, "", ""}, {{row.own, n(1)}});
    CHECK(BlockBuilder(c).build(batch, never).block->shape->unplaced == row.unplaced);
  }
}
