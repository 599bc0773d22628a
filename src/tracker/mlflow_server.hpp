#pragma once
// MLflow's REST interface (mlflow.org/docs/latest/rest-api.html): one request, its JSON answer, and what is
// wrong when there is none. Knows no endpoint.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "base/result.hpp"
#include "hub/client.hpp"

namespace bantam::tracker {

// Whether a request may be sent again after it failed on the way: what it asks for happens once all the same.
enum class Repeat { no, yes };

// The Authorization header that the environment asks for: MLFLOW_TRACKING_TOKEN, else
// MLFLOW_TRACKING_USERNAME with MLFLOW_TRACKING_PASSWORD. Absent when neither is set. environment when one
// holds characters that no header has, or the password has no user; messages quote none of them.
base::Result<std::optional<std::string>> find_mlflow_credentials();

struct MlflowAnswer {
  bool is_ok = false;
  base::Json json;         // an object
  std::string error_code;  // of the server, when not ok: "RESOURCE_DOES_NOT_EXIST"
};

class MlflowServer {
 public:
  // usage unless the address is http or https without user name or query. environment when credentials would
  // go over a network without encryption.
  static base::Result<MlflowServer> make(std::string_view address, std::optional<std::string> credentials,
                                         std::shared_ptr<hub::Transport> transport, hub::Waiting waiting);

  // `path` below /api/2.0/mlflow/: "runs/create". environment, with the remedy, when the server cannot be
  // reached, refuses, redirects, or answers with anything but a JSON object of at most 16 MiB. An answer of
  // MLflow's own with status 404 is no error.
  base::Result<MlflowAnswer> get(std::string_view path_and_query);
  base::Result<MlflowAnswer> post(std::string_view path, const base::Json& body, Repeat repeat);

  // What messages and users see.
  std::string address() const { return url_.shown(); }

 private:
  MlflowServer(hub::Url url, std::optional<std::string> credentials,
               std::shared_ptr<hub::Transport> transport, hub::Waiting waiting);

  struct Failure {
    base::Error error;
    bool transient = false;
  };
  base::Result<MlflowAnswer> ask(const hub::Exchange& exchange, Repeat repeat);
  tl::expected<MlflowAnswer, Failure> ask_once(const hub::Exchange& exchange);
  Failure refusal(const hub::Url& url, int status, const base::Json& json) const;
  hub::Exchange exchange_for(std::string_view path) const;

  hub::Url url_;
  std::optional<std::string> credentials_;
  std::shared_ptr<hub::Transport> transport_;
  hub::Waiting waiting_;
};

}  // namespace bantam::tracker
