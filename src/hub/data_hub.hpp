#pragma once
// What data is fetched with: the hub's repositories, its rows service, and the folder that rows are kept in.

#include <filesystem>
#include <optional>

#include "base/result.hpp"
#include "hub/hub.hpp"
#include "hub/rows_server.hpp"

namespace bantam::hub {

struct DataHub {
  Hub hub;
  std::optional<RowsServer> rows;  // absent offline
  std::filesystem::path folder;    // datasets_folder()
};

// open_hub(); also offline when HF_DATASETS_OFFLINE is switched on. The rows service is
// BANTAM_DATASETS_SERVER; else the host "datasets-server." before the hub's own (an http address stays as it
// is). The token goes to it only where its host is the hub's own or belongs to it. environment.
base::Result<DataHub> open_data_hub(const HubOptions& options);

}  // namespace bantam::hub
