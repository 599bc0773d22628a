#include "tracker/mlflow.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "base/clock.hpp"
#include "base/text.hpp"
#include "record/known_time.hpp"

namespace bantam::tracker {
namespace {

using base::ErrorKind;
using base::Json;
using base::Result;
using base::Status;

constexpr std::int64_t kMilliseconds = 1000;

// Tags that say what results are (mlflow_batches.cpp): nobody else's.
constexpr std::array<std::string_view, 6> kOwnTags{"model",  "precision", "point",
                                                   "device", "machine",   "evidence"};
constexpr std::array<std::string_view, 7> kOwnBeginnings{"bantam.",   "mlflow.", "engine.", "outcome.",
                                                         "evidence.", "absent.", "caveats."};

tl::unexpected<base::Error> strange(const MlflowServer& server, std::string_view endpoint,
                                    std::string_view what) {
  return base::fail(ErrorKind::environment,
                    fmt::format("{}: the answer to {} has no {}", server.address(), endpoint, what),
                    "is this the address of an MLflow tracking server?");
}

// A time of a request; without one where it is not known.
void set_time(Json& request, const char* member, const std::string& utc) {
  if (const auto seconds = record::known_time(utc)) request[member] = *seconds * kMilliseconds;
}

// The id of the experiment of this name, which is made where there is none.
Result<std::string> find_experiment(MlflowServer& server, const std::string& name) {
  constexpr std::string_view kGet = "experiments/get-by-name";
  constexpr std::string_view kCreate = "experiments/create";
  TRY_ASSIGN(const MlflowAnswer found,
             server.get(fmt::format("{}?experiment_name={}", kGet, hub::percent_encoded_path(name))));
  if (found.is_ok) {
    const Json& experiment = base::child_at(found.json, "experiment");
    const auto id = base::string_at(experiment, "experiment_id");
    if (!id) return strange(server, kGet, "experiment_id");
    if (base::string_at(experiment, "lifecycle_stage") == "deleted") {
      return base::fail(
          ErrorKind::environment,
          fmt::format("{}: the experiment '{}' is deleted", server.address(), base::printable(name)),
          "restore it, or name another one with --experiment");
    }
    return *id;
  }
  TRY_ASSIGN(const MlflowAnswer made, server.post(kCreate, Json{{"name", name}}, Repeat::no));
  const auto id = base::string_at(made.json, "experiment_id");
  if (!id) return strange(server, kCreate, "experiment_id");
  return *id;
}

struct Found {
  std::string id;
  bool is_whole = false;
};

// A run with these results; one that is whole before others.
Result<std::optional<Found>> find_run(MlflowServer& server, const std::string& experiment, const Run& run) {
  constexpr std::string_view kSearch = "runs/search";
  const Json request{{"experiment_ids", Json::array({experiment})},
                     {"filter", fmt::format("tags.`bantam.results` = '{}'", run.results)},
                     {"run_view_type", "ACTIVE_ONLY"},
                     {"max_results", 100}};
  TRY_ASSIGN(const MlflowAnswer answer, server.post(kSearch, request, Repeat::yes));
  std::optional<Found> found;
  for (const Json& one : base::child_at(answer.json, "runs")) {
    const Json& about = base::child_at(one, "info");
    const auto id = base::string_at(about, "run_id");
    if (!id) return strange(server, kSearch, "run_id");
    const std::string status = base::string_at(about, "status").value_or("");
    const bool is_whole = status == "FINISHED" || status == "FAILED" || status == "KILLED";
    if (!found || (is_whole && !found->is_whole)) found = Found{*id, is_whole};
  }
  return found;
}

Result<std::string> create_run(MlflowServer& server, const std::string& experiment, const Run& run,
                               const std::string& name) {
  constexpr std::string_view kCreate = "runs/create";
  const Json tags = Json::array({Json{{"key", "mlflow.runName"}, {"value", name}},
                                 Json{{"key", "bantam.results"}, {"value", run.results}}});
  Json request{{"experiment_id", experiment}, {"run_name", name}, {"tags", tags}};
  set_time(request, "start_time", run.started_at);
  TRY_ASSIGN(const MlflowAnswer answer, server.post(kCreate, request, Repeat::no));
  const auto id = base::string_at(base::child_at(base::child_at(answer.json, "run"), "info"), "run_id");
  if (!id || id->empty()) return strange(server, kCreate, "run_id");
  return *id;
}

Status send(MlflowServer& server, const Run& run, const MlflowOptions& options, const std::string& id) {
  const auto expect = [&server](std::string_view endpoint, const Json& body) -> Status {
    TRY_ASSIGN(const MlflowAnswer answer, server.post(endpoint, body, Repeat::yes));
    if (answer.is_ok) return {};
    return base::fail(
        ErrorKind::environment,
        fmt::format("{}: {}: {}", server.address(), endpoint, base::printable(answer.error_code)),
        "was the run deleted meanwhile? The same command again makes a new one");
  };
  for (const Json& batch : mlflow_batches(run, options, id)) TRY(expect("runs/log-batch", batch));
  // The last word: until then the run counts as half sent.
  Json last{{"run_id", id}, {"status", run.has_ok ? "FINISHED" : "FAILED"}};
  set_time(last, "end_time", run.finished_at);
  return expect("runs/update", last);
}

Result<MlflowRun> export_run(MlflowServer& server, const std::string& experiment, const Run& run,
                             const MlflowOptions& options) {
  MlflowRun done{"", name_from(options.name, run), "created"};
  TRY_ASSIGN(const auto found, find_run(server, experiment, run));
  if (found) {
    done.id = found->id;
    done.state = found->is_whole ? "there already" : "completed";
    if (found->is_whole) return done;
  } else {
    TRY_ASSIGN(done.id, create_run(server, experiment, run, done.name));
  }
  TRY(send(server, run, options, done.id));
  return done;
}

bool is_key(std::string_view key) {
  return !key.empty() && key.size() <= 250 && std::ranges::all_of(key, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.' || c == ' ';
  });
}

}  // namespace

Status check(const MlflowOptions& options) {
  const auto is_text = [](const std::string& text) {
    return !text.empty() && base::is_utf8(text) &&
           std::ranges::none_of(text, [](char c) { return c >= 0 && c < ' '; });
  };
  if (!is_text(options.experiment))
    return base::fail(ErrorKind::usage, "--experiment is no text", "give the name of an experiment");
  if (!is_text(options.name))
    return base::fail(ErrorKind::usage, "--run-name is no text", "leave it out, or give a text");
  for (const auto& [key, value] : options.tags) {
    const bool is_ours = std::ranges::find(kOwnTags, key) != kOwnTags.end() ||
                         std::ranges::any_of(kOwnBeginnings, [&key](std::string_view begin) {
                           return key.starts_with(begin);
                         });
    if (is_key(key) && !is_ours && base::is_utf8(value)) continue;
    return base::fail(
        ErrorKind::usage, fmt::format("'{}' cannot be a tag", base::printable(key)),
        "write --tag NAME=VALUE; a name has letters, digits, '_', '-', '.' and spaces, begins with neither "
        "mlflow. nor bantam., and is none of the tags that bantam sets itself");
  }
  return check_name_template(options.name);
}

Result<std::vector<MlflowRun>> export_mlflow(MlflowServer& server, const Runs& runs,
                                             const MlflowOptions& options) {
  TRY(check(options));
  TRY_ASSIGN(const std::string experiment, find_experiment(server, options.experiment));
  std::vector<MlflowRun> done;
  for (const Run& run : runs.runs) {
    auto one = export_run(server, experiment, run, options);
    if (!one) {
      base::Error error = one.error();
      error.message = fmt::format("{} {}: {}", base::printable(run.model), run.setup(), error.message);
      return tl::unexpected(std::move(error));
    }
    done.push_back(*std::move(one));
  }
  return done;
}

}  // namespace bantam::tracker
