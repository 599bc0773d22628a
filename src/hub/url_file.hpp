#pragma once
// A file at a web address, fetched once and kept in our own cache folder with a note of its hash:
//   urls/HASH-OF-ADDRESS/NAME   and   NAME.json
// Nobody declares its size or hash beforehand; what was fetched is what counts from then on.

#include <filesystem>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "hub/client.hpp"
#include "hub/download.hpp"

namespace bantam::hub {

// bad_input when it is neither https nor http to this machine itself, or names no file.
base::Result<Url> parse_file_address(const std::string& address);

// Absent when it was not fetched. integrity when the file changed since; it is then set aside with ".corrupt"
// behind its name.
base::Result<std::optional<std::filesystem::path>> find_url_file(const std::filesystem::path& folder,
                                                                 const Url& url);

// Fetches the file, or finds it there. The token goes along only to the client's own host. `on_transfer` may
// be empty. environment, storage and interrupted as in download.hpp; integrity as above, and for more than 16
// GiB.
base::Result<Downloaded> fetch_url_file(Client& client, const std::filesystem::path& folder, const Url& url,
                                        const OnTransfer& on_transfer);

}  // namespace bantam::hub
