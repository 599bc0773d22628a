#include "predict/other_machine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

#include "base/units.hpp"
#include "gguf/types.hpp"

namespace bantam::predict {
namespace {

using engine::AttentionRate;
using engine::MatrixRate;
using engine::Peaks;

std::string gigabytes(double bytes_per_s) {
  return base::format_significant(bytes_per_s / 1e9) + " GB/s";
}

double bytes_per_element(const std::string& type_name) {
  const auto type = gguf::tensor_type(std::string_view(type_name));
  return type ? static_cast<double>(type->block_bytes) / static_cast<double>(type->block_elements) : 0.0;
}

bool is_type(const TypeRate& rate, const gguf::TensorType& type) {
  const auto own = gguf::tensor_type(std::string_view(rate.type));
  return own && own->id == type.id;
}

class Deriving {
 public:
  Deriving(const DeviceRates& device, bool repack) : device_(device), repack_(repack) {}

  DerivedRates derive(const Peaks& wanted) {
    derived_.peaks.span_limit_bytes = wanted.span_limit_bytes;
    add_machine();
    for (const MatrixRate& rate : wanted.matrices) add(rate);
    for (const AttentionRate& rate : wanted.attentions) add(rate);
    return std::move(derived_);
  }

 private:
  using Figure = std::optional<double> TypeRate::*;

  void rule(std::string text) {
    auto& rules = derived_.rules;
    if (std::ranges::find(rules, text) == rules.end()) rules.push_back(std::move(text));
  }

  void add_machine() {
    const ThreadsRate rate = device_.threads.empty() ? ThreadsRate{} : device_.threads.back();
    derived_.peaks.read_bytes_per_s = rate.read_bytes_per_s;
    if (!rate.read_bytes_per_s) {
      for (const TypeRate& type : device_.types)
        derived_.peaks.read_bytes_per_s = std::max(derived_.peaks.read_bytes_per_s, type.weight_bytes_per_s);
      if (derived_.peaks.read_bytes_per_s)
        rule(
            fmt::format("Its read bandwidth is not known: all but weights is read as fast as the fastest "
                        "weights, {}.",
                        gigabytes(*derived_.peaks.read_bytes_per_s)));
    }
    derived_.peaks.operation_s = rate.operation_s.value_or(0.0);
    if (device_.rates_of == RatesOf::whole_steps)
      rule("Its rates are of whole tokens of a benchmark: the time to start operations is in them.");
    else if (!rate.operation_s)
      rule(
          "The time that it takes to start operations is not known and left out: tokens take longer than "
          "this, most of all with small models.");
  }

  // The entry of this type that has the figure: rearranged where the engine may, else as in a file.
  const TypeRate* entry_of(const gguf::TensorType& type, Figure figure) const {
    const TypeRate* found = nullptr;
    for (const TypeRate& rate : device_.types) {
      if (!is_type(rate, type) || !(rate.*figure)) continue;
      if (found == nullptr || rate.rearranged == repack_) found = &rate;
    }
    return found;
  }

  // The entry of another type that is nearest in bits per weight; of two as near the one with fewer.
  const TypeRate* nearest_entry(double bits, Figure figure) const {
    const TypeRate* found = nullptr;
    for (const TypeRate& rate : device_.types) {
      if (!(rate.*figure)) continue;
      const auto type = gguf::tensor_type(std::string_view(rate.type));
      if (const TypeRate* best = entry_of(*type, figure); best != &rate) continue;
      const double apart = std::abs(rate.bits_per_weight - bits);
      const double least = found == nullptr ? 0.0 : std::abs(found->bits_per_weight - bits);
      if (found == nullptr || apart < least ||
          (apart == least && rate.bits_per_weight < found->bits_per_weight))
        found = &rate;
    }
    return found;
  }

  // Bytes of weights per second with one column.
  std::optional<double> weight_rate(const std::string& name, const gguf::TensorType& type) {
    if (const TypeRate* entry = entry_of(type, &TypeRate::weight_bytes_per_s))
      return entry->weight_bytes_per_s;
    const std::optional<double> bound =
        device_.threads.empty() ? std::nullopt : device_.threads.back().read_bytes_per_s;
    const TypeRate* near = nearest_entry(8.0 * bytes_per_element(name), &TypeRate::weight_bytes_per_s);
    if (near != nullptr) {
      const double rate = std::min(*near->weight_bytes_per_s, bound.value_or(*near->weight_bytes_per_s));
      rule(fmt::format("Weights of {} are read as fast as those of {}, the type nearest in bits{}: {}.", name,
                       near->type, bound ? ", but no faster than memory" : "", gigabytes(rate)));
      return rate;
    }
    if (bound)
      rule(
          fmt::format("No rate of a weight type is known: weights are read as fast as memory, {}, so that "
                      "tokens take no less than this.",
                      gigabytes(*bound)));
    else
      derived_.no_decode = "the file has neither a rate of weights nor a read bandwidth";
    return bound;
  }

  // Multiplications and additions per second with many columns.
  std::optional<double> prompt_rate(const std::string& name, const gguf::TensorType& type) {
    if (const TypeRate* entry = entry_of(type, &TypeRate::operations_per_s)) return entry->operations_per_s;
    const TypeRate* near = nearest_entry(8.0 * bytes_per_element(name), &TypeRate::operations_per_s);
    if (near == nullptr) {
      derived_.no_prompts = "the file has no rate of prompts, of any weight type";
      return std::nullopt;
    }
    rule(fmt::format("Prompts go through {} as fast as through {}, the type nearest in bits: {:.0f} GFLOP/s.",
                     name, near->type, *near->operations_per_s / 1e9));
    return near->operations_per_s;
  }

  void add(MatrixRate rate) {
    const auto type = gguf::tensor_type(std::string_view(rate.type));
    if (!type) {
      derived_.no_decode = fmt::format("{} is no type that bantam knows", rate.type);
      return;
    }
    const auto one = weight_rate(rate.type, *type);
    if (!one) return;
    if (rate.columns <= 1 && device_.span_bytes && rate.span_bytes < *device_.span_bytes)
      rule(
          fmt::format("Its rates are of {} of weights; the weights of a smaller model may stay in a cache "
                      "and be read faster.",
                      base::format_bytes(static_cast<double>(*device_.span_bytes))));
    double seconds_per_byte = 1.0 / *one;
    if (rate.columns > 1) {
      const auto operations_per_s = prompt_rate(rate.type, *type);
      if (!operations_per_s) return;
      const double many_s =
          2.0 / bytes_per_element(rate.type) * static_cast<double>(kManyColumns) / *operations_per_s;
      const double share = static_cast<double>(rate.columns - 1) / static_cast<double>(kManyColumns - 1);
      seconds_per_byte = std::max(seconds_per_byte, seconds_per_byte + share * (many_s - seconds_per_byte));
      if (rate.columns != kManyColumns)
        rule(
            fmt::format("Times for numbers of tokens at once other than 1 and {} lie on the line through "
                        "those two.",
                        kManyColumns));
    }
    rate.bytes_per_s = 1.0 / seconds_per_byte;
    derived_.peaks.matrices.push_back(std::move(rate));
  }

  // The one of the same cache type, else any, whose heads and then columns are nearest.
  const AttentionFigure* nearest_attention(const AttentionRate& rate) const {
    const auto apart = [&](const AttentionFigure& figure) {
      const auto distance = [](std::int64_t a, std::int64_t b) {
        return std::abs(std::log(static_cast<double>(a) / static_cast<double>(b)));
      };
      return std::tuple(figure.type != rate.type_k, distance(figure.columns, rate.columns),
                        distance(figure.head_size, rate.head_size_k));
    };
    const auto found = std::ranges::min_element(device_.attention, {}, apart);
    return found == device_.attention.end() ? nullptr : &*found;
  }

  void add(AttentionRate rate) {
    const double operations = 2.0 * static_cast<double>(rate.head_size_k + rate.head_size_v) *
                              static_cast<double>(rate.heads * rate.columns * rate.streams);
    if (const AttentionFigure* figure = nearest_attention(rate)) {
      rule("Attention with any heads computes as fast as with those that the file has.");
      rate.cells_per_s = figure->operations_per_s / operations;
      derived_.peaks.attentions.push_back(std::move(rate));
      return;
    }
    if (!derived_.peaks.read_bytes_per_s) return;
    const double bytes = static_cast<double>(rate.kv_heads * rate.streams) *
                         (static_cast<double>(rate.head_size_k) * bytes_per_element(rate.type_k) +
                          static_cast<double>(rate.head_size_v) * bytes_per_element(rate.type_v));
    double seconds = bytes / *derived_.peaks.read_bytes_per_s;
    rule(
        "Attention is not known: K and V are read as fast as memory, so that long contexts take longer than "
        "this.");
    if (rate.columns > 1) {
      const TypeRate* near = nearest_entry(8.0 * bytes_per_element(rate.type_k), &TypeRate::operations_per_s);
      if (near == nullptr) return;
      rule(fmt::format("Attention of prompts computes as fast as prompts go through {}.", near->type));
      seconds = std::max(seconds, operations / *near->operations_per_s);
    }
    rate.cells_per_s = 1.0 / seconds;
    derived_.peaks.attentions.push_back(std::move(rate));
  }

  const DeviceRates& device_;
  bool repack_;
  DerivedRates derived_;
};

void add_wanted(const engine::RequestWork& work, Peaks& wanted) {
  for (const engine::Work& part : work.prefill) merge(wanted, rates_for(part, wanted.span_limit_bytes));
  merge(wanted, rates_for(work.decode, wanted.span_limit_bytes));
}

// Nothing is expected of its error, and where the bandwidth is not known there is no share of it.
Speed as_of_a_file(Speed speed, bool knows_bandwidth) {
  speed.time_error.reset();
  if (!knows_bandwidth) speed.read_share.reset();
  return speed;
}

}  // namespace

DerivedRates derive_rates(const DeviceRates& device, const Peaks& wanted, bool repack) {
  return Deriving(device, repack).derive(wanted);
}

SpeedThere speed_there(const DeviceRates& device, const engine::Estimate& estimate, bool repack) {
  Peaks wanted;
  if (device.span_bytes) wanted.span_limit_bytes = *device.span_bytes;
  add_wanted(estimate.single, wanted);
  if (estimate.batch) add_wanted(*estimate.batch, wanted);
  DerivedRates derived = derive_rates(device, wanted, repack);
  const bool knows_bandwidth = !device.threads.empty() && device.threads.back().read_bytes_per_s;
  SpeedThere there;
  there.rules = std::move(derived.rules);
  if (derived.no_decode || !derived.peaks.read_bytes_per_s) {
    there.speed_absent = derived.no_decode.value_or("the file has no rate at all");
    return there;
  }
  auto single = request_speed(estimate.single, derived.peaks);
  if (!single) single = decode_speed(estimate.single, derived.peaks);
  if (!single) {
    there.speed_absent = single.error().message;
    return there;
  }
  there.single = as_of_a_file(*single, knows_bandwidth);
  if (!there.single->ttft_s)
    there.single->ttft_absent = derived.no_prompts.value_or("a rate of prompts is missing");
  if (!estimate.batch) return there;
  if (const auto batch = request_speed(*estimate.batch, derived.peaks))
    there.batch = as_of_a_file(*batch, knows_bandwidth);
  return there;
}

}  // namespace bantam::predict
