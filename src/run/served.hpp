#pragma once
// Models behind a server as sources of cells: found before any work, named in keys and records, and asked by
// workers. There is no file: what the server tells of itself takes its place.

#include <optional>
#include <string>

#include "base/json.hpp"
#include "base/result.hpp"
#include "plan/plan.hpp"
#include "record/record.hpp"
#include "run/cell_kinds.hpp"
#include "run/inputs.hpp"
#include "run/prepare.hpp"
#include "run/schedule.hpp"
#include "served/server_facts.hpp"

namespace bantam::run {

// What the server that has a plan's models tells of itself; asks it for small pages. usage for an address
// that is none, for a key that is refused, and for a model that the server does not list; environment when
// it does not answer.
base::Result<served::ServerFacts> find_server(const plan::Plan& plan);

bool is_served(const model::Source& source);

// In place of a file: the identity is that of the server, its version and settings, and the model's name.
model::Artifact served_artifact(const plan::Cell& cell, const plan::Plan& plan, const Inputs& inputs);

// What a record says of the engine and of the model: all that is known.
base::Json served_engine(const served::ServerFacts& facts);
base::Json served_model(const plan::Cell& cell);
void add_server(const CellContext& context, record::Record& record);

base::Json served_job(const CellWork& work, const Part& part);

// As a worker asks it for answers.
engine::ModelFile served_file(const CellContext& context);

// Why a task cannot be asked of the server; absent: it can, by all that is known before it is asked.
std::optional<std::string> served_obstacle(const plan::Plan& plan, const plan::Cell& cell,
                                           const Inputs& inputs);

// "POST http://127.0.0.1:8080/v1/completions {...}": the request that would be repeated; empty where each
// item has its own.
std::string asked_of_server(const plan::Plan& plan, const Inputs& inputs, const plan::Cell& cell);

}  // namespace bantam::run
