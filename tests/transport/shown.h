// A failed REQUIRE(result) shows the error, not the type.
#pragma once
#include <string>

#include "core/result.h"
#include "support/catch.h"

template <class T>
struct Catch::StringMaker<boost::system::result<T, tallyman::Error>> {
  static std::string convert(const boost::system::result<T, tallyman::Error>& result) {
    if (result) return "well";
    return std::string(to_string(result.error().stage)) + ": " + result.error().detail;
  }
};

namespace tallyman::test {

// `stage: detail`, for rows of expected errors; `well`.
template <class T>
std::string outcome(const Result<T>& result) {
  return Catch::StringMaker<Result<T>>::convert(result);
}

}  // namespace tallyman::test
