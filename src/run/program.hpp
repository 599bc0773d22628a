#pragma once
// Models that a program of its own has, as sources of cells: the program is asked what it is before any work,
// and named in keys and records; workers start it again.

#include <optional>
#include <string>

#include "base/json.hpp"
#include "base/result.hpp"
#include "engine/engine.hpp"
#include "engine/program_link.hpp"
#include "model/artifact.hpp"
#include "plan/plan.hpp"
#include "record/record.hpp"
#include "run/inputs.hpp"

namespace bantam::run {

struct CellContext;
struct PreparedCell;

// Starts a program, as EngineSettings::program names it, and ends it again. The errors of
// model::engine_command() and engine::ProgramLink.
base::Result<engine::ProgramFacts> find_program(const std::string& program, double patience_s,
                                                const std::function<bool()>& stopped);

bool is_in_program(const model::Source& source);

// The model's own files, at a precision that the program makes of them when it loads them.
model::Artifact program_artifact(const std::string& precision, const plan::Plan& plan,
                                 const engine::ProgramFacts& program, const model::Source& source);

// What the program cannot do of a cell, of its kind and task; absent: all can be asked.
std::optional<std::string> program_obstacle(const plan::Cell& cell, const Inputs& inputs);

// As a worker opens it. The program's command was there when the plan's inputs were found.
engine::ModelFile program_file(const CellContext& context, const model::Artifact& artifact);

engine::ModelFile program_file(const model::Source& source, const std::string& program,
                               const std::string& precision, const std::string& lora_mode);

// What a record says of the engine and of the model.
base::Json program_engine(const engine::ProgramFacts& facts);
base::Json program_model(const CellContext& context);
// Parameters and sizes, by what the program told when it loaded the model.
void add_program_facts(const model::Source& source, record::Record& record);

}  // namespace bantam::run
