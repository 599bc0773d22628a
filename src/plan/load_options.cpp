// The options of requests under load: scenarios poisson and sustained (plan/option_sections.hpp).

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "base/text.hpp"
#include "plan/option_sections.hpp"
#include "plan/option_values.hpp"
#include "plan/options.hpp"

namespace bantam::plan {
namespace {

using namespace groups;

constexpr double kLongestS = 1e7;

Status set_request_rate(Plan& plan, std::string_view name, const Values& values) {
  TRY_ASSIGN(plan.performance_settings.request_rate, number_from(name, values.front(), 1e-6, 1e6));
  return {};
}

// vllm's limits: "ttft:500", in milliseconds.
Status set_goodput(Plan& plan, std::string_view name, const Values& values) {
  for (const std::string& value : values) {
    const auto colon = value.find(':');
    const std::string key = value.substr(0, colon);
    std::optional<double>* limit = nullptr;
    if (key == "ttft") limit = &plan.performance_settings.max_ttft_s;
    if (key == "tpot") limit = &plan.performance_settings.max_tpot_s;
    if (limit == nullptr || colon == std::string::npos) {
      return base::fail(base::ErrorKind::usage,
                        fmt::format("--{}: '{}' is no limit that is known", name, base::printable(value)),
                        "give ttft:MS, tpot:MS or both, in milliseconds: --goodput ttft:500 tpot:50");
    }
    TRY_ASSIGN(const double milliseconds, number_from(name, value.substr(colon + 1), 0.0, 1e3 * kLongestS));
    *limit = milliseconds / 1e3;
  }
  return {};
}

}  // namespace

void add_load(std::vector<OptionEntry>& all) {
  using enum OptionForm;
  constexpr auto section = &Plan::performance_settings;
  using S = PerformanceSettings;
  all.push_back({{"request_rate", "", text, kSpeed, "R",
                  "also requests that arrive on their own, R per second on average, --batch-size at once"},
                 set_request_rate});
  all.push_back({{"max_ttft", "", text, kSpeed, "S",
                  "time to the first token within which such a request is a good one (goodput)"},
                 set_seconds(section, &S::max_ttft_s, 0.0, kLongestS)});
  all.push_back({{"max_tpot", "", text, kSpeed, "S", "the same for its time per output token"},
                 set_seconds(section, &S::max_tpot_s, 0.0, kLongestS)});
  all.push_back(
      {{"goodput", "", list, kSpeed, "KEY:MS", "these two limits as vllm has them: ttft:500 tpot:50"},
       set_goodput});
  all.push_back({{"sustained", "", text, kSpeed, "S",
                  "also requests without a pause for so long (5min): does the device become slower?"},
                 set_seconds(section, &S::sustained_s, 1.0, kLongestS)});
}

}  // namespace bantam::plan
