// The options of trackers: what they ask for, and that they change no cell.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "plan/options.hpp"
#include "support/temp_dir.hpp"

namespace bantam::plan {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

OptionValues with(const OptionValues& values) {
  OptionValues all{{"models", {"my.gguf"}}, {"tasks", {"performance"}}};
  all.insert(all.end(), values.begin(), values.end());
  return all;
}

TEST(TrackingOptions, SayWhatIsLeftAndChangeNoCell) {
  const auto plain = build_request(with({}));
  const auto tracked = build_request(with({{"wandb_enabled", {"true"}},
                                           {"wandb_project", {"edge"}},
                                           {"wandb_entity", {"ada"}},
                                           {"wandb_name", {"{model}"}},
                                           {"wandb_tags", {"a", "b"}},
                                           {"wandb_mode", {"offline"}}}));
  ASSERT_TRUE(plain);
  ASSERT_TRUE(tracked) << tracked.error().message;
  EXPECT_FALSE(plain->tracking.is_wanted());
  EXPECT_TRUE(tracked->tracking.is_wanted());
  EXPECT_EQ(tracked->tracking.project, "edge");
  EXPECT_EQ(tracked->tracking.entity, "ada");
  EXPECT_EQ(tracked->tracking.name, "{model}");
  EXPECT_THAT(tracked->tracking.tags, ElementsAre("a", "b"));
  EXPECT_THAT(tracked->notices, IsEmpty());
  const auto cells = unfold(plain->plan);
  const auto same = unfold(tracked->plan);
  ASSERT_EQ(cells.size(), same.size());
  for (std::size_t i = 0; i < cells.size(); ++i)
    EXPECT_EQ(to_json(cell_settings(plain->plan, cells[i])), to_json(cell_settings(tracked->plan, same[i])));
}

TEST(TrackingOptions, NothingIsSentFromHere) {
  for (const char* mode : {"online", "shared"}) {
    const auto request = build_request(with({{"wandb_mode", {mode}}}));
    ASSERT_FALSE(request);
    EXPECT_EQ(request.error().kind, base::ErrorKind::usage);
    EXPECT_THAT(request.error().message, HasSubstr(mode));
    EXPECT_THAT(request.error().hint, HasSubstr("wandb sync"));
  }
  EXPECT_FALSE(build_request(with({{"wandb_mode", {"sometimes"}}})));
  const auto disabled = build_request(with({{"wandb_enabled", {"true"}}, {"wandb_mode", {"disabled"}}}));
  ASSERT_TRUE(disabled);
  EXPECT_FALSE(disabled->tracking.is_wanted());
}

TEST(TrackingOptions, WithoutTheirSwitchHaveNoEffectAndSaySo) {
  const auto request = build_request(with({{"wandb_project", {"edge"}}, {"wandb_tags", {"a"}}}));
  ASSERT_TRUE(request);
  EXPECT_FALSE(request->tracking.is_wanted());
  EXPECT_THAT(request->notices,
              ElementsAre("--wandb-project, --wandb-tags have no effect: --wandb-enabled is not given"));
}

TEST(TrackingOptions, StandInPlanFiles) {
  const support::TempDir folder;
  const auto path = folder.path() / "plan.yaml";
  std::ofstream(path) << "models: [my.gguf]\ntasks: [performance]\nwandb_enabled: true\nwandb-tags: [a, b]\n";
  const auto values = read_plan_file(path);
  ASSERT_TRUE(values) << values.error().message;
  const auto request = build_request(*values);
  ASSERT_TRUE(request) << request.error().message;
  EXPECT_TRUE(request->tracking.is_wanted());
  EXPECT_THAT(request->tracking.tags, ElementsAre("a", "b"));
}

}  // namespace
}  // namespace bantam::plan
