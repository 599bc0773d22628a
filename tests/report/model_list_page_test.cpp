#include "report/model_list_page.hpp"

#include <gtest/gtest.h>

namespace bantam::report {
namespace {

using table::Format;

constexpr char kContent[3000] = {};

KnownModels known() {
  KnownModels all;
  all.embedded = {{"nano/nano-f16.gguf", kContent, kContent + sizeof kContent}};
  shape::Shape shape;
  shape.name = "small-1b";
  shape.title = "Small 1B";
  shape.architecture = "llama";
  shape.published_parameters = 1'240'000'000;
  all.shapes = {shape};
  all.hub_root = "/cache/hub";
  const hub::Repository repository{hub::RepositoryKind::models, "user/a_model"};
  all.snapshots = {{repository, "c0ffee", {"main"}, {{"m.gguf", "/cache/hub/m.gguf", 5 << 20}}, 5 << 20},
                   {repository, "decade", {}, {{"n.gguf", "/cache/hub/n.gguf", 6 << 20}}, 6 << 20}};
  all.made_root = "/cache/bantam";
  all.made = {{"quantized", "/cache/bantam/quantized/q4.gguf", 2 << 20},
              {"merged", "/cache/bantam/merged/m.gguf", 3 << 20}};
  return all;
}

TEST(model_list_page, one_table_per_kind_and_where_their_files_are) {
  EXPECT_EQ(model_list_page(known(), Format::table, {80, false}),
            "In this program\n"
            "model              size\n"
            "embedded:nano  2.93 KiB\n"
            "\n"
            "Shapes: random weights, for speed and memory\n"
            "model               parameters\n"
            "synthetic:small-1b      1.24 B\n"
            "\n"
            "Fetched from the hub\n"
            "model                   file        size\n"
            "hf:user/a_model         m.gguf  5.00 MiB\n"
            "hf:user/a_model@decade  n.gguf  6.00 MiB\n"
            "In /cache/hub, shared with other tools. To free the space of a model, remove its\n"
            "  folder there: models--USER--REPO.\n"
            "\n"
            "Made here\n"
            "kind       file                   size\n"
            "quantized  quantized/q4.gguf  2.00 MiB\n"
            "merged     merged/m.gguf      3.00 MiB\n"
            "5.00 MiB in /cache/bantam. All of it is made again when it is needed; to free\n"
            "  the space, remove what you like there.\n");
}

TEST(model_list_page, kinds_without_any_are_left_out) {
  KnownModels all = known();
  all.shapes.clear();
  all.snapshots.clear();
  all.made.resize(1);
  EXPECT_EQ(model_list_page(all, Format::md, {}),
            "## In this program\n"
            "\n"
            "| model | size |\n"
            "|---|---:|\n"
            "| embedded:nano | 2.93 KiB |\n"
            "\n"
            "## Made here\n"
            "\n"
            "| kind | file | size |\n"
            "|---|---|---:|\n"
            "| quantized | quantized/q4.gguf | 2.00 MiB |\n"
            "\n"
            "- 2.00 MiB in /cache/bantam. All of it is made again when it is needed; to free the space, "
            "remove what "
            "you like there.\n");
}

TEST(model_list_page, json_has_folders_and_paths) {
  const auto json = base::parse_json(model_list_page(known(), Format::json, {}), "page").value();
  EXPECT_EQ(json["embedded"][0]["reference"], "embedded:nano");
  EXPECT_EQ(json["synthetic"][0]["parameters"], 1'240'000'000);
  EXPECT_EQ(json["hub"]["folder"], "/cache/hub");
  EXPECT_EQ(json["hub"]["snapshots"][1]["reference"], "hf:user/a_model@decade");
  EXPECT_EQ(json["made"]["files"][0]["path"], "/cache/bantam/quantized/q4.gguf");
}

}  // namespace
}  // namespace bantam::report
