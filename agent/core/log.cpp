#include "core/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <cstdio>
#include <mutex>
#include <shared_mutex>

namespace tallyman::log {
namespace {

// A reload may change how lines look while others are written.
std::shared_mutex configuring;
Form form = Form::text;

spdlog::logger& logger() {
  static spdlog::logger instance("tallyman", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  return instance;
}

spdlog::level::level_enum to_spdlog(Level level) {
  switch (level) {
    case Level::debug:
      return spdlog::level::debug;
    case Level::info:
      return spdlog::level::info;
    case Level::warn:
      return spdlog::level::warn;
    case Level::error:
      break;
  }
  return spdlog::level::err;
}

// JSON string, also used for text values that hold blanks or quotes.
void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (unsigned char c : text) {
    if (c == '"' || c == '\\')
      out += '\\', out += static_cast<char>(c);
    else if (c == '\n')
      out += "\\n";
    else if (c < 0x20 || c == 0x7f) {
      char hex[8];
      std::snprintf(hex, sizeof hex, "\\u%04x", c);
      out += hex;
    } else
      out += static_cast<char>(c);
  }
  out += '"';
}

bool needs_quotes(std::string_view text) {
  if (text.empty()) return true;
  for (unsigned char c : text)
    if (c <= 0x20 || c == '"' || c == '=' || c == 0x7f) return true;
  return false;
}

}  // namespace

void configure(Level level, Form wanted) {
  const std::unique_lock lock(configuring);
  form = wanted;
  logger().set_level(to_spdlog(level));
  // %^ colours are left out: stderr of a container is read by machines.
  logger().set_pattern(
      wanted == Form::json ? R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})" : "%Y-%m-%dT%H:%M:%S.%eZ %l %v",
      spdlog::pattern_time_type::utc);
  logger().flush_on(spdlog::level::debug);
}

void write(Level level, std::string_view message, std::span<const Field> fields) {
  const std::shared_lock lock(configuring);
  if (!logger().should_log(to_spdlog(level))) return;
  std::string line;
  if (form == Form::json) {
    line += "\"message\":";
    append_quoted(line, message);
    for (const Field& f : fields) {
      line += ',';
      append_quoted(line, f.name);
      line += ':';
      if (f.plain)
        line += f.value;
      else
        append_quoted(line, f.value);
    }
  } else {
    for (unsigned char c : message) line += c < 0x20 ? ' ' : static_cast<char>(c);
    for (const Field& f : fields) {
      line += ' ';
      line += f.name;
      line += '=';
      if (needs_quotes(f.value))
        append_quoted(line, f.value);
      else
        line += f.value;
    }
  }
  logger().log(to_spdlog(level), spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace tallyman::log
