#include "infer/figures.h"

#include <algorithm>

#include "infer/lists.h"
#include "infer/yaml.h"

namespace tallyman::infer {
namespace {

constexpr std::size_t most_metrics = 40;  // live ones of a rule
constexpr std::size_t most_labels = 8;    // of an info metric
constexpr std::size_t longest_name = 120;

std::string shown(const Leaf& leaf) {
  std::string out;
  for (const std::string& name : leaf.path) out += (out.empty() ? "" : ".") + name;
  return for_comment(out.empty() ? "the item itself" : out);
}

void leave_out(Rule& rule, const Leaf& leaf, const std::string& why) { rule.left_out.push_back({shown(leaf), why}); }

std::string without_last(const std::string& name, std::string_view token) {
  if (name.size() <= token.size()) return "";
  std::string out = name.substr(0, name.size() - token.size());
  while (!out.empty() && out.back() == '_') out.pop_back();
  return out;
}

bool ends_with_token(std::string_view name, std::string_view token) {
  return name == token || name.ends_with("_" + std::string(token));
}

// Nanoseconds, as Go writes its durations: whole milliseconds, and so large that nothing else is meant.
bool looks_like_nanoseconds(const Leaf& leaf) {
  const Shape& s = *leaf.shape;
  return names_time_span(leaf.name) && s.numbers > 0 && s.integers == s.numbers && s.least_above_zero >= 1e8 &&
         static_cast<long long>(s.least_above_zero) % 1'000'000 == 0 && s.most < 1e18;
}

// `worker_heartbeat` of a worker is `.._worker_heartbeat`, not `.._worker_worker_heartbeat`.
std::string prefixed(const Figures& about, const std::string& name) {
  const std::string noun = about.noun.substr(about.noun.rfind(' ') + 1) + "_";
  return about.prefix + (about.prefix.ends_with("_" + noun) && name.starts_with(noun) && name.size() > noun.size()
                             ? name.substr(noun.size())
                             : name);
}

// Of what is no number and has no unit, whatever its name says: `uptime_ms: true`.
std::string without_unit(const std::string& name) {
  if (name.empty()) return "value";
  const auto unit = unit_of(name);
  return unit && !unit->as.empty() ? name + "_value" : name;
}

void add_number(const Figures& about, const Leaf& leaf, Rule& rule) {
  const Shape& s = *leaf.shape;
  if (in_list(leaf.name, "now server_time current_time server_utc_time"))
    return leave_out(rule, leaf, "the service's clock");
  if (names_identifier(leaf.name)) return leave_out(rule, leaf, "an identifier or a number of something, no figure");
  if (ends_with_token(leaf.name, "rate") || leaf.parent.ends_with("_details"))
    return leave_out(rule, leaf, "a rate or detail that follows from another figure");
  Reading value = read(leaf);
  Metric metric;
  metric.type = "gauge";
  std::string name = leaf.full.empty() ? "value" : leaf.full;
  const Moment moment = moment_of(s, leaf.name);
  if (moment != Moment::none) {
    if (ends_with_token(name, "timestamp")) name = without_last(name, "timestamp");
    name += name.empty() ? "timestamp_seconds" : "_timestamp_seconds";
    value.modifiers += std::string(", as: ") + as_of(moment);
  } else if (s.durations > 0) {
    if (has_token(leaf.name, "cpu cpus")) return leave_out(rule, leaf, "millicores, which look like minutes");
    value.modifiers += ", as: duration";
    name += "_seconds";
  } else if (s.sizes > 0) {
    value.modifiers += ", as: size";
    if (const auto unit = unit_of(name); unit && unit->base == "bytes") name = without_last(name, unit->token);
    name += name.empty() ? "bytes" : "_bytes";
  } else if (s.percents > 0) {
    value.modifiers += ", extract: \"^(.*[0-9]) ?%$\", as: percent";
    if (!ends_with_token(name, "ratio")) name += "_ratio";
  } else {
    if (s.minus_one && s.huge)
      value.modifiers += ", none: [-1, 18446744073709551615]";
    else if (s.minus_one && s.least == -1)
      value.modifiers += ", none: -1";
    else if (s.huge)
      value.modifiers += ", none: 18446744073709551615";
    if (take_unit(name, value, metric)) {
    } else if (looks_like_nanoseconds(leaf)) {
      value.modifiers += ", as: ns";
      name += "_seconds";
      metric.comment = "taken for nanoseconds";
    }
    const Trend trend = about.trend(leaf);
    const bool by_name = s.said_counters > 0 || (s.said_gauges == 0 && !leaf.of_pair && names_counter(leaf.name));
    const bool may_grow = !leaf.of_pair && s.said_gauges == 0 && !names_gauge(leaf.name);
    if (trend != Trend::fell && s.least >= 0 && (by_name || (trend == Trend::grew && may_grow))) {
      metric.type = "counter";
      if (trend == Trend::grew)
        metric.comment += std::string(metric.comment.empty() ? "" : "; ") + "it grew between the samples";
      else if (s.said_counters == 0)
        metric.comment += std::string(metric.comment.empty() ? "" : "; ") + "a counter by its name";
    } else if (trend == Trend::fell && by_name) {
      metric.comment = "it fell between the samples, whatever its name says";
    }
  }
  while (ends_with_token(name, "total")) {
    name = without_last(name, "total");
    if (!leaf.of_pair || metric.type == "counter") continue;
    name += name.empty() ? "all" : "_limit";
    metric.comment = "taken for a limit or a sum, not for a counter";
  }
  if (metric.type == "counter") name += name.empty() ? "total" : "_total";
  metric.name = metric_name(prefixed(about, name), metric.type, about.names);
  metric.value = value.text();
  metric.help = shown(leaf) + " of " + about.noun + " (as of the last good poll).";
  rule.metrics.push_back(std::move(metric));
}

void add_mixed(const Figures& about, const Leaf& leaf, Rule& rule) {
  const Shape& s = *leaf.shape;
  // A figure that is sometimes a word, N/A or infinity: the words are none.
  if (s.numbers > 0 && s.words > 0 && s.words <= s.numbers && s.different.size() <= 3 && s.longest <= 60 &&
      s.numbers + s.texts + s.nulls == s.seen && !names_identifier(leaf.name)) {
    Reading value = read(leaf);
    std::string none;
    for (const std::string& word : s.different) none += (none.empty() ? "" : ", ") + yaml_quoted(word);
    value.modifiers += ", none: [" + none + "]";
    Metric metric;
    std::string name = leaf.full.empty() ? "value" : leaf.full;
    take_unit(name, value, metric);
    while (ends_with_token(name, "total")) name = without_last(name, "total");
    metric.name = metric_name(prefixed(about, name), "gauge", about.names);
    metric.type = "gauge";
    metric.value = value.text();
    metric.help = shown(leaf) + " of " + about.noun + " (as of the last good poll).";
    metric.comment = "sometimes a text: taken for none";
    rule.metrics.push_back(std::move(metric));
    return;
  }
  leave_out(rule, leaf, "now a number, now a text or something else");
}

std::string several(std::string word) {
  if (word.ends_with('s') || word.ends_with("ed") || word.ends_with("ing") ||
      (word.back() >= '0' && word.back() <= '9'))
    return word;
  if (word.ends_with("ch") || word.ends_with("sh") || word.ends_with('x')) return word + "es";
  const bool y = word.size() > 1 && word.back() == 'y' &&
                 std::string_view("aeiou").find(word[word.size() - 2]) == std::string_view::npos;
  if (!y) return word + "s";
  word.pop_back();
  return word + "ies";
}

// Samples of histograms and summaries end in _count and the like; `read_count` becomes `reads`.
std::string unlike_a_histogram(std::string name) {
  const auto cut = [&](std::string_view ending) {
    const bool is = name.ends_with(ending) && name.size() > ending.size();
    if (is) name.resize(name.size() - ending.size());
    return is;
  };
  if (cut("_total_count")) return name + "_items";
  if (cut("_count")) return name.find('_') == std::string::npos ? name + "_items" : several(std::move(name));
  if (cut("_created")) return name + "_creations";
  if (cut("_sum")) return name + "_summed";
  if (cut("_bucket")) return name + "_buckets";
  return name;
}

// Texts that are all times, all spans, all sizes or all percentages, and some of them none.
bool measured_text(const Shape& s) {
  const std::size_t none = s.empties + s.nulls;
  for (const std::size_t kind : {s.times, s.durations, s.sizes, s.percents})
    if (kind > 0 && kind + none == s.seen) return true;
  return false;
}

// 2026-11-25, 01:12:11 UTC: another one each time.
bool looks_dated(std::string_view text) {
  const auto form = [&](std::string_view wanted) {
    if (text.size() < wanted.size()) return false;
    for (std::size_t i = 0; i < wanted.size(); ++i)
      if (wanted[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != wanted[i]) return false;
    return true;
  };
  if (form("dddd-dd-dd") || form("dd:dd:dd")) return true;
  // uptime 2:53:15
  const auto digit = [&](std::size_t i) { return i < text.size() && text[i] >= '0' && text[i] <= '9'; };
  for (std::size_t i = 1; i + 5 < text.size(); ++i)
    if (text[i] == ':' && digit(i - 1) && digit(i + 1) && digit(i + 2) && text[i + 3] == ':' && digit(i + 4) &&
        digit(i + 5) && !digit(i + 6))
      return true;
  // Up 2 hours, 3 days ago.
  const std::string words = plain(text);
  if (has_token(words, "ago")) return true;
  std::string_view before;
  for (const std::string_view token : tokens(words)) {
    if (!before.empty() && before[0] >= '0' && before[0] <= '9' &&
        in_list(token, "second seconds minute minutes hour hours day days week weeks month months"))
      return true;
    before = token;
  }
  return false;
}

// Words as labels of one info metric, which costs one series an item.
struct Labels {
  std::vector<std::pair<std::string, std::string>> found;  // name, value
  std::set<std::string> names;
};

void add_words(const Figures& about, const Leaf& leaf, Labels& labels, Rule& rule) {
  const Shape& s = *leaf.shape;
  if (s.words + s.number_texts + s.durations == 0) return;  // only empty texts
  if (std::any_of(s.different.begin(), s.different.end(), looks_dated))
    return leave_out(rule, leaf, "a time that `as: time` does not read, and no label");
  if (s.longest > 100) return leave_out(rule, leaf, "a long text");
  if (std::any_of(s.different.begin(), s.different.end(), looks_short_lived))
    return leave_out(rule, leaf, "ids or ports of clients: a new series for each");
  if (in_list(leaf.name, "id uuid pid port sid cid uid") || leaf.name.ends_with("_id") ||
      leaf.name.ends_with("_port") || leaf.name.ends_with("user_agent") ||
      has_token(
          leaf.name,
          "uri url href referer uuid guid jid jobid taskid buildid runid requestid messageid traceid spanid sessionid "
          "executionid transactionid correlationid errors warnings tag script args kwargs command cmd subject dn "
          "message reason error "
          "fault chk desc output note notes icon "
          "email mail trace traceback stack stacktrace"))
    return leave_out(rule, leaf, "identifiers, addresses or messages are no labels");
  if (has_token(leaf.full, "current running") && has_token(leaf.full, "job task build request"))
    return leave_out(rule, leaf, "what it works at is another each time, and no label");
  const std::size_t different = s.known.size();
  if (s.seen >= 4 && different * 2 > s.seen && different > 5)
    return leave_out(
        rule, leaf,
        std::to_string(different) + " different texts on " + std::to_string(s.seen) + " items: too many for a label");
  if (labels.found.size() >= most_labels) return leave_out(rule, leaf, "a text; the info metric has enough labels");
  std::string name = label_name(leaf.full);
  while (!labels.names.insert(name).second) name += "_";
  labels.found.emplace_back(name, read(leaf).text());
}

}  // namespace

bool take_unit(std::string& name, Reading& value, Metric& metric) {
  const bool total = ends_with_token(name, "total");
  const std::string measured = total ? without_last(name, "total") : name;
  const auto unit = unit_of(measured);
  if (!unit) return false;
  const std::string stem = without_last(measured, unit->token);
  name = (stem.empty() ? std::string(unit->base) : stem + "_" + std::string(unit->base)) + (total ? "_total" : "");
  if (!unit->as.empty()) {
    value.modifiers += ", as: " + std::string(unit->as);
    metric.comment = "unit by its name";
  }
  return true;
}

std::string without_bytes(const std::string& name) {
  const auto unit = unit_of(name);
  return unit && unit->base == "bytes" ? without_last(name, unit->token) : name;
}

std::string metric_name(std::string_view wanted, std::string_view type, std::set<std::string>& taken) {
  std::string name = plain(wanted);
  if (name.empty()) name = "value";
  if (name[0] >= '0' && name[0] <= '9') name = "n" + name;
  if (name.starts_with("tally_") || name.starts_with("tallyman_") || name == "tally" || name == "tallyman")
    name = "own_" + name;
  const std::string ending = type == "counter" ? "_total" : type == "info" ? "_info" : "";
  if (!ending.empty() && name.ends_with(ending)) name.resize(name.size() - ending.size());
  // What other types end in.
  for (const char* other : {"_total", "_info"})
    if (name.ends_with(other)) name += name.ends_with("_total") ? "_number" : "_value";
  name = unlike_a_histogram(std::move(name)).substr(0, longest_name - ending.size());
  // One name for both is one family in OpenMetrics: `x` and `x_total`.
  std::string unit;  // which stays last
  for (const char* one : {"_timestamp_seconds", "_seconds", "_bytes", "_ratio"})
    if (unit.empty() && name.ends_with(one) && name.size() > std::string_view(one).size()) unit = one;
  const std::string stem = name.substr(0, name.size() - unit.size());
  std::string out = name;
  for (int n = 2; !taken.insert(out).second; ++n) out = stem + "_" + std::to_string(n) + unit;
  return out + ending;
}

std::string singular(std::string_view name) {
  auto all = tokens(name);
  while (all.size() > 1 && in_list(all.back(), "detail details list status data items")) all.pop_back();
  std::string out;
  for (const std::string_view token : all) out += (out.empty() ? "" : "_") + std::string(token);
  if (out.ends_with("ies")) return out.substr(0, out.size() - 3) + "y";
  if (out.ends_with("sses")) return out.substr(0, out.size() - 2);
  if (out.ends_with("s") && !out.ends_with("ss") && out.size() > 1) out.pop_back();
  return out.empty() ? "item" : out;
}

std::string label_name(std::string_view plain_name) {
  std::string name = plain(plain_name);
  if (name.empty()) name = "value";
  if (name[0] >= '0' && name[0] <= '9') name = "n" + name;
  if (in_list(
          name,
          "system target worker queue namespace consumer_group pool state le quantile job instance null true false"))
    name = "own_" + name;
  return name.substr(0, longest_name);
}

void add_figures(const Figures& about, std::vector<Leaf>& leaves, Rule& rule) {
  Labels labels;
  labels.names = about.labels;
  // fd_used and fd_total: the total is a limit.
  std::set<std::string> all;
  for (const Leaf& leaf : leaves) all.insert(leaf.full);
  for (Leaf& leaf : leaves) {
    if (!ends_with_token(leaf.full, "total")) continue;
    const std::string stem = without_last(leaf.full, "total");
    leaf.of_pair = stem.empty() || leaf.name == "total";
    for (const char* part : {"_used", "_free", "_available", "_active", "_idle", "_in_use"})
      leaf.of_pair = leaf.of_pair || all.contains(stem + part);
    if (leaf.name == "total" && (all.contains(stem + "_errors") || names_counter(stem))) leaf.of_pair = false;
  }
  for (Leaf& leaf : leaves) {
    if (leaf.used) continue;
    const Shape& s = *leaf.shape;
    const std::size_t there = s.seen - s.nulls;
    if (there == 0) continue;
    const bool counts = s.numeric() && has_token(leaf.name, "count total limit max min used size rate left");
    if (names_secret(leaf.name) && !counts) {
      leave_out(rule, leaf, "may be a secret");
    } else if (s.only(s.booleans)) {
      rule.metrics.push_back(
          {metric_name(prefixed(about, without_unit(leaf.full)), "gauge", about.names), "gauge", read(leaf).text(),
           shown(leaf) + " of " + about.noun + ", 1 or 0 (as of the last good poll).", "", "", true});
    } else if (s.texts > 0 && s.texts + s.nulls == s.seen && names_group(leaf.name)) {
      add_words(about, leaf, labels, rule);
    } else if (s.numeric() || measured_text(s)) {
      add_number(about, leaf, rule);
    } else if (leaf.list()) {
      // Of numbers or of this and that the count says nothing.
      if (s.elements == 0 || !s.element || s.element->numbers + s.element->number_texts > 0) continue;
      rule.metrics.push_back({metric_name(prefixed(about, without_unit(leaf.full)), "gauge", about.names), "gauge",
                              "{ count: " + yaml_quoted(read(leaf, "[*]").query) + " }",
                              "Number of " + shown(leaf) + " of " + about.noun + " (as of the last good poll).", "", "",
                              true});
    } else if (s.texts + s.nulls == s.seen) {
      add_words(about, leaf, labels, rule);
    } else {
      add_mixed(about, leaf, rule);
    }
  }
  std::size_t live = 0;
  for (Metric& metric : rule.metrics)
    if (metric.live && ++live > most_metrics) metric.live = false;
  if (!labels.found.empty()) {
    std::string value = "{ ";
    for (const auto& [name, text] : labels.found) value += (value.size() > 2 ? ", " : "") + name + ": " + text;
    rule.metrics.push_back({metric_name(about.prefix + "info", "info", about.names), "info", value + " }",
                            "Texts of " + about.noun + " (as of the last good poll).", "", "", true});
  }
}

}  // namespace tallyman::infer
