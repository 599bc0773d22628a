#pragma once
// Answers, one row each: for a terminal, a Markdown page, a spreadsheet or a program. Prints nothing.

#include <string>
#include <vector>

#include "analyze/answers.hpp"
#include "table/render.hpp"

namespace bantam::report {

std::string answers_page(const std::vector<analyze::PromptAnswers>& prompts, table::Format format,
                         const table::TerminalStyle& style = {});

}  // namespace bantam::report
