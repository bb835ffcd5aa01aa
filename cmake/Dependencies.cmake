# Everything comes from the distribution. Each library is one target here, so that a layer's
# edge list shows which foreign code it may use.

find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
set(Boost_USE_STATIC_LIBS OFF)
find_package(Boost 1.81 REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(spdlog REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(ZLIB REQUIRED)
pkg_check_modules(simdjson REQUIRED IMPORTED_TARGET simdjson>=3.0)
pkg_check_modules(cares REQUIRED IMPORTED_TARGET libcares)
pkg_check_modules(re2 REQUIRED IMPORTED_TARGET re2)
pkg_check_modules(isal IMPORTED_TARGET libisal)
find_package(CLI11 REQUIRED)
find_package(pugixml REQUIRED)
find_package(date REQUIRED)

if(NOT TARGET yaml-cpp::yaml-cpp)   # 0.7 (Debian 12) exports the bare name
  add_library(yaml-cpp::yaml-cpp ALIAS yaml-cpp)
endif()

find_path(XXHASH_INCLUDE xxhash.h REQUIRED)
add_library(tally_xxhash INTERFACE)
target_include_directories(tally_xxhash SYSTEM INTERFACE "${XXHASH_INCLUDE}")

# gzip of the exposition: ISA-L where the architecture has it, zlib elsewhere.
add_library(tally_gzip INTERFACE)
target_link_libraries(tally_gzip INTERFACE ZLIB::ZLIB)
if(isal_FOUND)
  target_link_libraries(tally_gzip INTERFACE PkgConfig::isal)
  target_compile_definitions(tally_gzip INTERFACE TALLYMAN_HAVE_ISAL)
endif()
