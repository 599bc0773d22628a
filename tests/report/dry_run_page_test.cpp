#include "report/dry_run_page.hpp"

#include <gtest/gtest.h>

namespace bantam::report {
namespace {

struct DryRun {
  plan::Plan plan;
  run::Inputs inputs;
  std::vector<run::PreparedCell> cells;
  std::vector<run::CellOutlook> outlooks;  // as many as cells; the last ones may be left out

  std::string page() {
    outlooks.resize(cells.size());
    return dry_run_page(plan, inputs, cells, outlooks);
  }

  run::PreparedCell& add(const std::string& precision, const std::string& task) {
    run::PreparedCell& cell = cells.emplace_back();
    cell.cell = {{"nano", "hf:user/nano"}, precision, record::cell_kind(task), task};
    return cell;
  }
};

// A model of a million parameters that lies on the hub, at two precisions.
DryRun dry_run() {
  DryRun made;
  made.plan.engine.threads = 2;
  made.plan.performance_settings.batch_size = 1;
  made.plan.performance_settings.max_seconds = 10.0;
  model::Source source;
  source.info.parameters = 1'000'000;
  source.info.weight_bytes = 2'000'000;
  source.sha256 = "source";
  source.fetch_bytes = 3 << 20;
  made.inputs.sources = {source};
  made.inputs.tasks["qa"].items = 600;
  made.inputs.tasks["qa"].fetch_sources = 1;
  made.inputs.tasks["qa"].fetch_rows = 600;
  made.add("fp16", "performance").artifact.ready = true;
  model::Artifact quantized;
  quantized.identity = "quantized";
  quantized.file_type = "Q8_0";
  made.add("Q8_0", "performance").artifact = quantized;
  made.add("Q8_0", "qa").artifact = quantized;
  made.add("IQ1_S", "performance").skip_reason = "it needs an importance matrix";
  return made;
}

TEST(dry_run_page, names_what_is_to_be_made_once_and_sums_the_times) {
  DryRun made = dry_run();
  EXPECT_EQ(made.page(),
            "model  precision  task          items     at most  file\n"
            "nano   fp16       performance       -      13.8 s  fetch 3.00 MiB, file as it is\n"
            "nano   Q8_0       performance       -      13.2 s  make Q8_0 (about 1.01 MiB)\n"
            "nano   Q8_0       qa              600      4.00 s\n"
            "nano   IQ1_S      performance       -           -  skipped: it needs an importance matrix\n"
            "\n"
            "qa: fetch data from 1 place, 600 rows\n"
            "\n"
            "4 cells, roughly 31.0 s at most. Nothing was measured or written.\n");
}

TEST(dry_run_page, gives_no_time_where_there_is_no_estimate) {
  DryRun made = dry_run();
  made.inputs.tasks.clear();
  made.cells.resize(1);
  made.add("fp16", "fidelity").artifact.ready = true;
  made.add("fp16", "similarity").artifact.ready = true;
  EXPECT_EQ(made.page(),
            "model  precision  task          items     at most  file\n"
            "nano   fp16       performance       -      13.8 s  fetch 3.00 MiB, file as it is\n"
            "nano   fp16       fidelity          -     unknown  file as it is\n"
            "nano   fp16       similarity        -     unknown  file as it is\n"
            "\n"
            "3 cells, roughly 13.8 s at most without the 2 whose time is unknown. Nothing was measured or "
            "written.\n");
  made.cells.erase(made.cells.begin());
  made.cells.resize(1);
  EXPECT_EQ(made.page(),
            "model  precision  task          items     at most  file\n"
            "nano   fp16       fidelity          -     unknown  fetch 3.00 MiB, file as it is\n"
            "\n"
            "1 cells, for an unknown time. Nothing was measured or written.\n");
}

TEST(dry_run_page, leaves_out_what_is_done_and_goes_by_measured_rates) {
  DryRun made = dry_run();
  made.plan.performance_settings.num_warmup = 3;
  made.plan.performance_settings.num_runs = 5;
  made.outlooks.resize(3);
  made.outlooks[0].is_done = true;
  made.outlooks[1].rates.request_s = 2.0;  // 8 requests and what loading takes
  made.outlooks[2].rates.item_s = 0.5;
  made.outlooks[2].items_done = 400;  // 200 are left
  EXPECT_EQ(
      made.page(),
      "model  precision  task          items     at most  file\n"
      "nano   fp16       performance       -           -  done\n"
      "nano   Q8_0       performance       -      16.0 s  fetch 3.00 MiB, make Q8_0 (about 1.01 MiB)\n"
      "nano   Q8_0       qa              600  1 min 40 s  400 items are done\n"
      "nano   IQ1_S      performance       -           -  skipped: it needs an importance matrix\n"
      "\n"
      "qa: fetch data from 1 place, 600 rows\n"
      "\n"
      "4 cells, 1 of them done, by measured rates 1 min 56 s at most. Nothing was measured or written.\n");
}

TEST(dry_run_page, long_names_move_columns_but_never_break_a_line) {
  DryRun made = dry_run();
  made.inputs.tasks.clear();
  made.cells.resize(1);
  made.cells[0].cell.model.name = std::string(90, 'n');
  made.cells[0].cell.precision = "IQ4_XS_LONG";
  EXPECT_EQ(made.page(), "model" + std::string(85, ' ') +
                             "  precision    task          items     at most  file\n" + std::string(90, 'n') +
                             "  IQ4_XS_LONG  performance       -      13.8 s  fetch 3.00 MiB, file as it is\n"
                             "\n"
                             "1 cells, roughly 13.8 s at most. Nothing was measured or written.\n");
}

TEST(dry_run_page, says_how_items_are_taken_when_cells_stop_once_decided) {
  DryRun made = dry_run();
  made.cells.resize(1);
  made.inputs.tasks.clear();
  made.plan.base_precision = "fp16";
  made.plan.accuracy_settings.until_decided_points = 2.0;
  EXPECT_EQ(
      made.page(),
      "model  precision  task          items     at most  file\n"
      "nano   fp16       performance       -      13.8 s  fetch 3.00 MiB, file as it is\n"
      "\n"
      "Items are taken until decided: at 1/8, 1/4, 1/2 and all of a task's items each precision is compared "
      "with fp16, and stopped\n"
      "once the difference is shown, or surely less than 2 points.\n"
      "\n"
      "1 cells, roughly 13.8 s at most. Nothing was measured or written.\n");
}

}  // namespace
}  // namespace bantam::report
