#include "bundle/write.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <set>

#include "base/hash.hpp"
#include "base/secrets.hpp"
#include "bundle/bundles.hpp"
#include "bundle/check.hpp"
#include "record/private_parts.hpp"
#include "record/sections.hpp"
#include "support/temp_dir.hpp"

namespace bantam::bundle {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class WriteTest : public testing::Test {
 protected:
  std::filesystem::path path() const { return folder_.path() / "s.db"; }
  void change(const char* sql) const {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(path().c_str(), &database), SQLITE_OK);
    char* error = nullptr;
    ASSERT_EQ(sqlite3_exec(database, sql, nullptr, nullptr, &error), SQLITE_OK) << error;
    sqlite3_close(database);
  }
  base::Result<Written> written() const {
    auto store = store::Store::open_read_only(path());
    return write(*store, ItemForm::whole);
  }

  support::TempDir folder_;
};

TEST_F(WriteTest, rows_that_are_not_those_of_the_end_are_not_passed_on) {
  fill_store(path());
  change("delete from items where doc_id = 3");
  const auto refused = written();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, base::ErrorKind::integrity);
  EXPECT_THAT(refused.error().message, HasSubstr("nano int8 qa: the rows that it rests on"));
}

TEST_F(WriteTest, a_cell_that_is_measured_again_is_left_out_by_name) {
  fill_store(path());
  {
    auto store = store::Store::open(path());
    ASSERT_EQ(store->begin_attempt(support::finished_accuracy().record), 2);
  }
  const auto done = written();
  ASSERT_TRUE(done);
  EXPECT_EQ(done->head.counts.records, 1);
  EXPECT_THAT(done->notes, ElementsAre("nano int8 qa is left out: another attempt has begun and not ended"));
}

TEST_F(WriteTest, a_cell_without_a_digest_says_so) {
  fill_store(path());
  change("update attempts set basis = null");
  const auto done = written();
  ASSERT_TRUE(done);
  const auto checked = check(done->text);
  EXPECT_THAT(checked->report.findings, IsEmpty());
  EXPECT_EQ(checked->report.without_basis, 2);
}

TEST_F(WriteTest, an_empty_store_gives_no_bundle) {
  { auto store = store::Store::open(path()); }
  EXPECT_FALSE(written());
}

TEST_F(WriteTest, folders_and_secrets_of_the_machine_stay_there) {
  base::keep_secret("correct-horse-battery");
  auto cell = support::finished_accuracy();
  cell.record.reference = "/home/ada/models/m.gguf";
  cell.record.warnings = {"/home/ada/x y/tasks.yaml: slow", "read '/home/ada/a b/c.txt' twice"};
  cell.record.settings["engine"]["draft"] = "/home/ada/draft.gguf";
  cell.record.device["disk"] = {{"source", "/dev/vda"}};
  cell.record.task_info["tasks"][0]["config"] = {
      {"dataset_kwargs", {{"data_files", {{"test", "/home/ada/rows.jsonl"}}}, {"token", "abc"}}}};
  cell.items[0].content["context"] = "the password is correct-horse-battery, in /home/eve/notes";
  {
    auto store = store::Store::open(path());
    ASSERT_TRUE(store->add_finished(cell));
  }
  const auto done = written();
  ASSERT_TRUE(done);
  EXPECT_THAT(done->text, Not(HasSubstr("/home/ada")));
  EXPECT_THAT(done->text, Not(HasSubstr("correct-horse")));
  EXPECT_THAT(done->text, Not(HasSubstr("\"token\"")));
  EXPECT_THAT(done->text, HasSubstr("\"reference\":\"m.gguf\""));
  EXPECT_THAT(done->text, HasSubstr("rows.jsonl"));
  EXPECT_THAT(done->text, HasSubstr("/dev/vda"));
  EXPECT_THAT(done->text, HasSubstr("/home/eve/notes")) << "a data set's text is what it is";
  EXPECT_THAT(check(done->text)->report.findings, IsEmpty());
}

// Read from lm-eval's files of a model that lay in a folder.
record::FinishedCell imported_cell(const std::string& model) {
  auto cell = support::finished_accuracy();
  cell.record.cell_key = base::sha256(model);
  cell.record.model = cell.record.reference = model;
  const base::Json content = {
      {"model_name", model},
      {"model_name_sanitized", "__home__yvonne__models__tiny"},
      {"config",
       {{"model_args", "pretrained=" + model + ",token=sesame1,dtype=float16"},
        {"more",
         {{"hub_token", "sesame2"}, {"model_args", "{'pretrained': '" + model + "', 'token': 'sesame3'}"}}}}},
      {"generation_args", {{"execution_command", "lm_eval --model_args pretrained=__home__yvonne"}}}};
  record::set_imported(cell.record,
                       {"lm-eval", "__home__yvonne__models__tiny/results_2026.json", "", content, {}});
  return cell;
}

TEST_F(WriteTest, folders_and_secrets_of_imported_results_stay_there) {
  {
    auto store = store::Store::open(path());
    ASSERT_TRUE(store->add_finished(imported_cell("/home/yvonne/models/tiny")));
  }
  const auto done = written();
  ASSERT_TRUE(done) << done.error().message;
  for (const char* part : {"home", "yvonne", "sesame", "hub_token", "execution_command"})
    EXPECT_THAT(done->text, Not(HasSubstr(part)));
  EXPECT_THAT(done->text, HasSubstr(R"("model":"tiny")"));
  EXPECT_THAT(done->text, HasSubstr(R"("reference":"tiny")"));
  EXPECT_THAT(done->text, HasSubstr(R"("file":"results_2026.json")"));
  EXPECT_THAT(done->text, HasSubstr(R"("model_args":"pretrained=tiny,token=***,dtype=float16")"));
  EXPECT_THAT(done->text, HasSubstr(R"("model_args":"{'pretrained': 'tiny', 'token': '***'}")"));
  EXPECT_THAT(check(done->text)->report.findings, IsEmpty());
}

TEST_F(WriteTest, two_models_stay_two) {
  {
    auto store = store::Store::open(path());
    ASSERT_TRUE(store->add_finished(imported_cell("/home/yvonne/a/tiny")));
    ASSERT_TRUE(store->add_finished(imported_cell("/home/yvonne/b/tiny")));
    ASSERT_TRUE(store->add_finished(imported_cell("org/tiny")));
  }
  const auto done = written();
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_THAT(done->text, Not(HasSubstr("yvonne")));
  const std::set<std::string> models{"/home/yvonne/a/tiny", "/home/yvonne/b/tiny", "/home/yvonne/big",
                                     "org/tiny"};
  const auto names = record::models_without_folders(models);
  EXPECT_EQ(names.at("/home/yvonne/a/tiny"), "tiny-" + base::sha256("/home/yvonne/a/tiny").substr(0, 8));
  EXPECT_NE(names.at("/home/yvonne/b/tiny"), names.at("/home/yvonne/a/tiny"));
  EXPECT_EQ(names.at("/home/yvonne/big"), "big");
  EXPECT_EQ(names.at("org/tiny"), "org/tiny");
  EXPECT_THAT(done->text, HasSubstr("\"model\":\"" + names.at("/home/yvonne/b/tiny") + "\""));
}

}  // namespace
}  // namespace bantam::bundle
