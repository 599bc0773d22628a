#include "tracker/tensorboard.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "base/files.hpp"
#include "support/temp_dir.hpp"
#include "tracker/sample_runs.hpp"

namespace bantam::tracker {
namespace {

using namespace std::string_literals;
using support::sample_runs;
using testing::HasSubstr;

// The first record of TensorFlow 2's event files but for its time: length 24, data, masked checksums. The
// checksum of the length is that of every such file.
TEST(TfRecord, IsFramedAsTensorflowDoes) {
  const std::string record = tf_record(std::string(24, 'x'));
  EXPECT_EQ(record.substr(0, 12), "\x18\x00\x00\x00\x00\x00\x00\x00\xa3\x7f\x4b\x22"s);
  EXPECT_EQ(record.size(), 8U + 4U + 24U + 4U);
}

TEST(Tensorboard, EventsHoldFiguresAndRounds) {
  const std::string file = tensorboard_events(sample_runs().runs[0]);
  EXPECT_THAT(file.substr(12), HasSubstr("brain.Event:2"));
  // tag "qa/acc" of 6 bytes, then 0.75 as a float: 3F400000
  EXPECT_THAT(file, HasSubstr("\x0a\x06qa/acc\x15\x00\x00\x40\x3f"s));
  EXPECT_THAT(file, HasSubstr("rounds/ttft_s"));
  EXPECT_THAT(file, HasSubstr("performance/ttft_s_low"));
  EXPECT_THAT(file, testing::Not(HasSubstr("device_memory_bytes\x15")));
}

TEST(Tensorboard, FilesAreWrittenOnceAndReplacedIfAsked) {
  const bantam::support::TempDir folder;
  Runs runs = sample_runs();
  const auto files = write_tensorboard(folder.path(), runs, kUsualName, base::Existing::keep);
  ASSERT_TRUE(files) << files.error().message;
  ASSERT_EQ(files->size(), 2U);
  EXPECT_EQ((*files)[0], folder.path() / "nano_fp16" / "events.out.tfevents.bantam");
  EXPECT_TRUE(write_tensorboard(folder.path(), runs, kUsualName, base::Existing::keep));
  runs.runs[0].figures.pop_back();
  const auto refused = write_tensorboard(folder.path(), runs, kUsualName, base::Existing::keep);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, base::ErrorKind::usage);
  EXPECT_TRUE(write_tensorboard(folder.path(), runs, kUsualName, base::Existing::replace));
  EXPECT_EQ(base::read_file((*files)[0]).value(), tensorboard_events(runs.runs[0]));
  runs.runs[1].model = "nano fp16";  // "nano fp16 x" and "nano fp16_x" have one folder
  runs.runs[1].precision = "x";
  runs.runs[0].precision = "fp16_x";
  EXPECT_FALSE(write_tensorboard(folder.path(), runs, kUsualName, base::Existing::replace));
}

}  // namespace
}  // namespace bantam::tracker
