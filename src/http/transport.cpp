#include "http/transport.hpp"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <algorithm>
#include <cstdlib>
#include <exception>
#include <utility>

#include "base/clock.hpp"
#include "base/text.hpp"

namespace bantam::http {
namespace {

using base::ErrorKind;

constexpr int kBetweenLooks_ms = 50;  // how often `stopped` is asked
constexpr double kDrippingGap_s =
    5.0;  // bytes with shorter gaps between them are a slow server, not a broken line
constexpr long kBufferBytes = 256 * 1024;
constexpr std::size_t kMaxHeaders = 200;
constexpr std::size_t kMaxHeaderBytes = 16384;

// The file of trusted certificates that the user asks for, by any of the names in use; absent: the system's.
std::optional<std::string> certificate_file() {
  for (const char* name : {"SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE"}) {
    const char* value = std::getenv(name);
    if (value && *value) return value;
  }
  return std::nullopt;
}

struct CurlDeleter {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
using Curl = std::unique_ptr<CURL, CurlDeleter>;

struct ListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using HeaderList = std::unique_ptr<curl_slist, ListDeleter>;

struct MultiDeleter {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
using Multi = std::unique_ptr<CURLM, MultiDeleter>;

// What the callbacks of one exchange share. A callback that fails keeps the error here and ends the transfer.
struct State {
  Head head;
  const Receiver* receiver = nullptr;
  bool head_given = false;
  std::optional<base::Error> error;
  base::MonotonicClock clock;
  std::optional<std::int64_t> last_byte_ns;

  bool is_dripping() const {
    return last_byte_ns && base::seconds(clock.now_ns() - *last_byte_ns) < kDrippingGap_s;
  }
  bool give_head() {
    if (head_given) return true;
    head_given = true;
    return keep([&] { return receiver->on_head(head); });
  }
  // No exception may pass through libcurl.
  template <typename Call>
  bool keep(Call call) {
    try {
      base::Status done = call();
      if (!done) error = std::move(done).error();
    } catch (const std::exception& thrown) {
      error = base::Error{ErrorKind::environment, fmt::format("unexpected: {}", thrown.what()), ""};
    }
    return !error;
  }
};

void read_header_line(Head& head, std::string_view line) {
  if (line.starts_with("HTTP/")) {  // also after "100 Continue": what came before does not count
    head = {};
    const auto space = line.find(' ');
    const auto status = base::parse_integer(base::trim(line.substr(space + 1, 3)));
    head.status = status ? static_cast<int>(*status) : 0;
    return;
  }
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || head.headers.size() >= kMaxHeaders) return;
  head.headers[base::ascii_lower(line.substr(0, colon))] = base::trim(line.substr(colon + 1));
}

std::size_t on_header(char* bytes, std::size_t size, std::size_t count, void* opaque) {
  State& state = *static_cast<State*>(opaque);
  const std::string_view line(bytes, size * count);
  state.last_byte_ns = state.clock.now_ns();
  const bool kept = state.keep([&]() -> base::Status {
    if (line.size() > kMaxHeaderBytes)
      return base::fail(ErrorKind::integrity, "the server sent a header line that is too long");
    read_header_line(state.head, line);
    return {};
  });
  return kept ? line.size() : 0;
}

std::size_t on_body(char* bytes, std::size_t size, std::size_t count, void* opaque) {
  State& state = *static_cast<State*>(opaque);
  const std::string_view block(bytes, size * count);
  state.last_byte_ns = state.clock.now_ns();
  return state.give_head() && state.keep([&] { return state.receiver->on_bytes(block); }) ? block.size() : 0;
}

// The same rule as is_forbidden_host(), for what a name turned out to stand for.
bool is_link_local(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(address);
    return (ntohl(v4->sin_addr.s_addr) >> 16) == 0xA9FE;
  }
  if (address->sa_family == AF_INET6)
    return IN6_IS_ADDR_LINKLOCAL(&reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr);
  return false;
}

curl_socket_t open_socket(void*, curlsocktype, curl_sockaddr* address) {
  if (is_link_local(&address->addr)) return CURL_SOCKET_BAD;
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

Failure as_failure(CURLcode code, const Url& url, const char* detail) {
  using Cause = Failure::Cause;
  const std::string text = *detail ? std::string(detail) : curl_easy_strerror(code);
  const std::string message = fmt::format("{}: {}", url.shown(), base::printable(text));
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return {{ErrorKind::environment, message, "is there a network?"}, false, Cause::no_host};
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_ISSUER_ERROR:
      return {{ErrorKind::environment, message,
               "the server's certificate cannot be trusted: check this machine's date and CA certificates; "
               "SSL_CERT_FILE adds one of your own"},
              false,
              Cause::untrusted};
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
      return {{ErrorKind::environment, message, ""}, false};
    case CURLE_OUT_OF_MEMORY:  // what libcurl says of a header line beyond its bound
      return {{ErrorKind::integrity,
               fmt::format("{}: the server sent a header line that is too long", url.shown()), ""},
              false};
    default:
      return {{ErrorKind::environment, message, "try again later"}, true};
  }
}

// Until the connection stood; absent where an earlier one was used.
std::optional<double> connect_seconds(CURL* curl) {
  long made = 0;
  curl_off_t connected_us = 0;
  curl_off_t encrypted_us = 0;
  curl_easy_getinfo(curl, CURLINFO_NUM_CONNECTS, &made);
  curl_easy_getinfo(curl, CURLINFO_CONNECT_TIME_T, &connected_us);
  curl_easy_getinfo(curl, CURLINFO_APPCONNECT_TIME_T, &encrypted_us);
  if (made == 0) return std::nullopt;
  return static_cast<double>(std::max(connected_us, encrypted_us)) * 1e-6;
}

class HttpTransport final : public Transport {
 public:
  HttpTransport(Curl curl, Multi multi, const Limits& limits)
      : curl_(std::move(curl)),
        multi_(std::move(multi)),
        certificates_(certificate_file()),
        limits_(limits) {}

  tl::expected<Head, Failure> perform(const Exchange& exchange, const Receiver& receiver,
                                      const std::function<bool()>& stopped) override {
    State state;
    state.receiver = &receiver;
    char detail[CURL_ERROR_SIZE] = "";
    const HeaderList headers = header_list(exchange.headers);
    prepare(exchange, headers.get(), state, detail);
    const std::optional<CURLcode> code = transfer(stopped);
    if (code) state.head.connect_s = connect_seconds(curl_.get());
    // The handle outlives this call, its pointers into it must not.
    curl_easy_setopt(curl_.get(), CURLOPT_ERRORBUFFER, nullptr);
    curl_easy_setopt(curl_.get(), CURLOPT_HTTPHEADER, nullptr);
    using Cause = Failure::Cause;
    if (state.error) return tl::unexpected(Failure{*state.error, false});
    if (!code) return tl::unexpected(Failure{{ErrorKind::interrupted, "stopped", ""}, false, Cause::stopped});
    if (*code == CURLE_OPERATION_TIMEDOUT && state.is_dripping())
      return tl::unexpected(too_slow(exchange.url));
    if (*code != CURLE_OK) return tl::unexpected(as_failure(*code, exchange.url, detail));
    if (!state.give_head()) return tl::unexpected(Failure{*state.error, false});  // no body
    return state.head;
  }

 private:
  // Absent when it was stopped.
  std::optional<CURLcode> transfer(const std::function<bool()>& stopped) {
    curl_multi_add_handle(multi_.get(), curl_.get());
    int running = 1;
    bool was_stopped = false;
    while (running > 0 && !was_stopped) {
      if (curl_multi_perform(multi_.get(), &running) != CURLM_OK) break;
      was_stopped = running > 0 && stopped && stopped();
      if (running > 0 && !was_stopped) curl_multi_poll(multi_.get(), nullptr, 0, kBetweenLooks_ms, nullptr);
    }
    CURLcode code = CURLE_FAILED_INIT;
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left))
      if (message->msg == CURLMSG_DONE) code = message->data.result;
    curl_multi_remove_handle(multi_.get(), curl_.get());
    return was_stopped ? std::nullopt : std::optional(code);
  }

  // Asking again would only take as long again.
  Failure too_slow(const Url& url) const {
    return {{ErrorKind::environment,
             fmt::format("{}: slower than {} bytes per second for {} s", url.shown(),
                         limits_.least_bytes_per_s, limits_.least_for_s),
             "try again later"},
            false,
            Failure::Cause::too_slow};
  }

  static HeaderList header_list(const std::vector<std::string>& headers) {
    HeaderList list;
    for (const std::string& header : headers) {
      curl_slist* longer = curl_slist_append(list.get(), header.c_str());
      if (!longer) break;
      static_cast<void>(list.release());
      list.reset(longer);
    }
    return list;
  }

  void prepare(const Exchange& exchange, curl_slist* headers, State& state, char* detail) {
    CURL* curl = curl_.get();
    curl_easy_reset(curl);  // keeps connections
    curl_easy_setopt(curl, CURLOPT_URL, exchange.url.text().c_str());
    // What goes to this machine, perhaps with credentials and in clear text, goes through no proxy.
    if (is_loopback(exchange.url.host)) curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, exchange.url.scheme.c_str());
    curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_NOBODY, exchange.head_only ? 1L : 0L);
    if (exchange.body) {
      curl_easy_setopt(curl, CURLOPT_POST, 1L);
      curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(exchange.body->size()));
      curl_easy_setopt(curl, CURLOPT_POSTFIELDS, exchange.body->data());  // read while the exchange lasts
    }
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "bantam/" BANTAM_VERSION);
    curl_easy_setopt(curl, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
    curl_easy_setopt(curl, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_BUFFERSIZE, kBufferBytes);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, limits_.connect_ms);
    if (limits_.least_for_s > 0) {
      curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, std::max(limits_.least_bytes_per_s, 1L));
      curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, limits_.least_for_s);
    }
    if (limits_.sends_once) {
      curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, 1L);
      curl_easy_setopt(curl, CURLOPT_FORBID_REUSE, 1L);
      curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    }
    if (certificates_) curl_easy_setopt(curl, CURLOPT_CAINFO, certificates_->c_str());
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, detail);
    if (limits_.refuses_link_local) curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, &open_socket);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, &on_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, &state);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &state);
  }

  Curl curl_;
  Multi multi_;  // after the handle that is added to it, so that it goes first
  std::optional<std::string> certificates_;
  Limits limits_;
};

}  // namespace

std::optional<std::string> Head::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? std::nullopt : std::optional<std::string>(found->second);
}

base::Result<std::unique_ptr<Transport>> make_transport(const Limits& limits) {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  Curl curl(started == CURLE_OK ? curl_easy_init() : nullptr);
  Multi multi(started == CURLE_OK ? curl_multi_init() : nullptr);
  if (!curl || !multi) return base::fail(ErrorKind::environment, "cannot start libcurl");
  return std::make_unique<HttpTransport>(std::move(curl), std::move(multi), limits);
}

}  // namespace bantam::http
