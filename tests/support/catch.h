// One include for both Catch2 v2 (Debian 12) and v3 (Debian 13, Ubuntu 24.04).
#pragma once
#ifdef TALLYMAN_CATCH2_V2
#include <catch2/catch.hpp>
#else
#include <catch2/catch_all.hpp>
using Catch::Approx;
#endif
