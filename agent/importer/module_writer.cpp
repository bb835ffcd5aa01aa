// One module of json_exporter as a collector: its request and its metrics.
#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include "config/reader.h"
#include "core/labels.h"
#include "core/letters.h"
#include "importer/json_exporter.h"
#include "importer/kube_path.h"
#include "importer/source.h"

namespace tallyman::importer {
namespace {

using config::Node;

std::string text_of(const Node* node) {
  if (!node || node->kind != Node::Kind::scalar) return "";
  return node->text == "null" && !node->quoted ? "" : node->text;
}

// Where the byte `offset` of the text of `node` stands; in a block or between escapes only nearly.
Position place(const Node& node, std::size_t offset) {
  Position at = node.at;
  at.column += static_cast<int>(offset) + (node.quoted ? 1 : 0);
  return at;
}

class ModuleWriter {
 public:
  ModuleWriter(Module& out, Notes& notes, Use use) : out_(out), notes_(notes), stands_in_(use == Use::stand_in) {}

  void write(const Node& module, const std::string& file) {
    const std::size_t first = notes_.size();
    known(module, "the module", {"headers", "valid_status_codes", "body", "http_client_config", "metrics"});
    out_.settings = target_settings(module.find("headers"), module.find("http_client_config"), notes_,
                                    stands_in_ ? Use::stand_in : Use::files);
    const std::string request = request_of(module);
    const std::string comments = notes_.comments(first, "");
    const std::size_t of_metrics = notes_.size();
    const std::string rules = metrics_of(module);
    out_.why = notes_.left_out_since(of_metrics);
    out_.yaml = "# yaml-language-server: $schema=collector.schema.json\n# From the module " + yaml_text(out_.name) +
                " of " + one_line(file) + ", by `tallyman import json-exporter`.\n" +
                "# Not as in json_exporter: large integers stay exact, in labels too (245084000, not 2.45084e+08); a "
                "missing value gives no\n# sample and is counted, not logged; a label of null is none (there: `null`), "
                "of an object or a list it costs the sample\n# (there: its JSON); a body that is no JSON makes the "
                "target `up 0`; of series that come twice the first is kept, not all\n# lost.\n" +
                comments + "collector: " + yaml_name(out_.collector) +
                "\nabout: " + yaml_text("Module " + out_.name + " of json_exporter") + "\n" + request + rules;
    if (rules.empty()) out_.yaml.clear();
  }

 private:
  void known(const Node& node, const std::string& where, const config::Words& words) {
    if (node.kind != Node::Kind::map) return;
    for (const config::Text& key : node.keys)
      if (std::find(words.begin(), words.end(), key.text) == words.end())
        notes_.left_out(key.at, "unknown key `" + key.text + "` in " + where +
                                    ", which json_exporter ignores without a word" +
                                    config::did_you_mean(key.text, words));
  }

  std::string request_of(const Node& module) {
    std::string out;
    std::string headers;
    if (const Node* node = module.find("headers"); node && node->kind == Node::Kind::map)
      for (std::size_t i = 0; i < node->keys.size(); ++i)
        if (is_request_header(node->keys[i].text) && !config::has_control(text_of(&node->items[i])))
          headers += (headers.empty() ? "" : ", ") + node->keys[i].text + ": " +
                     yaml_text(without_variables(text_of(&node->items[i])));
    if (!headers.empty()) out += "    headers: { " + headers + " }\n";
    if (const Node* body = module.find("body")) {
      known(*body, "`body`", {"content", "templatize"});
      const Node* content = body->kind == Node::Kind::map ? body->find("content") : nullptr;
      const Node* templatize = body->kind == Node::Kind::map ? body->find("templatize") : nullptr;
      const std::string text = text_of(content);
      if (!text.empty()) out += "    body: { text: " + yaml_text(without_variables(text)) + " }\n";
      if (text_of(templatize) == "true" && text.find("{{") != std::string::npos)
        notes_.left_out(content->at,
                        "the template of `body` is not translated, its text is sent as it stands; declare "
                        "what varies under `with:` and write it as {name}");
    }
    if (const Node* codes = module.find("valid_status_codes")) {
      std::string list;
      if (codes->kind == Node::Kind::list)
        for (const Node& code : codes->items) {
          int status = 0;
          const auto [end, ec] = std::from_chars(code.text.data(), code.text.data() + code.text.size(), status);
          if (ec == std::errc() && end == code.text.data() + code.text.size() && status >= 100 && status <= 599)
            list += (list.empty() ? "" : ", ") + std::to_string(status);
          else
            notes_.left_out(code.at, "`" + code.text + "` is no HTTP status; expected 100 to 599");
        }
      else if (codes->kind != Node::Kind::null)
        notes_.left_out(codes->at, "`valid_status_codes` must be a list");
      if (!list.empty()) out += "    accept: [" + list + "]\n";
    }
    return out.empty() ? "requests:\n  answer: {}\n" : "requests:\n  answer:\n" + out;
  }

  std::string metrics_of(const Node& module) {
    const Node* metrics = module.find("metrics");
    if (!metrics || metrics->kind != Node::Kind::list || metrics->items.empty()) {
      notes_.left_out(metrics ? metrics->at : module.at, "the module has no list `metrics`: nothing can be made of it");
      return "";
    }
    std::string out;
    for (const Node& metric : metrics->items) {
      const std::size_t first = notes_.size();
      const std::string rule = metric.kind == Node::Kind::map ? rule_of(metric) : not_a_map(metric);
      out += notes_.comments(first, "  ") + rule;
      any_ = any_ || !rule.empty();
    }
    return any_ ? "service:\n" + out : "";
  }

  std::string not_a_map(const Node& metric) {
    notes_.left_out(metric.at, "a metric must be a map with `name` and `path`");
    return "";
  }

  // The value at the key, in whatever case and with whatever `_` it is written: json_exporter knows small letters only
  // and ignores the spelling of its own documentation.
  const Node* fixed(const Node& metric, const std::string& key) {
    if (const Node* exact = metric.find(key)) return exact;
    for (std::size_t i = 0; i < metric.keys.size(); ++i)
      if (squeezed(metric.keys[i].text) == key) {
        notes_.changed(metric.keys[i].at, "`" + metric.keys[i].text + "` is ignored by json_exporter, which knows `" +
                                              key + "` only; used here");
        return &metric.items[i];
      }
    return nullptr;
  }

  static std::string squeezed(const std::string& key) {
    std::string out;
    for (const char c : key)
      if (c != '_') out += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    return out;
  }

  std::string rule_of(const Node& metric) {
    static const config::Words keys = {"name",   "type",   "path",           "valuetype",        "help",
                                       "labels", "values", "epochtimestamp", "allow_missing_key"};
    if (another_engine(metric.find("engine"), notes_)) return "";
    Node others = metric;  // what is not known in any spelling
    std::vector<config::Text> odd;
    for (const config::Text& key : metric.keys)
      if (const std::string small = squeezed(key.text);
          small != "valuetype" && small != "epochtimestamp" && small != "engine")
        odd.push_back(key);
    others.keys = odd;
    others.items.clear();
    known(others, "a metric", keys);

    const Node* name_at = metric.find("name");
    const std::string name = text_of(name_at);
    if (name.empty()) {
      notes_.left_out(name_at ? name_at->at : metric.at, "the metric has no `name`");
      return "";
    }
    const std::string type = text_of(metric.find("type"));
    if (!type.empty() && type != "value" && type != "object") {
      notes_.left_out(metric.find("type")->at, "`type` cannot be `" + type +
                                                   "`; expected value or object (json_exporter "
                                                   "then gives nothing of the whole module)");
      return "";
    }
    const bool object = type == "object";
    root_ = object ? "@" : "$";
    counter_ = false;
    type_ = "untyped";
    labels_.clear();
    names_.clear();
    if (const Node* valuetype = fixed(metric, "valuetype")) {
      const std::string& word = valuetype->text;
      counter_ = word == "counter";
      if (word == "counter" || word == "gauge")
        type_ = word;
      else if (!stands_in_ || word != "untyped")
        notes_.changed(valuetype->at, word == "untyped"
                                          ? "`untyped` becomes a gauge, which Prometheus stores alike"
                                          : "`" + word + "` is no type of a value; taken as " +
                                                (stands_in_ ? "untyped" : "a gauge, by json_exporter as untyped"));
    }
    const std::string help = metric.find("help") ? text_of(metric.find("help")) : "";

    std::string out;
    const Node* path = metric.find("path");
    if (object) {
      const auto each = each_of(path ? *path : metric);
      if (!each) return "";
      out += "    each: " + yaml_text(*each) + "\n";
    }
    if (const Node* labels = metric.find("labels")) out += labels_of(*labels);
    std::string samples;
    if (object) {
      const Node* values = metric.find("values");
      if (!values || values->kind != Node::Kind::map || values->items.empty())
        notes_.left_out(metric.at, "`" + name + "` is an object without `values`: it gives nothing");
      else
        for (std::size_t i = 0; i < values->items.size(); ++i)
          samples += sample(values->keys[i].at, name + "_" + values->keys[i].text, values->items[i],
                            help.empty() ? name : help);
    } else {
      if (const Node* values = metric.find("values"))
        notes_.changed(values->at, "`values` belongs to `type: object`; it has no effect here, as in json_exporter");
      if (path)
        samples = sample(name_at->at, name, *path, help.empty() ? name : help);
      else
        notes_.left_out(metric.at, "`" + name + "` has no `path`");
    }
    if (samples.empty()) return "";
    if (const Node* time = fixed(metric, "epochtimestamp")) samples += timestamp(*time, name);
    out += "    metrics:\n" + samples;
    out[2] = '-';
    return out;
  }

  std::optional<PathTemplate> read(const Node& node) {
    PathTemplate out = read_template(text_of(&node));
    for (const PathNote& note : out.notes) notes_.changed(place(node, note.offset), note.what);
    if (!out.error) return out;
    notes_.left_out(place(node, out.error->offset), "`" + node.text + "`: " + out.error->what);
    return std::nullopt;
  }

  std::optional<std::string> each_of(const Node& node) {
    if (node.kind == Node::Kind::map) {
      notes_.left_out(node.at, "an object has no `path`");
      return std::nullopt;
    }
    const auto path = read(node);
    if (!path) return std::nullopt;
    if (path->single_query() && !path->parts[0].between) return "$" + path->parts[0].text;
    notes_.left_out(node.at, "`path` of an object must be one path in braces, such as {.values[*]}; found `" +
                                 node.text + "`" + (path->literal() ? braces_hint(node.text) : ""));
    return std::nullopt;
  }

  static std::string braces_hint(const std::string& text) {
    return text.starts_with('.') || text.starts_with('$') ? ": without braces it is a text, write `{" + text + "}`"
                                                          : "";
  }

  std::string literal(const std::string& text) const {
    const std::string safe = yaml_text(without_variables(text));
    return text.starts_with('$') || text.starts_with('@') ? "{ text: " + safe + " }" : safe;
  }

  std::string joined(const PathPart& part) const {
    if (!part.query) return literal(part.text);
    const std::string query = yaml_text(root_ + part.text);
    return part.singular ? query : "{ concat: " + query + ", sep: " + yaml_text(part.between.value_or(" ")) + " }";
  }

  std::string all_joined(const PathTemplate& path) const {
    if (path.parts.size() == 1) return joined(path.parts[0]);
    std::string out;
    for (const PathPart& part : path.parts) out += (out.empty() ? "" : ", ") + joined(part);
    return "{ concat: [" + out + "] }";
  }

  std::string labels_of(const Node& node) {
    if (node.kind != Node::Kind::map) {
      if (node.kind != Node::Kind::null) notes_.left_out(node.at, "`labels` must be a map");
      return "";
    }
    std::string out;
    std::set<std::string> taken;
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      const auto value = read(node.items[i]);
      const config::Text& key = node.keys[i];
      auto [name, reserved, why] = label_name(key.text);
      while (!taken.insert(name).second) name += "_";
      labels_[name] = reserved ? key.text : name;
      if (!value || value->parts.empty()) continue;  // an empty label is none
      if (name != key.text && !(reserved && stands_in_))
        notes_.changed(key.at, "the label `" + key.text + "` is called `" + name + "`: " + why);
      if (value->literal() && (key.text.empty() || braces_hint(node.items[i].text).size() > 0))
        notes_.changed(node.items[i].at,
                       "`" + node.items[i].text + "`" + braces_hint(node.items[i].text) + " if a path is meant");
      out += "      " + yaml_name(name) + ": " + all_joined(*value) + "\n";
    }
    return out.empty() ? "" : "    labels:\n" + out;
  }

  std::string sample(const Position& at, const std::string& wanted, const Node& node, const std::string& help) {
    if (node.kind != Node::Kind::scalar) {
      notes_.left_out(node.at, "`" + wanted + "` has no value: json_exporter finds no number in it either");
      return "";
    }
    const auto path = read(node);
    if (!path) return "";
    std::string value;
    if (path->literal()) {
      const std::string text = path->parts.empty() ? "" : path->parts[0].text;
      value = constant_number(text);
      if (value.empty()) {
        notes_.left_out(node.at, "`" + wanted + "`: `" + node.text + "` is no number" +
                                     (braces_hint(node.text).empty() ? std::string(": json_exporter drops it, too")
                                                                     : braces_hint(node.text)));
        return "";
      }
    } else if (stands_in_ && path->single_query() && path->parts[0].singular) {
      const std::string query = all_joined(*path);
      value = "{ first: [{ path: " + query +
              ", map: { t: 1, T: 1, \"true\": 1, \"TRUE\": 1, \"True\": 1, f: 0, F: 0, " +
              "\"false\": 0, \"FALSE\": 0, \"False\": 0 } }, " + query + "] }";
    } else if (path->single_query() && !path->parts[0].singular && !stands_in_) {
      value = "{ first: " + yaml_text(root_ + path->parts[0].text) + " }";
      notes_.changed(node.at, "`" + node.text +
                                  "` may select several values: json_exporter then gives nothing, here the "
                                  "first counts; `sum`, `count`, `min` and `max` are there, too");
    } else {
      value = all_joined(*path);
    }
    return metric_line(at, wanted, counter_, value, help);
  }

  // One name has one type and one help, whatever the later ones say.
  struct Said {
    bool counter;
    std::string help;
  };

  std::string metric_line(const Position& at, const std::string& wanted, bool counter, const std::string& value,
                          const std::string& help) {
    std::string name = small_letters(legal_metric_name(wanted));
    if (name.starts_with("tally_") || name.starts_with("tallyman_")) name = "json_" + name;
    if (counter && !name.ends_with("_total")) name += "_total";
    while (wanted_.contains(name) && wanted_.at(name) != wanted)
      name.insert(counter ? name.size() - 6 : name.size(), "_");  // `A` and `a` are two
    wanted_.emplace(name, wanted);
    names_.push_back(name);
    note_shown(name, wanted);
    if (name != wanted && !stands_in_)
      notes_.changed(at, "`" + wanted + "` is called `" + name + "`: " +
                             (name == wanted + "_total" ? "counters end in _total"
                                                        : "names are small letters, digits, _ "
                                                          "and :, not those of the agent; counters end in _total"));
    const auto [said, fresh] = said_.emplace(name, Said{counter, help});
    if (!fresh && said->second.counter != counter)
      notes_.changed(at, "`" + name + "` has two types; the first is used");
    if (!fresh && said->second.help != help)
      notes_.changed(at, "`" + name + "` has two helps, with which json_exporter breaks off; the first is used");
    return "      " + yaml_name(name) + ": { " + (said->second.counter ? "counter: " : "gauge: ") + value +
           ", help: " + yaml_text(said->second.help) + " }\n";
  }

  std::string timestamp(const Node& node, const std::string& name) {
    const auto path = read(node);
    if (!path) return "";
    if (!path->single_query() || !path->parts[0].singular) {
      notes_.left_out(node.at, "`epochtimestamp` must be one path to one value, such as {.timestamp}");
      return "";
    }
    if (!stands_in_)
      notes_.changed(node.at,
                     "samples carry no time of their own; it is shown as a gauge of its own, read as milliseconds "
                     "as json_exporter does (`as: unix` if it is seconds)");
    const std::vector<std::string> timed = std::move(names_);
    std::string line = metric_line(node.at, name + "_timestamp_seconds", false,
                                   "{ path: " + yaml_text(root_ + path->parts[0].text) + ", as: unix_ms }",
                                   "When the values of " + name + " were taken, by the source.");
    out_.shown[names_.back()].is_time = true;
    for (const std::string& one : timed) out_.shown[one].time = names_.back();
    return line;
  }

  // The first of a name decides on its type; json_exporter wants all to have the same labels.
  void note_shown(const std::string& name, const std::string& wanted) {
    const std::string legal = legal_metric_name(wanted);
    Shown& shown = out_.shown.try_emplace(name, Shown{legal, type_, {}, "", false}).first->second;
    shown.labels.insert(labels_.begin(), labels_.end());
  }

  Module& out_;
  Notes& notes_;
  const bool stands_in_;
  std::string root_;
  std::string type_;                           // of the metric, as json_exporter says it
  std::map<std::string, std::string> labels_;  // of the metric: ours to theirs
  std::vector<std::string> names_;             // of its samples
  std::map<std::string, std::string> wanted_;  // all names: ours to theirs
  bool counter_ = false;
  bool any_ = false;
  std::map<std::string, Said> said_;
};

}  // namespace

void write_module(Module& out, const Node& module, const std::string& file, Notes& notes, Use use) {
  ModuleWriter(out, notes, use).write(module, file);
}

}  // namespace tallyman::importer
