#pragma once
// Predictions as text: for a terminal, as Markdown, CSV or JSON. Prints nothing.

#include <string>

#include "report/render.hpp"
#include "run/predict.hpp"

namespace bantam::cli {

std::string predict_page(const run::Predictions& predictions, report::Format format,
                         const report::TerminalStyle& style);

}  // namespace bantam::cli
