# Writes collectors/*.yaml and their schema into a C++ file, so that the binary knows them without any file beside it;
# and which keys the schema names where, so that nothing has to parse it to read a collector.
#
#   cmake -DFOLDER=<collectors> -DOUT=<file.cpp> -P EmbedCollectors.cmake
#
# One raw string per file; string literals over 64 KiB are not portable, which no collector comes near.
file(GLOB files "${FOLDER}/*.yaml")
list(SORT files)
set(entries "")
foreach(file IN LISTS files)
  get_filename_component(name "${file}" NAME_WE)
  file(READ "${file}" text)
  string(FIND "${text}" ")__yaml__\"" inside)
  if(NOT inside EQUAL -1)
    message(FATAL_ERROR "${file} holds the mark `)__yaml__\"`, which ends a raw string")
  endif()
  string(LENGTH "${text}" length)
  if(length GREATER 60000)
    message(FATAL_ERROR "${file} has ${length} bytes; a built-in collector has at most 60000")
  endif()
  string(APPEND entries "      {\"${name}\", R\"__yaml__(${text})__yaml__\"},\n")
endforeach()
file(READ "${FOLDER}/collector.schema.json" schema)
string(FIND "${schema}" ")__json__\"" inside)
string(LENGTH "${schema}" length)
if(NOT inside EQUAL -1 OR length GREATER 60000)
  message(FATAL_ERROR "collector.schema.json has ${length} bytes (at most 60000), or holds the mark `)__json__\"`")
endif()

# The keys of every `properties`, in the order of the file, which string(JSON) forgets: read from its lines, where the
# number of blanks before a key is its depth. `pointer_D` is where the last key of depth D stands, unset inside of lists.
# tests/config/builtin.test.cpp compares them with the parsed schema.
string(REGEX MATCHALL "\n +\"[^]\"\n;[]+\": " lines "${schema}")
set(pointers "")
set(pointer_0 "")
foreach(line IN LISTS lines)
  string(REGEX MATCH "^\n( +)\"(.+)\": $" whole "${line}")
  string(LENGTH "${CMAKE_MATCH_1}" depth)
  set(key "${CMAKE_MATCH_2}")
  math(EXPR above "${depth} - 1")
  math(EXPR below "${depth} + 1")
  unset(pointer_${depth})
  unset(pointer_${below})
  if(DEFINED pointer_${above})
    set(parent "${pointer_${above}}")
    set(pointer_${depth} "${parent}/${key}")
    if(parent MATCHES "/properties$")
      list(FIND pointers "${parent}" at)
      if(at EQUAL -1)
        list(LENGTH pointers at)
        list(APPEND pointers "${parent}")
      endif()
      string(APPEND keys_${at} "\"${key}\", ")
    endif()
  endif()
endforeach()
list(FIND pointers "/properties" at)
if(at EQUAL -1)
  message(FATAL_ERROR "collector.schema.json has no /properties; expected one key per line, with a blank for each level")
endif()
set(lists "")
set(parts "")
set(at 0)
foreach(pointer IN LISTS pointers)
  string(APPEND lists "constexpr std::string_view keys_${at}[] = {${keys_${at}}};\n")
  string(APPEND parts "    {\"${pointer}\", keys_${at}},\n")
  math(EXPR at "${at} + 1")
endforeach()

set(source "// Generated from collectors/*.yaml by cmake/EmbedCollectors.cmake.
#include \"config/builtin_collectors.h\"

namespace tallyman::config {

const std::vector<Builtin>& builtin_collectors() {
  static const std::vector<Builtin> all = {
${entries}  };
  return all;
}

std::string_view collector_schema() { return R\"__json__(${schema})__json__\"; }

namespace {

${lists}
constexpr SchemaPart parts[] = {
${parts}};

}  // namespace

std::span<const SchemaPart> schema_parts() { return parts; }

}  // namespace tallyman::config
")
file(WRITE "${OUT}" "${source}")
