// How a collector file becomes a Program: the parts of the compiler, which share one context.
// Errors are collected with their places; nothing stops at the first.
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "map/program.h"

namespace tallyman::map {

struct Compiling {
  const config::CollectorFile& file;
  const config::Target* target;  // null: parameters keep their defaults
  Diagnostics& out;
  Program& program;
  std::map<std::string, config::Parameter, std::less<>> parameters;
  Zone zone;
  std::map<std::string, int, std::less<>> tables;  // compiled so far

  void fail(const Position& at, std::string what) { out.push_back({at, std::move(what), false}); }
  std::optional<std::size_t> request(const config::Text& name) const;  // empty text: the only one
  // What a rule on this request may insert. Of a request that is not known: what any may, so that the
  // rule's other mistakes are found too.
  const std::vector<std::string>& variables(std::optional<std::size_t> request);
  std::vector<std::string> any_variables;
};

// What a value may read.
struct Scope {
  WalkPlan* walk = nullptr;                             // null: there is no answer
  int level = 0;                                        // of the item
  const std::vector<std::string>* variables = nullptr;  // of for_each
  bool tables = true;                                   // `map: table` is possible
  std::string_view needed_by;                           // a request: an unset parameter is an error
  bool token = false;                                   // `{token}` is possible: headers and query of a request
  bool* varies = nullptr;                               // set when a variable is inserted
};

// compile_value.cpp
ValuePlan compile_value(Compiling& c, const config::Value& value, Want want, const Scope& scope);
// The constant as what is wanted; counted as an error of the file if it cannot be.
Datum compile_constant(Compiling& c, const config::Scalar& scalar, Want want, const Position& at);
std::shared_ptr<const re2::RE2> compile_regex(Compiling& c, const config::Text& text);

// compile_query.cpp
std::shared_ptr<const jsonpath::Query> parse_query(Compiling& c, const config::Text& text);
QueryPlan compile_query(Compiling& c, const config::Text& text, int outer, const Scope& scope);
std::shared_ptr<const jsonpath::Expression> compile_expression(Compiling& c, const config::Text& text);
// Steps, and one trie per level and one more.
WalkPlan compile_walk(Compiling& c, std::size_t request, const std::vector<config::Step>& each);

// compile_text.cpp
const std::vector<std::string>& login_variables();  // {auth.user}, {auth.password}, in this order
Template compile_text(Compiling& c, const config::Text& text, int outer, const Scope& scope);
void bind_parameters(Compiling& c);
std::vector<BodyPart> compile_json_body(Compiling& c, const config::Body& body, const Scope& scope);

// compile_xmlrpc.cpp
RequestPlan::XmlRpc compile_xmlrpc(Compiling& c, const config::Body& body, const Scope& scope);

// compile_request.cpp
void compile_requests(Compiling& c);
void compile_login(Compiling& c);

// compile_rule.cpp
void compile_tables(Compiling& c);
void compile_rules(Compiling& c);
void compile_passthrough(Compiling& c);

// Everything. False if there was an error.
bool compile_program(const config::CollectorFile& file, const config::Target* target, Diagnostics& out,
                     Program& program);

}  // namespace tallyman::map
