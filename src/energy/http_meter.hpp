#pragma once
// External meters that answer over HTTP: smart plugs. The seam of libcurl in this room.

#include <string>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "energy/find.hpp"
#include "energy/source.hpp"

namespace bantam::energy {

// Whether the text of Request::meter is an address.
bool is_http_meter(const std::string& text);

// Asks the meter once, for up to five seconds. usage for an address that cannot be meant or holds a password,
// and for a field that is none; environment, naming the address, where nothing answers, or nothing with a
// figure.
base::Status find_http_meter(const Request& request, const base::Clock& clock, Found& found);

}  // namespace bantam::energy
