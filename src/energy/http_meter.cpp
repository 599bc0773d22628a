#include "energy/http_meter.hpp"

#include <curl/curl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include "base/secrets.hpp"
#include "base/text.hpp"
#include "energy/meter_answer.hpp"

namespace bantam::energy {
namespace {

using base::ErrorKind;
using base::Result;

constexpr long kFirstTimeoutMs = 5000;
constexpr long kConnectTimeoutMs = 500;
constexpr long kTimeoutMs = 800;
constexpr double kLeastIntervalS =
    0.5;  // plugs have a new figure once per second, and little to compute with
constexpr std::size_t kMostBytes = std::size_t{64} * 1024;  // of an answer
constexpr std::size_t kLongestAddress = 2000;
constexpr std::size_t kWaiting = 16;  // readings that nobody has taken yet
constexpr int kMostFailures = 5;      // in a row; then it is gone
constexpr long kGood = 200;

struct CurlEnd {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
  void operator()(CURLU* address) const { curl_url_cleanup(address); }
};

std::string part_of(CURLU* address, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(address, part, &text, 0) != CURLUE_OK) return {};
  std::string copy(text);
  curl_free(text);
  return copy;
}

bool names_a_login(const std::string& query) {
  const auto is_login = [](const std::string& pair) {
    const std::string name = base::ascii_lower(pair.substr(0, pair.find('=')));
    return name == "user" || base::names_a_secret(name);
  };
  return std::ranges::any_of(base::split(query, '&'), is_login);
}

// The host of an address that is one.
Result<std::string> checked_host(const std::string& text) {
  const std::unique_ptr<CURLU, CurlEnd> address(curl_url());
  const bool is_address = text.size() <= kLongestAddress && address &&
                          curl_url_set(address.get(), CURLUPART_URL, text.c_str(), 0) == CURLUE_OK;
  const std::string scheme = is_address ? part_of(address.get(), CURLUPART_SCHEME) : "";
  if (is_address && (!part_of(address.get(), CURLUPART_USER).empty() ||
                     !part_of(address.get(), CURLUPART_PASSWORD).empty() ||
                     names_a_login(part_of(address.get(), CURLUPART_QUERY)))) {
    return base::fail(ErrorKind::usage,
                      "--meter: the address holds a user name or password, which would stand in the results",
                      "take the plug's password off, or have a script write what it says to a CSV file");
  }
  // What looks like a secret elsewhere in it, or hides, is none either.
  if ((scheme != "http" && scheme != "https") || base::printable(text) != text) {
    return base::fail(ErrorKind::usage,
                      fmt::format("--meter: '{}' is no address of a meter",
                                  base::printable(std::string_view(text).substr(0, 120))),
                      "write it as http://192.168.1.20/rpc/Switch.GetStatus?id=0");
  }
  return part_of(address.get(), CURLUPART_HOST);
}

struct PlugAnswer {
  CURLcode code = CURLE_OK;
  long status = 0;
  std::string body;
};

// One connection, kept open. One thread at a time.
class Plug {
 public:
  static Result<std::unique_ptr<Plug>> open(const std::string& address) {
    static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
    std::unique_ptr<Plug> plug(new Plug(started == CURLE_OK ? curl_easy_init() : nullptr));
    if (!plug->curl_) return base::fail(ErrorKind::environment, "cannot start libcurl");
    plug->prepare(address);
    return plug;
  }
  Plug(const Plug&) = delete;
  Plug& operator=(const Plug&) = delete;

  // Valid until the next call.
  const PlugAnswer& ask(long connect_ms, long all_ms) {
    answer_.body.clear();
    answer_.status = 0;
    curl_easy_setopt(curl_.get(), CURLOPT_CONNECTTIMEOUT_MS, connect_ms);
    curl_easy_setopt(curl_.get(), CURLOPT_TIMEOUT_MS, all_ms);
    answer_.code = curl_easy_perform(curl_.get());
    curl_easy_getinfo(curl_.get(), CURLINFO_RESPONSE_CODE, &answer_.status);
    return answer_;
  }

 private:
  explicit Plug(CURL* curl) : curl_(curl) { answer_.body.reserve(kMostBytes); }

  void prepare(const std::string& address) {
    CURL* curl = curl_.get();
    curl_easy_setopt(curl, CURLOPT_URL, address.c_str());
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");  // a meter stands in one's own network
    curl_easy_setopt(curl, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "bantam/" BANTAM_VERSION);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_DNS_CACHE_TIMEOUT, -1L);  // its name is looked up once
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, &open_meter_socket);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &on_answer);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer_.body);
  }

  static curl_socket_t open_meter_socket(void*, curlsocktype, curl_sockaddr* address) {
    return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  }

  // There is room for all that is taken.
  static std::size_t on_answer(char* bytes, std::size_t size, std::size_t count, void* opaque) {
    std::string& body = *static_cast<std::string*>(opaque);
    if (size * count > kMostBytes - body.size()) return 0;
    body.append(bytes, size * count);
    return size * count;
  }

  std::unique_ptr<CURL, CurlEnd> curl_;
  PlugAnswer answer_;
};

// A plug may take most of a second to answer, for which other sensors cannot wait: a thread asks it each time
// that readings are asked for, and the answer is given at the next time.
class HttpMeter final : public Source {
 public:
  HttpMeter(SourceFacts facts, const base::Clock& clock, std::unique_ptr<Plug> plug, MeterField field)
      : Source(std::move(facts), clock), plug_(std::move(plug)), field_(std::move(field)) {
    // Signals are for the threads that wait for them.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    try {
      thread_ = std::thread([this] { answer_calls(); });
    } catch (const std::system_error&) {
      pthread_sigmask(SIG_SETMASK, &before, nullptr);
      throw;
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }
  ~HttpMeter() override {
    {
      const std::lock_guard lock(mutex_);
      is_over_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }

  std::size_t read(std::span<Reading> into) override {
    std::size_t count = 0;
    {
      const std::lock_guard lock(mutex_);
      count = std::min(into.size(), waiting_);
      std::copy_n(readings_.begin(), count, into.begin());
      std::copy(readings_.begin() + static_cast<std::ptrdiff_t>(count),
                readings_.begin() + static_cast<std::ptrdiff_t>(waiting_), readings_.begin());
      waiting_ -= count;
      is_asked_ = true;
    }
    wake_.notify_one();
    return count;
  }

 private:
  void answer_calls() {
    std::unique_lock lock(mutex_);
    while (true) {
      wake_.wait(lock, [this] { return is_asked_ || is_over_; });
      if (is_over_) return;
      is_asked_ = false;
      lock.unlock();
      const Reading reading = ask();
      lock.lock();
      if (waiting_ < readings_.size()) readings_[waiting_++] = reading;
    }
  }

  // Of the moment between question and answer.
  Reading ask() {
    const std::int64_t begin_ns = now_ns();
    const PlugAnswer& answer = plug_->ask(kConnectTimeoutMs, kTimeoutMs);
    Reading reading;
    const bool is_answer = answer.code == CURLE_OK && answer.status == kGood;
    failures_ = is_answer ? 0 : failures_ + 1;
    Number figure{0.0, failures_ < kMostFailures ? Fault::unreadable : Fault::gone};
    if (is_answer) figure = meter_figure(answer.body, field_);
    give(std::span(&reading, 1), begin_ns, figure.value, figure.fault);
    return reading;
  }

  std::unique_ptr<Plug> plug_;
  MeterField field_;
  int failures_ = 0;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool is_asked_ = false;
  bool is_over_ = false;
  std::array<Reading, kWaiting> readings_{};
  std::size_t waiting_ = 0;
  std::thread thread_;
};

// What is wrong with the meter at this address.
auto no_meter(const std::string& address, const std::string& reason, std::string hint) {
  return base::fail(ErrorKind::environment, fmt::format("the meter at {}: {}", address, reason),
                    std::move(hint));
}

Result<MeterField> field_in(const PlugAnswer& answer, const Request& request) {
  const std::string& address = request.meter->native();
  if (answer.code != CURLE_OK) {
    const bool is_long = answer.code == CURLE_WRITE_ERROR;
    return no_meter(address,
                    is_long ? fmt::format("its answer is longer than {} bytes", kMostBytes)
                            : base::printable(curl_easy_strerror(answer.code)),
                    is_long ? "name the address of its figures alone"
                            : "is it on, and in the same network? A browser shows what the address answers");
  }
  if (answer.status != kGood) {
    const bool is_locked = answer.status == 401 || answer.status == 403;
    return no_meter(
        address, fmt::format("it answers with status {}", answer.status),
        is_locked ? "it asks for a password: take it off, or have a script write a CSV file"
                  : "name the address that answers with 200; where it sends one elsewhere is not followed");
  }
  const auto json = base::parse_json(answer.body, "the meter's answer");
  if (!json) {
    return no_meter(address, "its answer is no JSON",
                    "Shelly's is at /rpc/Switch.GetStatus?id=0 or /meter/0, Tasmota's at "
                    "/cm?cmnd=Status%208");
  }
  auto field =
      request.meter_field.empty() ? known_meter_field(*json) : parse_meter_field(request.meter_field);
  if (!field) return no_meter(address, field.error().message, field.error().hint);
  const Number figure = meter_figure(answer.body, *field);
  if (figure.fault == Fault::malformed || figure.fault == Fault::not_a_number) {
    return no_meter(address, fmt::format("there is no number at {}", base::printable(field->pointer)),
                    "--meter-field says where the figure is: /PATH/TO/IT:W");
  }
  return field;
}

SourceFacts facts_of(const std::string& host, const std::string& address, const MeterField& field) {
  SourceFacts facts;
  facts.kind = "external_meter";
  facts.name = "meter:" + host;
  facts.scope = Scope::wall;
  facts.grade = device::Grade::a;
  facts.quantity = field.quantity;
  facts.unit = field.unit;
  facts.where = fmt::format("{} {}", address, base::printable(field.pointer));
  facts.least_interval_s = kLeastIntervalS;
  facts.repeats = true;
  return facts;
}

}  // namespace

bool is_http_meter(const std::string& text) {
  return text.find("://") != text.npos;
}

base::Status find_http_meter(const Request& request, const base::Clock& clock, Found& found) {
  const std::string& address = request.meter->native();
  TRY_ASSIGN(const std::string host, checked_host(address));
  if (!request.meter_field.empty()) TRY(parse_meter_field(request.meter_field));
  TRY_ASSIGN(std::unique_ptr<Plug> plug, Plug::open(address));
  TRY_ASSIGN(MeterField field, field_in(plug->ask(kFirstTimeoutMs, kFirstTimeoutMs), request));
  SourceFacts facts = facts_of(host, address, field);
  try {
    found.present.push_back(
        std::make_unique<HttpMeter>(std::move(facts), clock, std::move(plug), std::move(field)));
  } catch (const std::system_error& error) {
    return base::fail(ErrorKind::environment,
                      fmt::format("no thread to ask the meter with: {}", error.what()));
  }
  return {};
}

}  // namespace bantam::energy
