#pragma once
// The energy of one block by each sensor: kept with the block, and of the first one that counts in the record
// (task_info.energy). Knows nothing of how sensors are read.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "record/gpu_load.hpp"
#include "record/power_trace.hpp"
#include "record/record.hpp"

namespace bantam::record {

// What a sensor, or several of one kind that are added up, say of one block.
struct SourceEnergy {
  std::string name;          // "intel-rapl:package-0"; of several their names, between " + "
  std::string kind;          // "rapl"
  std::string scope;         // what it covers: "package", "board", "wall"
  std::string grade;         // "A" to "D", docs/energy.md
  bool is_headline = false;  // the cell's metrics are of this one
  bool is_invalid = false;   // it gave a figure that is not to be believed, for the reason in `absent`

  std::optional<double> joules;          // while the counted requests ran; each of these may be absent
  std::optional<double> net_joules;      // `joules` less idle power
  std::optional<double> prefill_joules;  // of all requests together
  std::optional<double> decode_joules;
  std::optional<double> mean_w;
  std::optional<double> peak_w;
  std::optional<double> idle_before_w;
  std::optional<double> idle_after_w;
  std::optional<double> update_period_s;
  std::int64_t samples = 0;                   // readings with a value in the window
  std::map<std::string, std::string> absent;  // name of a member above -> why it is not there
};

struct BlockEnergy {
  double window_s = 0.0;  // from the first counted request's begin to the last one's end
  std::int64_t requests = 0;
  std::int64_t prompt_tokens = 0;  // of all these requests
  std::int64_t output_tokens = 0;
  double rate_hz = 0.0;                    // at which sensors were read
  double sampler_cpu_s = 0.0;              // that reading them took, over the window and idle times
  std::optional<double> carbon_g_per_kwh;  // of the grid; absent: nobody said
  std::optional<double> battery_wh;        // of a full battery; absent: it is not known, or there is none
  std::vector<SourceEnergy> sources;       // the headline first
  // Why there is no figure of any source; empty where there may be one.
  std::string absent;
  // The headline's power over time: only of the first block of a cell that counts, which stands for the cell.
  std::optional<PowerTrace> power_trace = {};
  std::string power_trace_absent = {};  // why a block that could have one has none; else empty
  // Of each GPU that was watched; none on a machine without one. Traces as of the power.
  std::vector<GpuLoad> gpus = {};
  std::string gpus_absent = {};  // why what stood there was not taken; else empty

  // Null where there is none.
  const SourceEnergy* headline() const;
};
base::Json to_json(const BlockEnergy& energy);
// bad_input, naming the member, when one is missing, of another type or not finite. A power trace that is
// none is absent with the reason, and so are GPUs: they take no figure with them.
base::Result<BlockEnergy> block_energy_from(const base::Json& json);

// By what a record's energy was measured.
struct EnergySource {
  std::string name;
  std::string kind;
  std::string scope;
  std::string grade;
  bool operator==(const EnergySource&) const = default;
};
// "intel-rapl:package-0 (package, grade B)"
std::string text(const EnergySource& source);
// Absent for records without energy, and for those of other tools that do not tell.
std::optional<EnergySource> energy_source(const Record& record);
// Of the whole block that stands for all: each source's figures are shown beside the headline's.
void set_block_energy(Record& record, const BlockEnergy& energy);
// Absent for records of earlier versions, and where what stands there is none.
std::optional<BlockEnergy> block_energy(const Record& record);
// Whether something stands at the place of its power trace, readable or not.
bool has_power_trace(const Record& record);

}  // namespace bantam::record
