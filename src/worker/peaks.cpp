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
    const measure::Snapshot before = measure::read_snapshot();
    TRY(measure_all());
    const auto window = measure::window_between(before, measure::read_snapshot());
    measure::Gates gates;
    gates.major_faults.warn_above = 1000.0;  // starting reads the program from the disk
    const measure::Validity validity = measure::judge("measuring this machine", window, gates);
    for (const auto* texts : {&validity.reasons, &validity.warnings}) {
      for (const std::string& text : *texts) TRY(desk_.channel.send(job::Warning{text}));
    }
    return {};
  }

 private:
  Status measure_all() {
    if (job_.machine) TRY(measure_machine());
    for (const auto& wanted : matrices_by_kind()) {
      TRY(announce(fmt::format("{} matrices", wanted.front().type)));
      engine::Peaks peaks;
      TRY_ASSIGN(peaks.matrices, engine::measure_matrix_rates(wanted, job_.threads));
      TRY(tell(peaks));
    }
    for (const engine::AttentionRate& wanted : job_.wanted.attentions) {
      TRY(announce(fmt::format("attention on {}, {} columns", wanted.type_k, wanted.columns)));
      engine::Peaks peaks;
      TRY_ASSIGN(const auto rate, engine::measure_attention_rate(wanted, job_.threads));
      peaks.attentions.push_back(rate);
      TRY(tell(peaks));
    }
    return {};
  }

  Status measure_machine() {
    TRY(announce("read bandwidth"));
    engine::Peaks peaks;
    TRY_ASSIGN(const auto bandwidth, device::measure_read_bandwidth(job_.threads));
    peaks.read_bytes_per_s = bandwidth.bytes_per_s;
    TRY_ASSIGN(peaks.operation_s, engine::measure_operation_s(job_.threads));
    return tell(peaks);
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

  Status announce(const std::string& name) { return desk_.channel.send(job::Trying{name}); }

  Status tell(const engine::Peaks& peaks) {
    if (desk_.heartbeat != nullptr) desk_.heartbeat->fetch_add(1, std::memory_order_relaxed);
    return desk_.channel.send(job::RateMeasured{peaks});
  }

  const job::PeaksJob& job_;
  const Desk& desk_;
};

}  // namespace

base::Result<job::Nothing> work_on(const job::PeaksJob& job, const Desk& desk) {
  TRY(PeaksWork(job, desk).run());
  return job::Nothing{};
}

}  // namespace bantam::worker
