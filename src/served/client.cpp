#include "served/client.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/clock.hpp"
#include "base/secrets.hpp"
#include "base/text.hpp"
#include "served/reception.hpp"

namespace bantam::served {
namespace {

using base::ErrorKind;

constexpr std::size_t kPageBytes = std::size_t{1} << 20;
constexpr const char* kAddress = "write http://127.0.0.1:8080, or https://HOST for a server elsewhere";

bool fits_header(std::string_view key) {
  return !key.empty() && std::all_of(key.begin(), key.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

base::Result<http::Url> url_of(const Server& server) {
  auto url = http::parse_url(server.address);
  if (!url) return base::fail(ErrorKind::usage, url.error().message, kAddress);
  if (url->target.find('?') != std::string::npos)
    return base::fail(ErrorKind::usage, fmt::format("{} has a query", url->shown()), kAddress);
  while (url->target.ends_with('/')) url->target.pop_back();
  if (url->target.ends_with("/v1")) url->target.resize(url->target.size() - 3);
  return *std::move(url);
}

bool is_in_clear(const http::Url& url) {
  return url.scheme != "https" && !http::is_loopback(url.host);
}

}  // namespace

Client::Client(Server server, http::Url url, std::unique_ptr<http::Transport> transport)
    : server_(std::move(server)), url_(std::move(url)), transport_(std::move(transport)) {
  if (is_in_clear(url_))
    warnings_.push_back(fmt::format(
        "what is asked of {} and answered goes over the network without encryption", url_.shown()));
}

base::Result<Client> Client::make(const Server& server) {
  if (server.api_key) base::keep_secret(*server.api_key);
  TRY_ASSIGN(http::Url url, url_of(server));
  if (server.api_key && !fits_header(*server.api_key))
    return base::fail(ErrorKind::usage, "the API key holds a character that no key has, or is empty",
                      "set it anew");
  if (server.api_key && is_in_clear(url)) {
    return base::fail(ErrorKind::environment,
                      fmt::format("the API key for {} would go over the network unencrypted", url.shown()),
                      "use https, a tunnel to this machine, or no key");
  }
  http::Limits limits;
  limits.connect_ms = std::max(1L, static_cast<long>(server.patience.connect_s * 1e3));
  limits.refuses_link_local = false;  // the user named the host, and nothing leads elsewhere
  limits.sends_once = true;
  TRY_ASSIGN(auto transport, http::make_transport(limits));
  return Client(server, std::move(url), std::move(transport));
}

http::Exchange Client::exchange_for(std::string_view path) const {
  http::Exchange exchange;
  exchange.url = url_;
  exchange.url.target += path;
  exchange.headers = {"Accept-Encoding: identity"};
  if (server_.api_key) exchange.headers.push_back("Authorization: Bearer " + *server_.api_key);
  return exchange;
}

std::string Client::without_key(std::string text) const {
  return server_.api_key ? base::replace_all(std::move(text), *server_.api_key, "***") : text;
}

base::Error Client::shown(base::Error error) const {
  const std::string place = url_.shown();
  if (error.kind != ErrorKind::interrupted && !error.message.starts_with(place))
    error.message = fmt::format("{}: {}", place, error.message);
  error.message = without_key(std::move(error.message));
  return error;
}

Answer Client::ask(const Request& request, const Stopped& stopped) {
  http::Exchange exchange = exchange_for(request.path);
  exchange.headers.insert(exchange.headers.end(),
                          {"Content-Type: application/json",
                           request.echo ? "Accept: application/json" : "Accept: text/event-stream",
                           "Expect:"});  // no round trip before the body
  exchange.body = base::to_text(request.body);
  const base::MonotonicClock clock;
  Reception reception(clock, server_.patience, server_.caps, stopped, request.echo);
  const auto outcome = transport_->perform(exchange, reception.receiver(), reception.watch());
  Answer answer = answer_from(reception.finish(outcome), request.max_tokens, request.echo);
  if (answer.error) answer.error = shown(*std::move(answer.error));
  for (std::string& warning : answer.warnings) warning = without_key(std::move(warning));
  answer.warnings.insert(answer.warnings.end(), warnings_.begin(), warnings_.end());
  answer.warnings.insert(answer.warnings.end(), request.untold.begin(), request.untold.end());
  return answer;
}

base::Result<Page> Client::get(std::string_view path, const Stopped& stopped) {
  const http::Exchange exchange = exchange_for(path);
  const base::MonotonicClock clock;
  const std::int64_t begin_ns = clock.now_ns();
  Page page;
  bool is_late = false;
  http::Receiver receiver;
  receiver.on_head = [](const http::Head&) -> base::Status { return {}; };
  receiver.on_bytes = [&](std::string_view bytes) -> base::Status {
    if (bytes.size() > kPageBytes - page.body.size())
      return base::fail(ErrorKind::integrity, fmt::format("{}: the page has no end", exchange.url.shown()));
    page.body += bytes;
    return {};
  };
  const auto head = transport_->perform(exchange, receiver, [&] {
    is_late = base::seconds(clock.now_ns() - begin_ns) > server_.patience.stall_s;
    return is_late || (stopped && stopped());
  });
  if (!head && is_late)
    return base::fail(ErrorKind::environment, fmt::format("{}: nothing came in time", exchange.url.shown()));
  if (!head) return tl::unexpected(shown(head.error().error));
  page.status = head->status;
  page.type = head->header("content-type").value_or("");
  return page;
}

}  // namespace bantam::served
