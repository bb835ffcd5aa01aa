// One page of one url, fetched and given as it is: for commands that look at an answer before there is
// a collector for it.
#pragma once
#include <string>

#include "core/duration.h"
#include "core/endpoint.h"
#include "core/result.h"

namespace tallyman {

// Errors: those of a poll; a status other than 2xx is one too.
Result<std::string> fetch_page(Endpoint endpoint, Nanoseconds timeout);

}  // namespace tallyman
