#include "tracker/mlflow_server.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "base/base64.hpp"
#include "base/environment.hpp"
#include "base/secrets.hpp"
#include "base/text.hpp"

namespace bantam::tracker {
namespace {

using base::ErrorKind;
using base::Json;
using base::Result;

constexpr std::size_t kLongestAnswer = std::size_t{16} << 20;
constexpr std::size_t kLongestMessage = 300;
constexpr int kAttempts = 3;
constexpr const char* kInterface = "/api/2.0/mlflow/";
constexpr const char* kIsItMlflow = "is this the address of an MLflow tracking server?";
constexpr const char* kGoesOn = "the same command again goes on where it stopped";

constexpr const char* kToken = "MLFLOW_TRACKING_TOKEN";
constexpr const char* kUser = "MLFLOW_TRACKING_USERNAME";
constexpr const char* kPassword = "MLFLOW_TRACKING_PASSWORD";

bool is_printable_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
}

bool has_no_control(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; });
}

tl::unexpected<base::Error> unusable(const char* variable) {
  return base::fail(ErrorKind::environment, fmt::format("{} holds a character that it cannot have", variable),
                    "set it anew");
}

bool is_transient(int status) {
  return status == 408 || status == 429 || status >= 500;
}

}  // namespace

Result<std::optional<std::string>> find_mlflow_credentials() {
  if (const auto token = base::secret_variable(kToken)) {
    const std::string text(base::trim(*token));
    base::keep_secret(text);
    if (!is_printable_ascii(text)) return unusable(kToken);
    return "Bearer " + text;
  }
  const std::string user = base::environment_text(kUser);
  const auto password = base::secret_variable(kPassword);
  if (user.empty() && !password) return std::nullopt;
  if (user.empty()) {
    return base::fail(ErrorKind::environment, fmt::format("{} is set, and {} is not", kPassword, kUser),
                      "set both, or neither");
  }
  if (!has_no_control(user) || user.find(':') != std::string::npos) return unusable(kUser);
  if (password && !has_no_control(*password)) return unusable(kPassword);
  const std::string header = base::to_base64(user + ":" + password.value_or(""));
  base::keep_secret(header);
  return "Basic " + header;
}

MlflowServer::MlflowServer(hub::Url url, std::optional<std::string> credentials,
                           std::shared_ptr<hub::Transport> transport, hub::Waiting waiting)
    : url_(std::move(url)),
      credentials_(std::move(credentials)),
      transport_(std::move(transport)),
      waiting_(std::move(waiting)) {}

Result<MlflowServer> MlflowServer::make(std::string_view address, std::optional<std::string> credentials,
                                        std::shared_ptr<hub::Transport> transport, hub::Waiting waiting) {
  auto url = hub::parse_url(address);
  if (!url) {
    return base::fail(ErrorKind::usage, url.error().message,
                      "write http://127.0.0.1:5000; credentials stand in MLFLOW_TRACKING_TOKEN, or in "
                      "MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD");
  }
  if (url->target.find('?') != std::string::npos || hub::is_forbidden_host(url->host))
    return base::fail(ErrorKind::usage, fmt::format("{} is no address of a server", url->shown()),
                      "write http://127.0.0.1:5000");
  if (credentials && url->scheme != "https" && !hub::is_loopback(url->host)) {
    return base::fail(
        ErrorKind::environment,
        fmt::format("the credentials for {} would go over the network unencrypted", url->shown()),
        "use https, or unset them");
  }
  while (url->target.ends_with('/')) url->target.pop_back();
  return MlflowServer(*std::move(url), std::move(credentials), std::move(transport), std::move(waiting));
}

hub::Exchange MlflowServer::exchange_for(std::string_view path) const {
  hub::Exchange exchange;
  exchange.url = url_;
  exchange.url.target += kInterface;
  exchange.url.target += path;
  exchange.headers = {"Accept: application/json", "Accept-Encoding: identity"};
  if (credentials_) exchange.headers.push_back("Authorization: " + *credentials_);
  return exchange;
}

Result<MlflowAnswer> MlflowServer::get(std::string_view path_and_query) {
  return ask(exchange_for(path_and_query), Repeat::yes);
}

Result<MlflowAnswer> MlflowServer::post(std::string_view path, const Json& body, Repeat repeat) {
  hub::Exchange exchange = exchange_for(path);
  exchange.headers.emplace_back("Content-Type: application/json");
  exchange.headers.emplace_back("Expect:");  // no round trip before the body
  exchange.body = base::to_text(body);
  return ask(exchange, repeat);
}

Result<MlflowAnswer> MlflowServer::ask(const hub::Exchange& exchange, Repeat repeat) {
  hub::Backoff backoff(waiting_, kAttempts);
  while (true) {
    auto answer = ask_once(exchange);
    if (answer) return *std::move(answer);
    const bool again = answer.error().transient && repeat == Repeat::yes;
    if (!again || !backoff.wait(std::nullopt)) return tl::unexpected(std::move(answer).error().error);
  }
}

MlflowServer::Failure MlflowServer::refusal(const hub::Url& url, int status, const Json& json) const {
  std::string message = fmt::format("{}: the server answers {}", url.shown(), status);
  const std::string code = base::string_at(json, "error_code").value_or("");
  const std::string words = base::string_at(json, "message").value_or("");
  for (const std::string& part : {code, words}) {
    if (!part.empty()) message += ": " + base::ellipsize(base::printable(part), kLongestMessage);
  }
  std::string hint = is_transient(status) ? kGoesOn : "";
  if (status == 401 || status == 403) {
    hint = credentials_ ? "the credentials of the environment give no access here"
                        : fmt::format("set {}, or {} and {}, in the environment", kToken, kUser, kPassword);
  }
  if (status / 100 == 3) hint = "it sends elsewhere: give the address that it sends to";
  if (status == 404 && code.empty()) hint = kIsItMlflow;
  return {{ErrorKind::environment, message, hint}, is_transient(status)};
}

tl::expected<MlflowAnswer, MlflowServer::Failure> MlflowServer::ask_once(const hub::Exchange& exchange) {
  std::string body;
  hub::Receiver receiver;
  receiver.on_bytes = [&](std::string_view bytes) -> base::Status {
    if (body.size() + bytes.size() > kLongestAnswer)
      return base::fail(ErrorKind::environment, exchange.url.shown() + ": the answer has no end",
                        kIsItMlflow);
    body += bytes;
    return {};
  };
  receiver.on_head = [](const hub::Head&) -> base::Status { return {}; };
  const auto head = transport_->perform(exchange, receiver, waiting_.stopped);
  if (!head) {
    base::Error error = head.error().error;
    if (head.error().transient) error.hint = fmt::format("is the server running? {}", kGoesOn);
    return tl::unexpected(Failure{std::move(error), head.error().transient});
  }
  const auto json = base::parse_json(body, "the answer");
  const bool is_object = json && json->is_object();
  if (head->status / 100 != 2) {
    const Json said = is_object ? *json : Json::object();
    const std::string code = base::string_at(said, "error_code").value_or("");
    if (head->status == 404 && !code.empty()) return MlflowAnswer{false, said, code};
    return tl::unexpected(refusal(exchange.url, head->status, said));
  }
  if (!is_object) {
    return tl::unexpected(
        Failure{{ErrorKind::environment,
                 fmt::format("{}: the answer is no JSON object", exchange.url.shown()), kIsItMlflow},
                false});
  }
  return MlflowAnswer{true, *json, {}};
}

}  // namespace bantam::tracker
