#include "jsonpath/hints.h"

#include <utility>

namespace tallyman::jsonpath {
namespace {

constexpr std::string_view by_pattern = "a pattern is asked for by match() or search()";
constexpr std::string_view by_search = "a part of a text is asked for by search()";

char small(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
bool in_word(char c) { return (small(c) >= 'a' && small(c) <= 'z') || (c >= '0' && c <= '9') || c == '_'; }

// Whether the word comes next, in capitals or not, and no longer one.
bool says(std::string_view rest, std::string_view word) {
  if (rest.size() < word.size() || (rest.size() > word.size() && in_word(rest[word.size()]))) return false;
  for (std::size_t i = 0; i < word.size(); ++i)
    if (small(rest[i]) != word[i]) return false;
  return true;
}

}  // namespace

std::string_view hint_for_joint(std::string_view rest) {
  constexpr std::pair<std::string_view, std::string_view> words[] = {
      {"and", "did you mean '&&'?"},
      {"or", "did you mean '||'?"},
      {"is", "did you mean '=='?"},
      {"eq", "did you mean '=='?"},
      {"ne", "did you mean '!='?"},
      {"not", "'!' stands before a test: !(...)"},
      {"in", "one of several is written @.a == 'x' || @.a == 'y'"},
      {"between", "a range is written @.a >= 1 && @.a <= 9"},
      {"like", by_pattern},
      {"matches", by_pattern},
      {"regex", by_pattern},
      {"contains", by_search},
      {"includes", by_search}};
  for (const auto& [word, hint] : words)
    if (says(rest, word)) return hint;
  // None of them is a whole test's beginning, so that these are the operators of comparisons.
  for (const std::string_view comparison : {"==", "!=", "<", ">"})
    if (rest.starts_with(comparison)) return "comparisons are joined by '&&', and one is negated as !(...)";
  constexpr std::pair<char, std::string_view> signs[] = {
      {'&', "did you mean '&&'?"},
      {'|', "did you mean '||'?"},
      {'(', "a function stands before what it is of: length(@.a)"},
      {'+', "there is no arithmetic in a query"},
      {'-',
       "there is no arithmetic in a query; a name with other characters than letters, digits and _ is written "
       "['a-b']"},
      {'*', "there is no arithmetic in a query"},
      {'/', "there is no arithmetic in a query"},
      {'%', "there is no arithmetic in a query"}};
  for (const auto& [sign, hint] : signs)
    if (rest.starts_with(sign)) return hint;
  return "";
}

std::string_view hint_for_operand(std::string_view rest) {
  if (says(rest, "not")) return "did you mean '!'?";
  if (says(rest, "len") || says(rest, "size")) return "did you mean length()?";
  for (const std::string_view nothing : {"none", "nil", "null", "undefined"})
    if (says(rest, nothing)) return "did you mean null?";
  if (rest.starts_with('.')) return "a member of the item is @.name, one of the answer $.name";
  if (rest.starts_with('[')) return "there are no lists: compare with each value, joined by '||'";
  return "";
}

const OtherOperator* other_operator(std::string_view rest) {
  // The longer before what they begin with.
  static constexpr OtherOperator all[] = {{"===", "==", ""},        {"!==", "!=", ""},       {"<>", "!=", ""},
                                          {"=<", "<=", ""},         {"=>", ">=", ""},        {"=~", "==", by_pattern},
                                          {"~=", "==", by_pattern}, {"!~", "!=", by_pattern}};
  for (const OtherOperator& one : all)
    if (rest.starts_with(one.theirs)) return &one;
  return nullptr;
}

}  // namespace tallyman::jsonpath
