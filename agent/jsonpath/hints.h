// What people bring along from SQL, Python, JavaScript and jq, and how it is said here. Only words about queries that
// are refused already.
#pragma once
#include <string_view>

namespace tallyman::jsonpath {

// `rest`: the text from where the error is. "" if nothing is known of it.
std::string_view hint_for_joint(std::string_view rest);    // where a test has ended
std::string_view hint_for_operand(std::string_view rest);  // where one should begin

// An operator of another language and ours: `<>` and `!=`.
struct OtherOperator {
  std::string_view theirs, ours, hint;
};
const OtherOperator* other_operator(std::string_view rest);

}  // namespace tallyman::jsonpath
