# One folder of agent/ is one layer is one static library. What a layer may include is what it
# links: each layer sees only the headers of the layers named in its DEPS (through a private
# folder of symbolic links), so a forbidden include does not compile.
#
#   tally_layer(map DEPS jsonpath decode config USES PkgConfig::re2)
#
# DEPS: layers below, public. USES: foreign libraries, private to the layer.
# PUBLIC_USES: foreign libraries that its headers show.
function(tally_layer name)
  cmake_parse_arguments(arg "" "" "DEPS;USES;PUBLIC_USES" ${ARGN})
  set(dir "${CMAKE_CURRENT_SOURCE_DIR}/${name}")
  file(GLOB sources CONFIGURE_DEPENDS "${dir}/*.cpp")
  if(NOT sources)
    file(WRITE "${CMAKE_CURRENT_BINARY_DIR}/${name}_empty.cpp" "")
    set(sources "${CMAKE_CURRENT_BINARY_DIR}/${name}_empty.cpp")
  endif()
  set(view "${CMAKE_CURRENT_BINARY_DIR}/include/${name}")
  file(MAKE_DIRECTORY "${view}")
  file(CREATE_LINK "${dir}" "${view}/${name}" SYMBOLIC)

  add_library(tally_${name} STATIC ${sources})
  target_include_directories(tally_${name} PUBLIC "${view}")
  target_link_libraries(tally_${name} PRIVATE tally_flags ${arg_USES} PUBLIC ${arg_PUBLIC_USES})
  foreach(dep IN LISTS arg_DEPS)
    target_link_libraries(tally_${name} PUBLIC tally_${dep})
  endforeach()
endfunction()
