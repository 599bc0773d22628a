#pragma once
// The service of the hub that gives the rows of its data sets as JSON, page by page (the "datasets-server").
// Knows nothing of where rows are kept (hub/rows_cache.hpp).
//   GET {base}/rows?dataset=D&config=C&split=S&offset=N&length=100
//   GET {base}/size?dataset=D          its configurations and splits with their numbers of rows

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "hub/client.hpp"

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

class RowsServer {
 public:
  explicit RowsServer(Client client) : client_(std::move(client)) {}

  // The rows from `offset` on: as many as there are, at most kRowsPerPage. `set` has a configuration.
  //   environment  the service or the network is in the way, or the data set, configuration or split is not
  //   there integrity    the answer is not what was asked for: other rows, too few, a cell that was cut
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

}  // namespace bantam::hub
