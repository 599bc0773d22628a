#pragma once
// A socket that waits for connections, and how its address is written.

#include <string>
#include <vector>

#include "base/result.hpp"

namespace bantam::serve {

// Where a server can be reached.
struct Place {
  std::string address;  // numeric, without brackets
  int port = 0;
  bool is_loopback = false;  // programs of this machine alone
  bool is_any = false;       // every address of this machine: 0.0.0.0 or ::
};

struct Listening {
  int descriptor = -1;  // the receiver closes it
  Place place;
};

// `host` is an address or a name of this machine, "localhost" is 127.0.0.1; port 0 picks one that is free.
// usage when the host is none or none of this machine's, environment when the port is in use or may not be
// had.
base::Result<Listening> listen_on(const std::string& host, int port);

// "http://127.0.0.1:8666/", "http://[::1]:8666/".
std::string url(const std::string& address, int port);

// This machine's addresses as others may reach it: no loopback, none that hold for one link only.
std::vector<std::string> reachable_addresses();

// The socket's own end of the connection, numeric; IPv4 within IPv6 as IPv4. Empty where it cannot be told.
std::string local_address(int descriptor);

}  // namespace bantam::serve
