# Writes collectors/*.yaml and their schema into a C++ file, so that the binary knows them without any file beside it.
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
set(source "// Generated from collectors/*.yaml by cmake/EmbedCollectors.cmake.
#include \"config/builtin_collectors.h\"

namespace tallyman::config {

const std::vector<Builtin>& builtin_collectors() {
  static const std::vector<Builtin> all = {
${entries}  };
  return all;
}

std::string_view collector_schema() { return R\"__json__(${schema})__json__\"; }

}  // namespace tallyman::config
")
file(WRITE "${OUT}" "${source}")
