#pragma once
// The rows of the hub's data sets: asked for page by page from the service that gives them as JSON (the
// "datasets-server"), and kept as JSON lines in our own cache folder. Knows nothing of what the columns mean.

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "hub/client.hpp"
#include "hub/download.hpp"
#include "hub/hub.hpp"

namespace bantam::hub {

// The most rows that the service gives at once.
inline constexpr std::int64_t kRowsPerPage = 100;

struct RowSet {
  std::string dataset;  // "user/name"
  std::string config;   // empty: the data set's only one, or the one called "default"
  std::string split;

  std::string text() const;  // "user/name, CONFIG, SPLIT"
};

struct RowsPage {
  std::vector<base::Json> rows;  // objects, in the order of the data set
  std::int64_t total = 0;        // of the whole split
  std::string commit;            // that the service read; empty when it does not say
};

struct SplitSize {
  std::string config;
  std::string split;
  std::int64_t rows = 0;
};

//   GET {server}/rows?dataset=D&config=C&split=S&offset=N&length=100
//   GET {server}/size?dataset=D          its configurations and splits with their numbers of rows
class RowsServer {
 public:
  explicit RowsServer(Client client) : client_(std::move(client)) {}

  // The rows from `offset` on: as many as there are, at most kRowsPerPage. `set` has a configuration.
  //   environment  the service or the network is in the way, or there is no such data set, configuration or
  //                split
  //   integrity    the answer is not what was asked for: other rows, too few, a cell that was cut
  base::Result<RowsPage> page(const RowSet& set, std::int64_t offset);

  // Asked for once, then remembered. environment, and integrity for an answer that is not of this form.
  base::Result<std::vector<SplitSize>> sizes(const std::string& dataset);

  // The configuration that an empty one stands for. environment, listing them, when there are several and
  // none is called "default".
  base::Result<std::string> default_config(const std::string& dataset);

  const Waiting& waiting() const { return client_.waiting(); }

 private:
  base::Result<base::Json> ask(const std::string& target, std::optional<std::string>* commit);

  Client client_;
  std::map<std::string, std::vector<SplitSize>> sizes_;  // by data set
};

// The rows of a split, fetched once and kept whole (cache/kept_file.hpp):
//   datasets/USER--NAME/CONFIG/SPLIT.jsonl        one row per line
//   datasets/USER--NAME/CONFIG/SPLIT.jsonl.json   its note: SHA-256, rows, commit
//   ... .part, .part.json, .lock                  what has come so far, and of which total and commit
// CONFIG is "_" where the task names none.
struct KeptRows {
  std::filesystem::path path;
  std::string sha256;
  std::string commit;  // empty when the server does not say
  std::int64_t rows = 0;
  std::int64_t received_rows = 0;  // in this call
};

// `<cache folder>/datasets`. environment.
base::Result<std::filesystem::path> datasets_folder();

// Absent when the rows were not fetched, or are of another commit than `commit` (empty: any will do).
// integrity when the file changed since; it is then set aside with ".corrupt" behind its name.
base::Result<std::optional<KeptRows>> find_rows(const std::filesystem::path& folder, const RowSet& set,
                                                const std::string& commit);

// Fetches what is missing, page by page, or finds it there. What a killed call left is continued when the
// server still has the same commit and total, and started anew when not. `on_transfer` may be empty.
//   environment, integrity   as RowsServer::page() and find_rows(); also a data set that changes again and
//                            again
//   storage                  cannot be written
//   interrupted              stopped by the user; what came so far is kept
base::Result<KeptRows> fetch_rows(RowsServer& server, const std::filesystem::path& folder, const RowSet& set,
                                  const std::string& commit, const OnTransfer& on_transfer);

// What data is fetched with: the hub's repositories, its rows service, and the folder that rows are kept in.
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
