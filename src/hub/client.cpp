#include "hub/client.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <thread>
#include <utility>

#include "base/files.hpp"
#include "base/secrets.hpp"
#include "base/text.hpp"

namespace bantam::hub {

namespace fs = std::filesystem;
namespace {

using base::ErrorKind;

constexpr std::uint64_t kMaxTokenBytes = 4096;

const char* set_variable(const char* name) {
  const char* value = std::getenv(name);
  return value && *value ? value : nullptr;
}

std::optional<fs::path> token_file() {
  if (const char* path = set_variable("HF_TOKEN_PATH")) return fs::path(path);
  if (const char* home = set_variable("HF_HOME")) return fs::path(home) / "token";
  if (const char* home = set_variable("HOME")) return fs::path(home) / ".cache" / "huggingface" / "token";
  return std::nullopt;
}

base::Result<std::optional<Token>> checked(std::string_view text, const std::string& source) {
  const std::string_view token = base::trim(text);
  if (token.empty()) return std::nullopt;
  base::keep_secret(token);
  const bool plain = token.size() <= kMaxTokenBytes &&
                     std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c < '\x7f'; });
  if (plain) return Token(std::string(token));
  return base::fail(ErrorKind::environment, source + " holds no usable token",
                    "a token is one word of letters, digits and '_'");
}

}  // namespace

base::Result<std::optional<Token>> find_token() {
  if (const auto token = base::secret_variable("HF_TOKEN")) return checked(*token, "HF_TOKEN");
  const auto file = token_file();
  std::error_code ignored;
  if (!file || !fs::is_regular_file(*file, ignored)) return std::nullopt;
  const auto text = base::read_file(*file, kMaxTokenBytes);
  if (!text) {
    return base::fail(ErrorKind::environment, "cannot read the token file: " + text.error().message);
  }
  return checked(text->substr(0, text->find('\n')), file->string());
}

namespace {

constexpr int kMaxRedirects = 10;
constexpr double kFirstDelay_s = 0.5;
constexpr double kLongestDelay_s = 16.0;
constexpr double kLongestAskedDelay_s = 60.0;
constexpr std::size_t kMaxUnwantedBytes = std::size_t{4} << 20;  // the body of an error or a redirect
constexpr double kSleepStep_s = 0.1;

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

bool is_transient(int status) {
  return status == 408 || status == 429 || status >= 500;
}

// Seconds only; a date would need a clock that may be wrong.
std::optional<double> retry_after(const Head& head) {
  const auto text = head.header("retry-after");
  const auto seconds = text ? base::parse_integer(base::trim(*text)) : std::nullopt;
  if (!seconds || *seconds < 0) return std::nullopt;
  return static_cast<double>(*seconds);
}

std::string hint_for(int status, bool has_token) {
  switch (status) {
    case 401:
    case 403:
      return has_token ? fmt::format(
                             "the token ({}) gives no access: accept the terms on the repository's "
                             "page, or use another token",
                             Token::kMasked)
                       : "the repository may be private or gated: set HF_TOKEN to an access token of the hub";
    case 404:
      return has_token
                 ? "check the names of repository, revision and file"
                 : "check the names of repository, revision and file; a private repository needs HF_TOKEN";
    case 429:
      return has_token ? "too many requests: try again later"
                       : "too many requests: try again later, or set HF_TOKEN";
    default:
      return status >= 500 ? "the server has a problem: try again later" : "";
  }
}

// The result of a response that is not what was asked for.
ClientFailure refusal(const Url& url, const Head& head, bool has_token) {
  return {{ErrorKind::environment, fmt::format("{}: the server answers {}", url.shown(), head.status),
           hint_for(head.status, has_token)},
          is_transient(head.status),
          retry_after(head)};
}

base::Status check_not_encoded(const Url& url, const Head& head) {
  const std::string encoding = base::ascii_lower(base::trim(head.header("content-encoding").value_or("")));
  if (encoding.empty() || encoding == "identity") return {};
  return base::fail(ErrorKind::integrity,
                    fmt::format("{}: the server sends '{}' where plain content was asked for", url.shown(),
                                base::ellipsize(base::printable(encoding), 40)));
}

base::Result<Url> redirect_target(const Url& from, const Head& head) {
  const auto refused = [&](const std::string& why) {
    return base::fail(ErrorKind::environment, fmt::format("{}: redirect refused: {}", from.shown(), why),
                      "a login page of the network or a broken mirror may be in the way");
  };
  auto target = resolve(from, head.header("location").value_or(""));
  if (!target) return refused(target.error().message);
  const bool local = is_loopback(from.host) && is_loopback(target->host);
  if (target->scheme != "https" && !(from.scheme == "http" && local))
    return refused("it leads to " + target->shown() + ", which is not encrypted");
  if (is_forbidden_host(target->host) || (is_loopback(target->host) && !local))
    return refused("it leads to " + target->shown());
  return target;
}

}  // namespace

Waiting real_waiting(std::function<bool()> stopped) {
  Waiting waiting;
  if (stopped) waiting.stopped = std::move(stopped);
  waiting.sleep = [asked = waiting.stopped](double seconds) {
    for (double left = seconds; left > 0.0; left -= kSleepStep_s) {
      if (asked()) return false;
      std::this_thread::sleep_for(std::chrono::duration<double>(std::min(left, kSleepStep_s)));
    }
    return !asked();
  };
  waiting.random = [engine = std::mt19937(std::random_device{}())]() mutable {
    return std::generate_canonical<double, 32>(engine);
  };
  return waiting;
}

bool Backoff::wait(std::optional<double> retry_after_s) {
  if (--left_ <= 0) return false;
  const int failures = attempts_ - left_ - 1;
  const double longest =
      std::min(kFirstDelay_s * static_cast<double>(1 << std::min(failures, 10)), kLongestDelay_s);
  const double delay = longest * (1.0 - 0.5 * waiting_.random());
  const double asked = std::min(retry_after_s.value_or(0.0), kLongestAskedDelay_s);
  return waiting_.sleep(std::max(delay, asked));
}

base::Result<Client> Client::make(Url endpoint, std::optional<Token> token,
                                  std::shared_ptr<Transport> transport, Waiting waiting) {
  if (endpoint.scheme != "https" && !is_loopback(endpoint.host)) {
    return base::fail(ErrorKind::environment,
                      fmt::format("the hub's address {} is not encrypted", endpoint.shown()),
                      "use https; http is for this machine itself only");
  }
  if (is_forbidden_host(endpoint.host) || endpoint.target.find('?') != std::string::npos) {
    return base::fail(ErrorKind::environment, fmt::format("{} is no address of a hub", endpoint.shown()));
  }
  while (endpoint.target.ends_with('/')) endpoint.target.pop_back();
  return Client(std::move(endpoint), std::move(token), std::move(transport), std::move(waiting));
}

Client::Client(Url endpoint, std::optional<Token> token, std::shared_ptr<Transport> transport,
               Waiting waiting)
    : endpoint_(std::move(endpoint)),
      token_(std::move(token)),
      transport_(std::move(transport)),
      waiting_(std::move(waiting)) {}

// One hop: the receiver gets a body only when it is the one that was asked for.
tl::expected<Head, ClientFailure> Client::exchange(const Request& request, const Url& url,
                                                   const Receiver& receiver) {
  Exchange exchange{url, request.head_only, request.headers};
  exchange.headers.push_back("Accept-Encoding: identity");
  if (token_ && url.same_origin(endpoint_))
    exchange.headers.push_back("Authorization: Bearer " + token_->secret());
  bool wanted = false;
  Receiver gate;
  gate.on_head = [&](const Head& head) -> base::Status {
    wanted = head.status / 100 == 2 || head.status == 416;
    if (!wanted) return {};
    TRY(check_not_encoded(url, head));
    return receiver.on_head ? receiver.on_head(head) : base::Status{};
  };
  std::size_t unwanted_bytes = 0;
  gate.on_bytes = [&](std::string_view bytes) -> base::Status {
    if (wanted) return receiver.on_bytes ? receiver.on_bytes(bytes) : base::Status{};
    unwanted_bytes += bytes.size();
    if (unwanted_bytes <= kMaxUnwantedBytes) return {};
    return base::fail(ErrorKind::environment, url.shown() + ": the server sends an endless error page");
  };
  auto head = transport_->perform(exchange, gate, waiting_.stopped);
  if (head) return *std::move(head);
  return tl::unexpected(ClientFailure{std::move(head).error().error, head.error().transient, std::nullopt});
}

tl::expected<Head, ClientFailure> Client::attempt(const Request& request, const Receiver& receiver) {
  Url url = request.url;
  for (int hop = 0; hop <= kMaxRedirects; ++hop) {
    auto head = exchange(request, url, receiver);
    if (!head) return head;
    if (!is_redirect(head->status)) {
      if (head->status / 100 == 2 || head->status == 416) return head;
      return tl::unexpected(refusal(url, *head, token_.has_value()));
    }
    auto target = redirect_target(url, *head);
    if (!target) return tl::unexpected(ClientFailure{std::move(target).error(), false, std::nullopt});
    if (request.stay_on_host && !target->same_origin(url)) return head;
    url = *std::move(target);
  }
  return tl::unexpected(
      ClientFailure{{ErrorKind::environment, request.url.shown() + ": redirected too many times", ""},
                    false,
                    std::nullopt});
}

base::Result<Head> Client::fetch(const Request& request, const std::function<Receiver()>& start) {
  Backoff backoff(waiting_);
  while (true) {
    auto head = attempt(request, start());
    if (head) return *std::move(head);
    if (!head.error().transient || !backoff.wait(head.error().retry_after_s)) {
      if (waiting_.stopped()) return base::fail(ErrorKind::interrupted, "stopped");
      return tl::unexpected(std::move(head).error().error);
    }
  }
}

base::Result<Client::Text> Client::get(const Request& request, std::uint64_t max_bytes) {
  Text text;
  const auto append = [&](std::string_view bytes) -> base::Status {
    if (text.body.size() + bytes.size() > max_bytes) {
      return base::fail(ErrorKind::integrity, fmt::format("{}: the answer is longer than {} bytes",
                                                          request.url.shown(), max_bytes));
    }
    text.body += bytes;
    return {};
  };
  TRY_ASSIGN(text.head, fetch(request, [&] {
               text.body.clear();
               return Receiver{{}, append};
             }));
  return text;
}

}  // namespace bantam::hub
