#include "report/run_command.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "plan/model_settings.hpp"
#include "plan/option_values.hpp"
#include "plan/plan_file.hpp"
#include "report/deploy_command.hpp"

namespace bantam::report {
namespace {

bool is_toggle(const std::string& name) {
  const auto option = std::ranges::find(plan::options(), name, &plan::Option::name);
  return option != plan::options().end() && option->form == plan::OptionForm::toggle;
}

std::string flag_of(const std::string& name, const std::vector<std::string>& values) {
  const std::string flag = plan::flag_name(name);
  if (is_toggle(name)) return fmt::format(" --{}{}", values.back() == "true" ? "" : "no-", flag);
  // A value that begins with a dash would be read as a flag.
  if (values.size() == 1 && values.front().starts_with('-'))
    return " " + shell_word(fmt::format("--{}={}", flag, values.front()));
  std::string text = " --" + flag;
  for (const std::string& value : values) text += " " + shell_word(value);
  return text;
}

}  // namespace

std::string run_command(const plan::OptionValues& options) {
  const bool needs_file =
      std::ranges::any_of(options, [](const auto& option) { return option.first == plan::kModelSettings; });
  if (needs_file)
    return fmt::format(
        "print"  // the shell's, in whose echo backslashes differ
        "f '%s\\n' {} > next.yaml && bantam run --plan next.yaml",
        shell_word(base::to_text(plan::plan_file_of(options))));
  std::string command = "bantam run";
  for (const auto& [name, values] : options) {
    if (name != "models") continue;
    for (const std::string& model : values) command += " " + shell_word(model);
  }
  for (const auto& [name, values] : options) {
    if (name != "models" && !values.empty()) command += flag_of(name, values);
  }
  return command;
}

}  // namespace bantam::report
