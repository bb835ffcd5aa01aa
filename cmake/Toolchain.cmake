# The compiler, and what every target of ours is compiled with.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_CXX_SCAN_FOR_MODULES OFF)

# g++ 12 destroys temporaries of a co_await twice (GCC PR 99576, 101367 and kin): the program
# compiles without a warning and then frees memory twice. There is no safe subset to rely on.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  message(FATAL_ERROR
    "g++ ${CMAKE_CXX_COMPILER_VERSION} miscompiles C++20 coroutines silently.\n"
    "Expected: clang >= 16 or g++ >= 13.\n"
    "On Debian 12: ./dev setup installs clang-19 and ./dev build uses it; by hand:\n"
    "  CC=clang-19 CXX=clang++-19 cmake --preset release")
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 16)
  message(FATAL_ERROR "clang ${CMAKE_CXX_COMPILER_VERSION} is too old. Expected: clang >= 16 or g++ >= 13.")
endif()

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CCACHE}")
endif()

find_program(LLD NAMES ld.lld-19 ld.lld)
if(LLD AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_link_options("--ld-path=${LLD}")
endif()

option(TALLYMAN_DEVELOPER "our own warnings, as errors of the compiler that the gate builds with" OFF)
set(TALLYMAN_SANITIZE "" CACHE STRING "value for -fsanitize= of our code, e.g. address,undefined")

add_library(tally_flags INTERFACE)
if(TALLYMAN_DEVELOPER)
  target_compile_options(tally_flags INTERFACE -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual
    -Wno-unused-parameter
    # A compiler that nobody has tried warns of what nobody has seen: g++ 14 did. That must not end a user's build.
    $<$<AND:$<CXX_COMPILER_ID:Clang>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,20>>:-Werror>)
endif()
if(TALLYMAN_SANITIZE)
  target_compile_options(tally_flags INTERFACE -fsanitize=${TALLYMAN_SANITIZE} -fno-omit-frame-pointer
    -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${TALLYMAN_SANITIZE})
  # Recycled coroutine frames hide use-after-free from the sanitizer.
  target_compile_definitions(tally_flags INTERFACE BOOST_ASIO_DISABLE_AWAITABLE_FRAME_RECYCLING)
endif()
