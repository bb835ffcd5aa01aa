// What the parts of the importer share: a way to note, and YAML to write.
#pragma once
#include <string>
#include <string_view>

#include "config/yaml_tree.h"

namespace tallyman::importer {

class Notes {
 public:
  explicit Notes(Diagnostics& out) : out_(out) {}
  void changed(const Position& at, std::string what) { out_.push_back({at, std::move(what), true}); }
  void left_out(const Position& at, std::string what) { out_.push_back({at, std::move(what), false}); }
  std::size_t size() const { return out_.size(); }
  Diagnostics left_out_since(std::size_t first) const;
  // Those from `first` on, as comment lines.
  std::string comments(std::size_t first, const std::string& indent) const;

 private:
  Diagnostics& out_;
};

// A text between double quotes, whatever is in it.
std::string yaml_text(std::string_view text);
// A name of letters, digits, `_`, `-` and `:`, in quotes where YAML needs them.
std::string yaml_name(const std::string& name);
// As a value or text of our language: what looks like a variable `{name}` is not to be one.
std::string without_variables(std::string_view text);

// A constant number, as json_exporter reads one: "" if it is none.
std::string constant_number(const std::string& text);

// A label's name as ours. `reserved`: legal, but one that we give another meaning; `why` it is not as it was.
struct LabelName {
  std::string name;
  bool reserved = false;
  const char* why = "";
};
LabelName label_name(const std::string& name);

// Expressions instead of paths, of json_exporter's newest sources: said, and not translated. `engine` may be null.
bool another_engine(const config::Node* engine, Notes& notes);

struct Module;
enum class Use;
// Fills in the collector's text and the target's settings; the text is empty when nothing of it can be translated.
void write_module(Module& out, const config::Node& module, const std::string& file, Notes& notes, Use use);

// The module's `headers` and `http_client_config` as lines of a target. Either may be null.
std::string target_settings(const config::Node* headers, const config::Node* client, Notes& notes, Use use);
bool is_request_header(std::string_view name);  // of those that stay with the collector: Accept, Content-Type

}  // namespace tallyman::importer
