#include "tracker/wandb.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/files.hpp"
#include "base/yaml.hpp"
#include "support/temp_dir.hpp"
#include "tracker/sample_runs.hpp"

namespace bantam::tracker {
namespace {

namespace fs = std::filesystem;
using base::Json;
using support::sample_records;
using support::sample_runs;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

// Fields of a message as a reader of the wire format finds them: numbers and bytes. scripts/tracker_check.py
// reads the same with W&B's own classes.
struct Field {
  std::uint64_t number = 0;
  std::uint64_t value = 0;
  std::string bytes;
};

std::uint64_t take_varint(std::string_view& bytes) {
  std::uint64_t value = 0;
  for (int shift = 0; !bytes.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    value |= std::uint64_t{byte & 0x7FU} << shift;
    if (byte < 0x80) break;
  }
  return value;
}

std::vector<Field> fields_of(std::string_view bytes) {
  std::vector<Field> fields;
  while (!bytes.empty()) {
    const std::uint64_t tag = take_varint(bytes);
    Field field{tag >> 3, take_varint(bytes), ""};
    if ((tag & 7) == 2) {
      field.bytes = std::string(bytes.substr(0, field.value));
      bytes.remove_prefix(field.value);
    }
    fields.push_back(std::move(field));
  }
  return fields;
}

std::vector<std::string> all_of(std::string_view message, std::uint64_t number) {
  std::vector<std::string> found;
  for (const Field& field : fields_of(message)) {
    if (field.number == number) found.push_back(field.bytes);
  }
  return found;
}

// The records of a log that fits into one block.
std::vector<std::string> records_of(const std::string& log) {
  std::vector<std::string> records;
  for (std::size_t at = 7; at < log.size();) {
    const std::size_t length =
        static_cast<unsigned char>(log[at + 4]) + (std::size_t{static_cast<unsigned char>(log[at + 5])} << 8);
    records.push_back(log.substr(at + 7, length));
    at += 7 + length;
  }
  return records;
}

// The first content of a record of this kind.
std::string content_of(const std::string& log, std::uint64_t kind) {
  for (const std::string& record : records_of(log)) {
    if (const auto found = all_of(record, kind); !found.empty()) return found.front();
  }
  return {};
}

// Key to JSON text.
std::map<std::string, std::string> items_of(std::string_view message) {
  std::map<std::string, std::string> items;
  for (const std::string& item : all_of(message, 1))
    items[all_of(item, 1).front()] = all_of(item, 16).front();
  return items;
}

class WandbTest : public testing::Test {
 protected:
  base::Result<WandbRuns> write(const Runs& runs, base::Existing existing = base::Existing::keep) {
    return write_wandb(folder_.path(), runs, options_, existing);
  }
  std::string read(const fs::path& path) { return base::read_file(path).value_or("nothing"); }

  bantam::support::TempDir folder_;
  WandbOptions options_;
};

TEST_F(WandbTest, TheLogHoldsTheRunItsRoundsAndItsEnd) {
  const Runs runs = sample_runs();
  options_.tags = {"edge"};
  options_.entity = "ada";
  const std::string log = wandb_log_of(runs.runs[0], options_, "nano fp16");
  std::vector<std::uint64_t> kinds;
  for (const std::string& record : records_of(log)) kinds.push_back(fields_of(record).at(1).number);
  // header, run, six rounds, summary, files, exit, final, footer
  EXPECT_THAT(kinds, ElementsAre(21, 17, 2, 2, 2, 2, 2, 2, 3, 6, 18, 20, 22));

  const std::string run = content_of(log, 17);
  EXPECT_THAT(all_of(run, 1), ElementsAre(wandb_id(runs.runs[0])));
  EXPECT_THAT(all_of(run, 2), ElementsAre("ada"));
  EXPECT_THAT(all_of(run, 3), ElementsAre("bantam"));
  EXPECT_THAT(all_of(run, 8), ElementsAre("nano fp16"));
  EXPECT_THAT(all_of(run, 10), ElementsAre("nano", "fp16", "measured", "edge"));
  const auto config = items_of(all_of(run, 4).front());
  EXPECT_EQ(config.at("model"), "\"nano\"");
  EXPECT_THAT(config.at("cells"), HasSubstr("\"num_runs\":30"));
  EXPECT_EQ(fields_of(all_of(run, 17).front()).front().value, 1769860800U);  // 2026-01-31T12:00:00Z

  const auto summary = items_of(content_of(log, 3));
  EXPECT_THAT(summary, Contains(Pair("performance/ttft_s", "0.04")));
  EXPECT_THAT(summary, Contains(Pair("qa/acc_low", "0.7")));
  const auto row = items_of(content_of(log, 2));
  EXPECT_THAT(row, Contains(Pair("_step", "0")));
  EXPECT_THAT(row, Contains(Pair("rounds/ttft_s", "0.04")));
  EXPECT_THAT(row, Contains(Pair("rounds/counts", "true")));
  EXPECT_EQ(fields_of(content_of(log, 18)).at(0).value, 0U);
}

TEST_F(WandbTest, ARunWithoutAnyResultHasFailed) {
  auto records = sample_records();
  const auto runs = runs_of({records[2]}, {});
  ASSERT_TRUE(runs);
  const std::string log = wandb_log_of(runs->runs[0], options_, "x");
  EXPECT_EQ(fields_of(content_of(log, 18)).at(0).value, 1U);
  EXPECT_TRUE(items_of(content_of(log, 3)).empty());
  EXPECT_THAT(all_of(content_of(log, 17), 9), ElementsAre("performance: failed: SIGILL"));
}

TEST_F(WandbTest, FoldersAreAsTheClientNamesThem) {
  const Runs runs = sample_runs();
  const auto written = write(runs);
  ASSERT_TRUE(written) << written.error().message;
  const fs::path folder =
      folder_.path() / "wandb" / ("offline-run-20260131_120000-" + wandb_id(runs.runs[0]));
  ASSERT_EQ(written->folders.size(), 2U);
  EXPECT_EQ(written->folders[0], folder);
  EXPECT_EQ(read(folder / ("run-" + wandb_id(runs.runs[0]) + ".wandb")),
            wandb_log_of(runs.runs[0], options_, "nano fp16"));
  const auto config = base::read_yaml_file(folder / "files" / "config.yaml");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ((*config)["precision"]["value"], "fp16");
  EXPECT_EQ((*config)["cells"]["value"]["performance"]["settings"]["performance"]["num_runs"], 30);
  const auto summary = base::parse_json(read(folder / "files" / "wandb-summary.json"), "summary");
  ASSERT_TRUE(summary);
  EXPECT_EQ((*summary)["qa/acc"], 0.75);
  const auto metadata = base::parse_json(read(folder / "files" / "wandb-metadata.json"), "metadata");
  ASSERT_TRUE(metadata);
  EXPECT_EQ((*metadata)["os"], "Example OS 1");
}

TEST_F(WandbTest, TheSameResultsAgainChangeNothing) {
  const auto first = write(sample_runs());
  ASSERT_TRUE(first);
  const fs::path config = first->folders[0] / "files" / "config.yaml";
  ASSERT_TRUE(base::write_file_atomically(config, "as wandb sync leaves it"));
  ASSERT_TRUE(write(sample_runs()));
  EXPECT_EQ(read(config), "as wandb sync leaves it");
}

TEST_F(WandbTest, MoreResultsAreTheSameRunAndReplaceItOnlyIfAsked) {
  auto records = sample_records();
  const auto fewer = runs_of({records[1]}, {});  // begun later: another date
  ASSERT_TRUE(fewer);
  auto both = records;
  both[0].device = nullptr;      // as in the other record: the key is that of the configuration,
  both[0].model_info = nullptr;  // its machine and its file
  const auto all = runs_of({both[0], both[1]}, {});
  ASSERT_TRUE(all);
  const auto first = write(*fewer);
  ASSERT_TRUE(first);
  const fs::path file = first->folders[0] / ("run-" + wandb_id(fewer->runs[0]) + ".wandb");
  const fs::path mark = fs::path(file).concat(".synced");
  ASSERT_TRUE(base::write_file_atomically(mark, ""));
  const std::string before = read(file);
  const auto refused = write(*all);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, base::ErrorKind::usage);
  EXPECT_THAT(refused.error().hint, HasSubstr("--overwrite"));
  EXPECT_EQ(read(file), before);
  EXPECT_TRUE(fs::exists(mark));
  const auto replaced = write(*all, base::Existing::replace);
  ASSERT_TRUE(replaced);
  EXPECT_EQ(replaced->folders, first->folders);
  EXPECT_NE(read(file), before);
  EXPECT_FALSE(fs::exists(mark));  // it was of the content before
}

TEST_F(WandbTest, NamesThatWandbDoesNotTakeAreRefused) {
  const auto refuses = [this](auto change) {
    WandbOptions options;
    change(options);
    const auto checked = check(options);
    const auto written = write_wandb(folder_.path(), sample_runs(), options, base::Existing::keep);
    return !checked && !written && checked.error().kind == base::ErrorKind::usage;
  };
  EXPECT_TRUE(refuses([](WandbOptions& options) { options.project = "a/b"; }));
  EXPECT_TRUE(refuses([](WandbOptions& options) { options.project = ""; }));
  EXPECT_TRUE(refuses([](WandbOptions& options) { options.project = std::string(129, 'p'); }));
  EXPECT_TRUE(refuses([](WandbOptions& options) { options.project = "a\nb"; }));
  EXPECT_TRUE(refuses([](WandbOptions& options) { options.entity = "a b"; }));
  EXPECT_TRUE(refuses([](WandbOptions& options) { options.tags = {std::string(65, 't')}; }));
  EXPECT_TRUE(refuses([](WandbOptions& options) { options.tags = {"\xff"}; }));
  EXPECT_TRUE(refuses([](WandbOptions& options) { options.name = "{x}"; }));
  EXPECT_FALSE(fs::exists(folder_.path() / "wandb"));
  EXPECT_TRUE(check(WandbOptions{}));
}

}  // namespace
}  // namespace bantam::tracker
