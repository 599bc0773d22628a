// How fast this machine is at what models are made of.
#include <fmt/format.h>
#include <map>
#include <tuple>
#include <utility>
#include <vector>

#include "device/read_bandwidth.hpp"
#include "engine/llama/peaks.hpp"
#include "measure/validity.hpp"
#include "worker/bodies.hpp"

namespace bantam::worker {
namespace {

using base::Status;

class PeaksWork {
 public:
  PeaksWork(const job::PeaksJob& job, const Desk& desk) : job_(job), desk_(desk) {}

  Status run() {
    TRY(measure_all());
    const auto window = window_since(begin_);
    measure::Gates gates;
    gates.major_faults.warn_above = 1000.0;  // starting reads the program from the disk
    const measure::Validity validity = measure::judge("measuring this machine", window, gates);
    for (const auto* texts : {&validity.reasons, &validity.warnings}) {
      for (const std::string& text : *texts) TRY(desk_.channel.send(job::Warning{text}));
    }
    return {};
  }

 private:
  // A rate that cannot be measured is told, and the others are measured all the same.
  Status measure_all() {
    if (job_.machine) {
      TRY(measure("read bandwidth", [this](engine::Peaks& peaks) -> Status {
        TRY_ASSIGN(const auto bandwidth, device::measure_read_bandwidth(job_.threads));
        peaks.read_bytes_per_s = bandwidth.bytes_per_s;
        peaks.read_spread = bandwidth.spread;
        return {};
      }));
      TRY(measure("the time of an operation", [this](engine::Peaks& peaks) -> Status {
        TRY_ASSIGN(const auto operation, engine::measure_operation(job_.threads));
        peaks.operation_s = operation.seconds;
        peaks.operation_spread = operation.spread;
        return {};
      }));
    }
    for (const auto& wanted : matrices_by_kind()) {
      const auto rates = [&](engine::Peaks& peaks) -> Status {
        TRY_ASSIGN(peaks.matrices, engine::measure_matrix_rates(wanted, job_.threads));
        return {};
      };
      TRY(measure(fmt::format("{} matrices", wanted.front().type), rates));
    }
    for (const engine::AttentionRate& wanted : job_.wanted.attentions) {
      const auto rate = [&](engine::Peaks& peaks) -> Status {
        TRY_ASSIGN(peaks.attentions.emplace_back(), engine::measure_attention_rate(wanted, job_.threads));
        return {};
      };
      TRY(measure(fmt::format("attention on {}, {} columns", wanted.type_k, wanted.columns), rate));
    }
    return tell_early();
  }

  template <typename Measure>
  Status measure(const std::string& name, const Measure& measure_rates) {
    TRY(desk_.channel.send(job::Trying{name}));
    engine::Peaks peaks;
    const measure::Snapshot before = measure::read_snapshot();
    if (const Status measured = measure_rates(peaks); !measured) {
      return desk_.channel.send(
          job::Warning{fmt::format("measuring {} failed: {}", name, measured.error().message)});
    }
    measure::Window window = window_since(before);
    // All that was measured so far stands for a rate that was measured too quickly; the first ones wait for
    // it.
    if (is_short(window)) window = window_since(begin_);
    if (is_short(window)) {
      early_.push_back(std::move(peaks));
      return {};
    }
    TRY(tell_early());
    widen(peaks, window);
    return tell(peaks);
  }

  static bool is_short(const measure::Window& window) {
    return window.total_s && *window.total_s < measure::kLeastWindowS;
  }

  Status tell_early() {
    const measure::Window window = window_since(begin_);
    for (engine::Peaks& peaks : std::exchange(early_, {})) {
      widen(peaks, window);
      TRY(tell(peaks));
    }
    return {};
  }

  // The drill "others" stands for all that disturbs.
  static measure::Window window_since(const measure::Snapshot& before) {
    measure::Window window = measure::window_between(before, measure::read_snapshot());
    if (const auto share = drilled_number("others")) {
      window.steal_s = 0.0;
      window.others_s = *share * window.total_s.value_or(0.0);
    }
    return window;
  }

  static void widen(engine::Peaks& peaks, const measure::Window& window) {
    const bool is_drill = drilled_number("others").has_value();
    const auto widen_one = [&](stats::Spread& spread) {
      spread = measure::with_disturbance(is_drill ? stats::Spread{} : spread, window);
    };
    widen_one(peaks.read_spread);
    widen_one(peaks.operation_spread);
    for (engine::MatrixRate& rate : peaks.matrices) widen_one(rate.spread);
    for (engine::AttentionRate& rate : peaks.attentions) widen_one(rate.spread);
  }

  // Rates that can be measured on the same matrices stand together.
  std::vector<std::vector<engine::MatrixRate>> matrices_by_kind() const {
    std::map<std::tuple<std::string, std::string, std::int64_t>, std::vector<engine::MatrixRate>> kinds;
    for (const engine::MatrixRate& rate : job_.wanted.matrices) {
      kinds[{rate.type, rate.buffer, rate.span_bytes}].push_back(rate);
    }
    std::vector<std::vector<engine::MatrixRate>> groups;
    for (auto& [kind, rates] : kinds) groups.push_back(std::move(rates));
    return groups;
  }

  Status tell(const engine::Peaks& peaks) {
    if (desk_.heartbeat != nullptr) desk_.heartbeat->fetch_add(1, std::memory_order_relaxed);
    return desk_.channel.send(job::RateMeasured{peaks});
  }

  const job::PeaksJob& job_;
  const Desk& desk_;
  const measure::Snapshot begin_ = measure::read_snapshot();
  std::vector<engine::Peaks> early_;  // rates that nothing can be said of yet
};

}  // namespace

base::Result<job::Nothing> work_on(const job::PeaksJob& job, const Desk& desk) {
  TRY(PeaksWork(job, desk).run());
  return job::Nothing{};
}

}  // namespace bantam::worker
