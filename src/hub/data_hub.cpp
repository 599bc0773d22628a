#include "hub/data_hub.hpp"

#include "hub/http.hpp"
#include "hub/rows_cache.hpp"

namespace bantam::hub {
namespace {

using base::Result;

Result<Url> rows_address(const Url& endpoint) {
  if (const std::string own = environment_text("BANTAM_DATASETS_SERVER"); !own.empty()) return parse_url(own);
  Url address = endpoint;
  if (address.scheme == "https") address.host = "datasets-server." + address.host;
  return address;
}

bool belongs_to(const Url& address, const Url& endpoint) {
  return address.scheme == endpoint.scheme && address.port == endpoint.port &&
         (address.host == endpoint.host || address.host.ends_with("." + endpoint.host));
}

Result<RowsServer> open_rows_server(const Url& endpoint, const HubOptions& options) {
  TRY_ASSIGN(Url address, rows_address(endpoint));
  std::optional<Token> token;
  if (belongs_to(address, endpoint)) {
    TRY_ASSIGN(token, find_token());
  }
  TRY_ASSIGN(std::shared_ptr<Transport> transport, make_http_transport());
  TRY_ASSIGN(Client client, Client::make(std::move(address), std::move(token), std::move(transport),
                                         real_waiting(options.stopped)));
  return RowsServer(std::move(client));
}

}  // namespace

Result<DataHub> open_data_hub(const HubOptions& options) {
  HubOptions own = options;
  own.offline = options.offline || is_switched_on("HF_DATASETS_OFFLINE");
  TRY_ASSIGN(Hub hub, open_hub(own));
  DataHub data{std::move(hub), std::nullopt, {}};
  TRY_ASSIGN(data.folder, datasets_folder());
  if (data.hub.client) {
    TRY_ASSIGN(data.rows, open_rows_server(data.hub.client->endpoint(), options));
  }
  return data;
}

}  // namespace bantam::hub
