#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "base/environment.hpp"
#include "base/text.hpp"
#include "base/units.hpp"
#include "hub/client.hpp"

namespace bantam::hub {
namespace {

using base::ErrorKind;

constexpr long kLeastBytesPerSecond = 1000;
constexpr long kLeastSpeedTime_s = 30;

base::Result<long> positive_setting(const char* name, long usual, const char* remedy) {
  const std::string text = base::environment_text(name);
  if (text.empty()) return usual;
  const auto value = base::parse_bytes(text);
  if (value && *value <= std::numeric_limits<int>::max()) return static_cast<long>(*value);
  return base::fail(ErrorKind::environment, fmt::format("{} is '{}'", name, base::printable(text)), remedy);
}

base::Result<http::Limits> limits() {
  http::Limits limits;
  TRY_ASSIGN(limits.least_bytes_per_s,
             positive_setting("BANTAM_LEAST_SPEED", kLeastBytesPerSecond,
                              "give bytes per second, such as 500 or 10KB; 0 takes any speed"));
  TRY_ASSIGN(limits.least_for_s, positive_setting("BANTAM_LEAST_SPEED_TIME", kLeastSpeedTime_s,
                                                  "give a whole number of seconds, 1 or more"));
  limits.least_for_s = std::max(limits.least_for_s, 1L);
  return limits;
}

// What may be done about a failure where files are fetched and kept.
class FileTransport final : public Transport {
 public:
  explicit FileTransport(std::unique_ptr<Transport> http) : http_(std::move(http)) {}

  tl::expected<Head, Failure> perform(const Exchange& exchange, const Receiver& receiver,
                                      const std::function<bool()>& stopped) override {
    auto head = http_->perform(exchange, receiver, stopped);
    if (!head) advise(head.error());
    return head;
  }

 private:
  static void advise(Failure& failure) {
    base::Error& error = failure.error;
    switch (failure.cause) {
      case Failure::Cause::no_host:
        error.hint = "is there a network? --offline uses what was fetched before";
        return;
      case Failure::Cause::too_slow:
        error.hint = "what was fetched is kept: try again later, or set BANTAM_LEAST_SPEED to less";
        return;
      case Failure::Cause::stopped:
        error.message = "stopped; what was fetched is kept";
        return;
      default:
        if (failure.transient) error.hint = "try again later: what was fetched is kept";
    }
  }

  std::unique_ptr<Transport> http_;
};

}  // namespace

base::Result<std::unique_ptr<Transport>> make_http_transport() {
  TRY_ASSIGN(const http::Limits least, limits());
  TRY_ASSIGN(auto http, http::make_transport(least));
  return std::make_unique<FileTransport>(std::move(http));
}

}  // namespace bantam::hub
