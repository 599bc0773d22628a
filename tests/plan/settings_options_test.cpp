#include "plan/settings_options.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bantam::plan {
namespace {

using testing::IsEmpty;

// The settings of the first cell of a kind.
CellSettings settings_of(const Plan& plan, record::CellKind kind) {
  for (const Cell& cell : unfold(plan)) {
    if (cell.kind == kind) return cell_settings(plan, cell);
  }
  return {};
}

Plan planned(OptionValues options) {
  const auto request = build_request(options);
  EXPECT_TRUE(request) << (request ? "" : request.error().message);
  return request ? request->plan : Plan{};
}

// options -> settings -> options -> the same settings.
void expect_the_same_again(OptionValues given, record::CellKind kind, const std::string& kind_name) {
  const OptionValues what{
      {"models", {"embedded:nano"}}, {"tasks", {kind_name}}, {"accuracy_tasks", {"nano_qa"}}};
  given.insert(given.begin(), what.begin(), what.end());
  const CellSettings first = settings_of(planned(given), kind);
  OptionValues again = what;
  for (auto& option : options_of(first)) again.push_back(option);
  EXPECT_EQ(base::to_text(to_json(first)), base::to_text(to_json(settings_of(planned(again), kind))));
}

TEST(settings_options, defaults_need_no_option) {
  CellSettings settings;
  settings.performance.emplace();
  settings.accuracy.emplace();
  settings.seed = Plan{}.seed;
  EXPECT_THAT(options_of(settings), IsEmpty());
}

TEST(settings_options, speed_settings_come_back) {
  expect_the_same_again({{"num_runs", {"7"}},
                         {"rounds", {"9"}},
                         {"max_seconds", {"12.5"}},
                         {"target_interval", {"0.02"}},
                         {"gate", {"paging=10", "steal=off"}},
                         {"wait_quiet", {"3"}},
                         {"batch_size", {"2"}},
                         {"max_new_tokens", {"16"}},
                         {"prompt", {"Say 'hello, world'"}},
                         {"ignore_eos", {"false"}},
                         {"n_gen", {"8"}},
                         {"scenarios", {"single_stream", "tg"}},
                         {"min_memory", {"true"}},
                         {"threads", {"3"}},
                         {"cache_type_k", {"q8_0"}},
                         {"repack", {"false"}},
                         {"draft", {"lookup"}}},
                        record::CellKind::performance, "performance");
}

TEST(settings_options, energy_settings_come_back) {
  expect_the_same_again({{"energy_sample_runs", {"200"}},
                         {"energy_seconds", {"30"}},
                         {"energy_idle", {"0"}},
                         {"energy_source", {"rapl"}},
                         {"energy_sample_rate", {"20"}},
                         {"tdp", {"15"}},
                         {"carbon_intensity", {"380"}},
                         {"battery_wh", {"57"}},
                         {"num_warmup", {"2"}},
                         {"rounds", {"4"}}},
                        record::CellKind::energy, "energy");
  expect_the_same_again({{"energy_idle", {"2"}}, {"num_runs", {"12"}}}, record::CellKind::energy, "energy");
  expect_the_same_again({{"n_prompt", {"128"}}}, record::CellKind::resources, "resources");
}

TEST(settings_options, score_settings_come_back) {
  expect_the_same_again({{"accuracy_limit", {"200"}},
                         {"num_fewshot", {"2"}},
                         {"accuracy_batch_size", {"4"}},
                         {"accuracy_kv_cells", {"1024"}},
                         {"own_kernels", {"false"}},
                         {"apply_chat_template", {"true"}},
                         {"chat_template_kwargs", {R"({"enable_thinking": false})"}},
                         {"system_instruction", {"Be brief."}},
                         {"seed", {"7"}}},
                        record::CellKind::accuracy, "accuracy");
  expect_the_same_again({{"accuracy_limit", {"0.25"}}}, record::CellKind::accuracy, "accuracy");
}

}  // namespace
}  // namespace bantam::plan
