#include "predict/budget.hpp"

#include <fmt/format.h>

#include <optional>

#include "base/address_space.hpp"
#include "base/text.hpp"
#include "device/facts.hpp"

namespace bantam::predict {
namespace {

using base::ErrorKind;
using base::fail;
using base::Result;

Result<Budget> budget_of(const FoundDevice& device) {
  if (device.rates.memory_bytes)
    return Budget{*device.rates.memory_bytes, "the memory of " + device.rates.name};
  return fail(ErrorKind::usage,
              fmt::format("{} does not tell how much memory {} has", base::printable(device.from),
                          base::printable(device.rates.name)),
              "give a budget: --memory 8GiB");
}

}  // namespace

Result<Budget> read_budget(const PredictRequest& request) {
  if (request.memory_bytes) return Budget{*request.memory_bytes, "--memory"};
  if (request.device) return budget_of(*request.device);
  const device::Facts facts = device::read_facts(".");
  std::optional<Budget> budget;
  const auto keep_least = [&budget](const std::optional<std::int64_t>& bytes, const char* source) {
    if (bytes && (!budget || *bytes < budget->bytes)) budget = {*bytes, source};
  };
  keep_least(facts.memory.available_bytes, "free on this machine now");
  keep_least(facts.limits.memory_bytes, "the limit of this process");
  keep_least(base::address_space_limit(), "the address space of this process, ulimit -v");
  if (budget) return *budget;
  return fail(ErrorKind::environment, "this machine does not tell how much memory is free",
              "give a budget: --memory 8GiB");
}

}  // namespace bantam::predict
