#include "task/code_rows.hpp"

#include <fmt/format.h>

#include <fstream>
#include <string>
#include <system_error>
#include <utility>

#include "base/files.hpp"
#include "base/hash.hpp"
#include "base/temporary_folder.hpp"
#include "base/text.hpp"
#include "cache/cache.hpp"
#include "hub/rows.hpp"
#include "task/task_data.hpp"
#include "taskcode/values.hpp"

namespace bantam::task {
namespace {

namespace fs = std::filesystem;
using base::ErrorKind;
using base::Json;
using base::Result;
using base::Status;

std::string named(const Task& task) {
  return fmt::format("task '{}'", task.name);
}

// What the runner turns into rows.
struct Source {
  bool examples = false;
  std::string split;  // empty: the samples of the task file, or those of its function
  Json samples;       // null: those of a function
};

tl::unexpected<base::Error> cannot_write(const fs::path& path) {
  return base::fail(ErrorKind::storage, fmt::format("cannot write {}", path.string()),
                    "set BANTAM_CACHE and TMPDIR to folders with free space that you may write");
}

// The split's rows, as lm-eval's library would give them, a JSON object a line.
Status write_input(const Task& task, const std::string& split, const fs::path& to) {
  TRY_ASSIGN(const auto files, files_of_split(task, split));
  std::ofstream out(to, std::ios::binary | std::ios::trunc);
  for (const fs::path& file : files) {
    TRY_ASSIGN(const auto rows, hub::read_rows(file, task.data.format));
    for (const Json& row : rows) out << base::to_text(row) << '\n';
  }
  out.close();
  return out ? Status() : cannot_write(to);
}

Result<std::string> key_of(const Task& task, const Source& source, const std::string& version) {
  std::string parts =
      fmt::format("{}\n{}\n{}\n{} {}\n{}", base::to_text(task.code->config), task.code->sha256, version,
                  source.examples ? "examples" : "docs", source.split, base::to_text(source.samples));
  parts += fmt::format("\n{} {} {} {}", task.data.format.field, base::join(task.data.format.columns, ","),
                       task.data.format.separator.value_or(' '), task.data.format.is_typed);
  if (source.split.empty() || task.code->custom_dataset) return base::sha256(parts);
  TRY_ASSIGN(const auto files, files_of_split(task, source.split));
  for (const fs::path& file : files) {
    TRY_ASSIGN(const std::string sum, cache::cached_sha256(file));
    parts += "\n" + sum;
  }
  return base::sha256(parts);
}

// Asks the runner, and writes what it gives, a line for each row, in order.
Status write_made(const Task& task, const Source& source, taskcode::Runner& runner, const fs::path& to) {
  TRY_ASSIGN(const auto folder, base::TemporaryFolder::make("task-rows"));
  Json request{{"op", "prepare"}, {"task", task.name}};
  if (source.examples) request["as"] = "examples";
  if (!source.split.empty() && task.code->custom_dataset) {
    request["split"] = source.split;
  } else if (!source.split.empty()) {
    const fs::path input = folder.path() / "rows.jsonl";
    TRY(write_input(task, source.split, input));
    request["path"] = input.string();
  } else if (!source.samples.is_null()) {
    request["rows"] = source.samples;
  }
  std::ofstream out(to, std::ios::binary | std::ios::trunc);
  std::int64_t rows = 0;
  TRY(runner.ask(named(task), std::move(request), [&](Json line) -> Status {
    if (base::integer_at(line, "row") != rows++)
      return base::fail(ErrorKind::bad_input,
                        named(task) + ": its Python code gives rows out of their order");
    line.erase("row");
    line.erase("id");
    out << base::to_text(line) << '\n';
    return {};
  }));
  out.close();
  if (!out) return cannot_write(to);
  if (rows > 0) return {};
  return base::fail(ErrorKind::bad_input, fmt::format("{}: its Python code leaves no row of split '{}'",
                                                      named(task), source.split));
}

Result<fs::path> kept_rows(Task& task, const Source& source, taskcode::Runner& runner) {
  TRY_ASSIGN(const fs::path cache, base::cache_folder());
  TRY_ASSIGN(const std::string key, key_of(task, source, runner.version()));
  const fs::path folder = cache / "taskcode";
  const fs::path path = folder / (key + ".jsonl");
  std::error_code error;
  if (fs::is_regular_file(path, error)) return path;
  TRY(base::make_folders(folder));
  TRY_ASSIGN(const auto lock, cache::FileLock::take(folder / "rows.lock"));
  if (fs::is_regular_file(path, error)) return path;
  // Anew, so that random numbers begin where lm-eval's do.
  TRY(load_code(task, runner));
  const fs::path temporary = path.string() + ".part";
  if (Status made = write_made(task, source, runner, temporary); !made) {
    fs::remove(temporary, error);
    return tl::unexpected(made.error());
  }
  TRY(base::publish_file(temporary, path));
  return path;
}

}  // namespace

Status load_code(Task& task, taskcode::Runner& runner) {
  TRY_ASSIGN(const Json loaded,
             runner.ask(named(task), {{"op", "load"}, {"task", task.name}, {"config", task.code->config}}));
  const Json& errors = base::child_at(loaded, "errors");
  if (errors.is_object() && !errors.empty()) {
    base::Error error =
        taskcode::code_error(fmt::format("{}: {}", named(task), base::printable(errors.begin().key())),
                             errors.begin().value(), runner.python());
    return tl::unexpected(std::move(error));
  }
  const auto sum = base::string_at(base::child_at(loaded, "code"), "sha256");
  if (!sum)
    return base::fail(ErrorKind::bad_input, named(task) + ": nobody says what Python code was loaded");
  task.code->sha256 = base::sha256(*sum + " " + runner.program());
  return {};
}

Status run_code_of_rows(Task& task, bool with_fewshot, taskcode::Runner& runner) {
  TRY(load_code(task, runner));
  if (!task.code->rows) return {};
  TRY_ASSIGN(task.code->docs, kept_rows(task, {false, task.test_split, nullptr}, runner));
  if (!with_fewshot) return {};
  Source examples{true, task.fewshot.split, nullptr};
  if (task.fewshot.samples.is_array()) examples.samples = task.fewshot.samples;
  if (!task.fewshot.samples.is_null()) examples.split.clear();
  TRY_ASSIGN(task.code->examples, kept_rows(task, examples, runner));
  return {};
}

Result<MadeRows> made_rows(const Task& task, const fs::path& file) {
  MadeRows rows;
  if (file.empty())
    return base::fail(ErrorKind::environment, named(task) + ": its Python code has not been run on its rows",
                      "--allow-task-code runs it");
  std::ifstream in(file, std::ios::binary);
  for (std::string text; std::getline(in, text);) {
    TRY_ASSIGN(const Json line, base::parse_json(text, file.string()));
    if (!line.contains("doc") || !line["doc"].is_object())
      return base::fail(
          ErrorKind::bad_input,
          fmt::format("{}: row {} of its Python code cannot be used: {}", named(task), rows.docs.size(),
                      base::printable(
                          base::string_at(base::child_at(base::child_at(line, "errors"), "doc"), "message")
                              .value_or("it is no map"))));
    TRY_ASSIGN(Json doc, taskcode::plain(line["doc"]));
    TRY_ASSIGN(Json made, taskcode::plain(base::child_at(line, "values")));
    if (!made.is_object()) made = Json::object();
    if (line.contains("errors")) made["errors"] = line["errors"];
    rows.docs.push_back(std::move(doc));
    rows.made.push_back(std::move(made));
    rows.as_sent.push_back(line["doc"]);
  }
  if (!in.eof() || rows.docs.empty())
    return base::fail(ErrorKind::storage, fmt::format("cannot read {}", file.string()), "run it again");
  return rows;
}

}  // namespace bantam::task
