#pragma once
// HTTP over libcurl. Speaks http and https only, decodes nothing, follows nothing, reads no .netrc and keeps
// no cookies. The usual proxy variables (https_proxy, no_proxy) are respected, and the first that is set of
// SSL_CERT_FILE, CURL_CA_BUNDLE and REQUESTS_CA_BUNDLE names the trusted certificates.

#include <memory>

#include "hub/client.hpp"

namespace bantam::hub {

// Fails with environment when libcurl cannot start. Connecting may take 15 s; a transfer that stands still
// for 30 s is given up (transient).
base::Result<std::unique_ptr<Transport>> make_http_transport();

}  // namespace bantam::hub
