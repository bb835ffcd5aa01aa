// Writes a proposal as a collector file, with comments. The only place of infer/ that knows YAML.
#pragma once
#include <string>
#include <string_view>

#include "infer/proposal.h"

namespace tallyman::infer {

// Double-quoted; control and line characters of Unicode escaped.
std::string yaml_quoted(std::string_view text);
// What may stand after `# `: one line, no control characters, cut at 200 bytes.
std::string for_comment(std::string_view text);
std::string to_yaml(const Proposal& proposal);

}  // namespace tallyman::infer
