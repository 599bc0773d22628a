#include <arpa/inet.h>
#include <curl/curl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <algorithm>
#include <cstdlib>
#include <exception>
#include <limits>
#include <utility>

#include "base/clock.hpp"
#include "base/environment.hpp"
#include "base/text.hpp"
#include "base/units.hpp"
#include "hub/client.hpp"

namespace bantam::hub {
namespace {

using base::ErrorKind;

constexpr long kConnectTimeout_s = 15;
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

// A transfer that is slower than this for so long is given up.
struct LeastSpeed {
  long bytes_per_s = 1000;
  long seconds = 30;
};

base::Result<long> positive_setting(const char* name, long usual, const char* remedy) {
  const std::string text = base::environment_text(name);
  if (text.empty()) return usual;
  const auto value = base::parse_bytes(text);
  if (value && *value <= std::numeric_limits<int>::max()) return static_cast<long>(*value);
  return base::fail(ErrorKind::environment, fmt::format("{} is '{}'", name, base::printable(text)), remedy);
}

base::Result<LeastSpeed> least_speed() {
  LeastSpeed least;
  TRY_ASSIGN(least.bytes_per_s,
             positive_setting("BANTAM_LEAST_SPEED", least.bytes_per_s,
                              "give bytes per second, such as 500 or 10KB; 0 takes any speed"));
  TRY_ASSIGN(least.seconds, positive_setting("BANTAM_LEAST_SPEED_TIME", least.seconds,
                                             "give a whole number of seconds, 1 or more"));
  least.seconds = std::max(least.seconds, 1L);
  return least;
}

// What the callbacks of one exchange share. A callback that fails keeps the error here and ends the transfer.
struct State {
  Head head;
  const Receiver* receiver = nullptr;
  const std::function<bool()>* stopped = nullptr;
  bool head_given = false;
  bool was_stopped = false;
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

int on_progress(void* opaque, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  State& state = *static_cast<State*>(opaque);
  state.was_stopped = state.was_stopped || (*state.stopped && (*state.stopped)());
  return state.was_stopped ? 1 : 0;
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
  const std::string text = *detail ? std::string(detail) : curl_easy_strerror(code);
  const std::string message = fmt::format("{}: {}", url.shown(), base::printable(text));
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return {{ErrorKind::environment, message, "is there a network? --offline uses what was fetched before"},
              false};
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_ISSUER_ERROR:
      return {{ErrorKind::environment, message,
               "the server's certificate cannot be trusted: check this machine's date and CA certificates; "
               "SSL_CERT_FILE adds one of your own"},
              false};
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
      return {{ErrorKind::environment, message, ""}, false};
    case CURLE_OUT_OF_MEMORY:  // what libcurl says of a header line beyond its bound
      return {{ErrorKind::integrity,
               fmt::format("{}: the server sent a header line that is too long", url.shown()), ""},
              false};
    default:
      return {{ErrorKind::environment, message, "try again later: what was fetched is kept"}, true};
  }
}

class HttpTransport final : public Transport {
 public:
  HttpTransport(Curl curl, LeastSpeed least)
      : curl_(std::move(curl)), certificates_(certificate_file()), least_(least) {}

  tl::expected<Head, Failure> perform(const Exchange& exchange, const Receiver& receiver,
                                      const std::function<bool()>& stopped) override {
    State state;
    state.receiver = &receiver;
    state.stopped = &stopped;
    char detail[CURL_ERROR_SIZE] = "";
    const HeaderList headers = header_list(exchange.headers);
    prepare(exchange, headers.get(), state, detail);
    const CURLcode code = curl_easy_perform(curl_.get());
    // The handle outlives this call, its pointers into it must not.
    curl_easy_setopt(curl_.get(), CURLOPT_ERRORBUFFER, nullptr);
    curl_easy_setopt(curl_.get(), CURLOPT_HTTPHEADER, nullptr);
    if (state.error) return tl::unexpected(Failure{*state.error, false});
    if (state.was_stopped) {
      return tl::unexpected(
          Failure{{ErrorKind::interrupted, "stopped; what was fetched is kept", ""}, false});
    }
    if (code == CURLE_OPERATION_TIMEDOUT && state.is_dripping())
      return tl::unexpected(too_slow(exchange.url));
    if (code != CURLE_OK) return tl::unexpected(as_failure(code, exchange.url, detail));
    if (!state.give_head()) return tl::unexpected(Failure{*state.error, false});  // an empty body
    return state.head;
  }

 private:
  // Asking again would only take as long again.
  Failure too_slow(const Url& url) const {
    return {{ErrorKind::environment,
             fmt::format("{}: slower than {} bytes per second for {} s", url.shown(), least_.bytes_per_s,
                         least_.seconds),
             "what was fetched is kept: try again later, or set BANTAM_LEAST_SPEED to less"},
            false};
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
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, kConnectTimeout_s);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, std::max(least_.bytes_per_s, 1L));
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, least_.seconds);
    if (certificates_) curl_easy_setopt(curl, CURLOPT_CAINFO, certificates_->c_str());
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, detail);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, &open_socket);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, &on_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, &state);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &state);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, &on_progress);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &state);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  }

  Curl curl_;
  std::optional<std::string> certificates_;
  LeastSpeed least_;
};

}  // namespace

base::Result<std::unique_ptr<Transport>> make_http_transport() {
  TRY_ASSIGN(const LeastSpeed least, least_speed());
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  Curl curl(started == CURLE_OK ? curl_easy_init() : nullptr);
  if (!curl) return base::fail(ErrorKind::environment, "cannot start libcurl");
  return std::make_unique<HttpTransport>(std::move(curl), least);
}

}  // namespace bantam::hub
