#include "task/generation.hpp"

#include <fmt/format.h>
#include <cmath>

namespace bantam::task {
namespace {

using base::Json;

constexpr std::string_view kTokenLimits[] = {"max_gen_toks", "max_new_tokens", "max_tokens",
                                             "max_completion_tokens"};
constexpr std::string_view kGenerationKeys[] = {
    "until",       "do_sample", "max_gen_toks", "max_new_tokens", "max_tokens", "max_completion_tokens",
    "temperature", "num_beams", "top_p",        "top_k",          "min_p"};

// Transformers' own where a file gives none.
constexpr int kDefaultTopK = 50;

// Refuses what is no number from `least` to `most`, and gives `otherwise` then, as for a missing or null
// value.
double number(TaskReader& reader, const char* key, double otherwise, double least, double most) {
  const std::string pointer = fmt::format("/generation_kwargs/{}", key);
  const Json& value = reader.at(pointer);
  if (value.is_null()) return otherwise;
  if (value.is_number() && value.get<double>() >= least && value.get<double>() <= most)
    return value.get<double>();
  reader.refuse(pointer,
                std::isinf(most)
                    ? fmt::format("generation_kwargs: {} must be a number, {} or more", key, least)
                    : fmt::format("generation_kwargs: {} must be a number, {} to {}", key, least, most));
  return otherwise;
}

// lm-eval 0.4.13: normalize_gen_kwargs. A temperature above 0 without do_sample asks for sampling.
void read_sampling(TaskReader& reader, Task& task) {
  const double temperature = number(reader, "temperature", 0.0, 0.0, INFINITY);
  const bool wanted = reader.boolean("/generation_kwargs/do_sample", temperature > 0.0);
  if (reader.count("/generation_kwargs/num_beams", 1, 1) > 1)
    reader.refuse("/generation_kwargs/num_beams",
                  "generation_kwargs: num_beams: beam search is not supported", "write num_beams: 1");
  if (wanted && temperature > 0.0) {
    SamplingSpec& sampling = task.generation.sampling.emplace();
    sampling.temperature = temperature;
    sampling.top_p = number(reader, "top_p", 1.0, 0.0, 1.0);
    sampling.min_p = number(reader, "min_p", 0.0, 0.0, 1.0);
    sampling.top_k = static_cast<int>(reader.count("/generation_kwargs/top_k", kDefaultTopK, 0));
  } else if (wanted) {
    task.warnings.push_back(
        reader.warning("/generation_kwargs/do_sample",
                       "do_sample has no effect without a temperature above 0: answers are "
                       "greedy; lm-eval's hf models fail"));
  }
}

void read_end(TaskReader& reader, Task& task) {
  constexpr std::int64_t kDefaultTokens = 256;
  const Json& until = reader.at("/generation_kwargs/until");
  for (const Json& stop : until.is_null() ? Json::array({task.fewshot_delimiter}) : as_list(until)) {
    if (stop.is_string()) {
      task.generation.until.push_back(stop.get<std::string>());
    } else {
      reader.refuse("/generation_kwargs/until", "generation_kwargs: until must be texts");
    }
  }
  for (const std::string_view key : kTokenLimits) {
    const std::string pointer = fmt::format("/generation_kwargs/{}", key);
    if (reader.at(pointer).is_null()) continue;
    task.generation.max_gen_toks = static_cast<int>(reader.count(pointer, kDefaultTokens, 1));
    break;
  }
}

void read_repeats(TaskReader& reader, Task& task) {
  constexpr std::int64_t kMost = 1024;
  const std::int64_t repeats = reader.count("/repeats", 1, 1);
  const bool is_sampled =
      task.output_type == OutputType::generate_until && task.generation.sampling.has_value();
  if (is_sampled && repeats > kMost) {
    reader.refuse("/repeats", fmt::format("repeats must be a count, 1 to {}", kMost));
  } else if (is_sampled) {
    task.generation.repeats = static_cast<int>(repeats);
  } else if (repeats > 1) {
    task.warnings.push_back(reader.warning(
        "/repeats",
        "repeats has no effect: without sampling answers do not differ, each item is asked once"));
  }
}

}  // namespace

void read_generation(TaskReader& reader, Task& task) {
  static_cast<void>(reader.knows_keys("/generation_kwargs", kGenerationKeys));
  read_sampling(reader, task);
  read_end(reader, task);
  read_repeats(reader, task);
}

}  // namespace bantam::task
