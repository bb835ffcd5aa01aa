// The text of an array or object for who stands in for json_exporter, which writes it as Kubernetes' JSONPath does.
#pragma once
#include <string>

#include "core/number.h"
#include "decode/document.h"

namespace tallyman::map {

// The shortest decimal of the value, without an exponent.
void append_decimal(std::string& out, Number number);

// Compact JSON as Go's encoder has it: members by name, `<`, `>` and `&` escaped. Integers stay exact.
void append_kube_json(std::string& out, decode::Node node);

}  // namespace tallyman::map
