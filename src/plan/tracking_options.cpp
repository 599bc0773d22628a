// The options of trackers, by the names that SLiM-Eval gives them (plan/option_sections.hpp).

#include "plan/option_sections.hpp"
#include "plan/option_values.hpp"
#include "plan/options.hpp"
#include "plan/tracking.hpp"

namespace bantam::plan {
namespace {

using base::Status;

Status set_mode(Tracking& tracking, std::string_view name, const Values& values) {
  if (values.front() == "online" || values.front() == "shared") {
    return base::fail(
        base::ErrorKind::usage,
        "--" + std::string(name) + " " + values.front() + ": bantam sends nothing to W&B itself",
        "leave it out, and upload what the run leaves with `wandb sync`");
  }
  TRY_ASSIGN(const std::string mode, word_from(name, values.front(), {"offline", "disabled"}));
  tracking.is_disabled = mode == "disabled";
  return {};
}

Track set_text(std::string Tracking::*member) {
  return [=](Tracking& tracking, std::string_view, const Values& values) -> Status {
    tracking.*member = values.front();
    return {};
  };
}

}  // namespace

void add_tracking(std::vector<OptionEntry>& all) {
  using enum OptionForm;
  using groups::kTrackers;
  all.push_back({{"wandb_enabled", "", toggle, kTrackers, "",
                  "leave offline runs for `wandb sync` in OUTPUT_DIR/wandb at the end [off]"},
                 {},
                 [](Tracking& tracking, std::string_view name, const Values& values) -> Status {
                   TRY_ASSIGN(tracking.is_enabled, boolean_from(name, values.front()));
                   return {};
                 }});
  all.push_back({{"wandb_project", "", text, kTrackers, "NAME", "the project of the runs [bantam]"},
                 {},
                 set_text(&Tracking::project)});
  all.push_back({{"wandb_entity", "", text, kTrackers, "NAME", "the user or team [whoever uploads]"},
                 {},
                 set_text(&Tracking::entity)});
  all.push_back({{"wandb_run_name", "wandb_name", text, kTrackers, "TEMPLATE",
                  "what runs are called [{model} {precision}]; also {point} and {device}"},
                 {},
                 set_text(&Tracking::name)});
  all.push_back({{"wandb_tags", "", list, kTrackers, "TAG", "tags beside model, precision and evidence"},
                 {},
                 [](Tracking& tracking, std::string_view, const Values& values) -> Status {
                   tracking.tags = values;
                   return {};
                 }});
  all.push_back({{"wandb_mode", "", text, kTrackers, "offline|disabled",
                  "disabled: as without --wandb-enabled [offline]"},
                 {},
                 set_mode});
}

}  // namespace bantam::plan
