// The log: the only place that knows spdlog. Lines go to stderr, as text or as JSON, and carry
// fields, so that a log shipper can select by target. Never a body, never a secret.
#pragma once
#include <concepts>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace tallyman::log {

enum class Level { debug, info, warn, error };
enum class Form { text, json };

void configure(Level level, Form form);

struct Field {
  Field(std::string_view the_name, std::string text) : name(the_name), value(std::move(text)) {}
  template <std::integral Count>
  Field(std::string_view the_name, Count count) : name(the_name), value(std::to_string(count)), plain(true) {}

  std::string_view name;
  std::string value;
  bool plain = false;  // a number, which stands without quotes in JSON
};

void write(Level level, std::string_view message, std::span<const Field> fields);

inline void debug(std::string_view m, std::initializer_list<Field> f = {}) {
  write(Level::debug, m, {f.begin(), f.size()});
}
inline void info(std::string_view m, std::initializer_list<Field> f = {}) {
  write(Level::info, m, {f.begin(), f.size()});
}
inline void warn(std::string_view m, std::initializer_list<Field> f = {}) {
  write(Level::warn, m, {f.begin(), f.size()});
}
inline void error(std::string_view m, std::initializer_list<Field> f = {}) {
  write(Level::error, m, {f.begin(), f.size()});
}

}  // namespace tallyman::log
