#pragma once
// HTTP over libcurl. Speaks http and https only, decodes nothing, follows nothing, reads no .netrc and keeps
// no cookies. The usual proxy variables (https_proxy, no_proxy) and SSL_CERT_FILE are respected.

#include <memory>

#include "hub/transport.hpp"

namespace bantam::hub {

// Fails with environment when libcurl cannot start. Connecting may take 15 s; a transfer that stands still
// for 30 s is given up (transient).
base::Result<std::unique_ptr<Transport>> make_http_transport();

}  // namespace bantam::hub
