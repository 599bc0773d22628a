#include "exchange/lm_eval_record.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/hash.hpp"
#include "base/text.hpp"
#include "exchange/lm_eval_items.hpp"
#include "exchange/lm_eval_kept.hpp"
#include "exchange/lm_eval_scores.hpp"
#include "exchange/lm_eval_settings.hpp"
#include "exchange/lm_eval_task.hpp"
#include "metric/task_metric.hpp"
#include "record/cell_kind.hpp"

namespace bantam::exchange {
namespace {

using base::Json;
using record::GroupFacts;
using record::Item;
using record::Record;
using record::TaskFacts;

constexpr std::int64_t kMostItems = 1'000'000'000'000;

// One task with all that is known of it.
struct Leaf {
  TaskFacts facts;
  EntryScores scores;
  std::vector<Item> items;
  std::string samples_sha256;  // of their file; empty without items
  std::optional<std::int64_t> empty;
};

std::optional<std::int64_t> count_at(const Json& json, std::string_view key) {
  const auto count = base::integer_at(json, key);
  return count && *count >= 0 && *count <= kMostItems ? count : std::nullopt;
}

std::string listed(const std::vector<std::string>& names) {
  return base::printable(base::join(names, ", "));
}

// Metrics in the order of the task file, which says which of them leads; then all others.
std::vector<std::string> metrics_of(const std::vector<ScoreName>& names, const Json& config) {
  std::vector<std::string> scored;
  for (const ScoreName& name : names) {
    if (std::ranges::find(scored, name.metric) == scored.end()) scored.push_back(name.metric);
  }
  std::vector<std::string> ordered;
  const auto add = [&](const std::string& name) {
    const bool is_scored = std::ranges::find(scored, name) != scored.end();
    if (is_scored && std::ranges::find(ordered, name) == ordered.end()) ordered.push_back(name);
  };
  for (const Json& asked : base::child_at(config, "metric_list"))
    add(base::string_at(asked, "metric").value_or(""));
  std::ranges::for_each(scored, add);
  return ordered;
}

std::string data_of(const Json& config) {
  const std::string path = base::string_at(config, "dataset_path").value_or("");
  const std::string name = base::string_at(config, "dataset_name").value_or("");
  return name.empty() ? path : fmt::format("{} {}", path, name);
}

// Where the choices are the same for all items.
std::optional<double> chance_of(const Json& config) {
  const Json& choices = base::child_at(config, "doc_to_choice");
  if (!choices.is_array() || choices.empty()) return std::nullopt;
  return 1.0 / static_cast<double>(choices.size());
}

class Maker {
 public:
  Maker(const ResultsFile& file, const SamplesOf& samples)
      : file_(file), samples_(samples), results_(base::child_at(file.json, "results")) {}

  ImportedRecords run() {
    if (results_.is_object()) find_groups();
    if (file_.json.contains("samples"))
      note("'samples'", "within the file are not read: give --log_samples' files");
    std::set<std::string> in_groups;
    for (const std::string& root : roots_) add_group(root, in_groups);
    for (const auto& [name, entry] : results_.items()) {
      if (!groups_.contains(name) && !in_groups.contains(name)) add_task(name);
    }
    for (const std::string& left : groups_) {
      if (!in_groups.contains(left)) note(left, "is left out: it is a group within itself");
    }
    return std::move(imported_);
  }

 private:
  void note(const std::string& task, const std::string& what) {
    imported_.notes.push_back(base::printable(fmt::format("{}: {} {}", file_.name, task, what)));
  }

  const Json& of_task(std::string_view table, const std::string& name) const {
    return base::child_at(base::child_at(file_.json, table), name);
  }

  // Parts of a group; earlier versions of lm-eval list tasks as groups without parts.
  std::vector<std::string> parts(const std::string& name) const {
    std::vector<std::string> all;
    for (const Json& part : of_task("group_subtasks", name)) {
      if (part.is_string() && part != name) all.push_back(part.get<std::string>());
    }
    return all;
  }

  void find_groups() {
    std::set<std::string> inner;
    const Json& table = base::child_at(file_.json, "group_subtasks");
    if (!table.is_object()) return;
    for (const auto& [name, value] : table.items()) {
      const auto own = parts(name);
      if (own.empty()) continue;
      groups_.insert(name);
      inner.insert(own.begin(), own.end());
    }
    for (const auto& [name, value] : table.items()) {
      if (groups_.contains(name) && !inner.contains(name)) roots_.push_back(name);
    }
  }

  // The names of groups and tasks below, each once, from above.
  std::vector<std::string> below(const std::string& root) const {
    std::vector<std::string> found{root};
    std::set<std::string> known{root};
    for (std::size_t i = 0; i < found.size(); ++i) {
      for (std::string& part : parts(found[i])) {
        if (known.insert(part).second) found.push_back(std::move(part));
      }
    }
    return found;
  }

  void add_task(const std::string& name) {
    auto leaf = make_leaf(name);
    if (!leaf) return;
    Record record = begin(name, {name}, {&*leaf});
    record.metrics = leaf->scores.metrics;
    record.absent = leaf->scores.absent;
    std::vector<Leaf> leaves;
    leaves.push_back(*std::move(leaf));
    finish(std::move(record), std::move(leaves));
  }

  void add_group(const std::string& root, std::set<std::string>& in_groups) {
    const std::vector<std::string> names = below(root);
    in_groups.insert(names.begin(), names.end());
    std::vector<Leaf> leaves;
    std::vector<std::string> missing;
    for (const std::string& name : names) {
      if (groups_.contains(name)) continue;
      if (auto leaf = make_leaf(name))
        leaves.push_back(*std::move(leaf));
      else
        missing.push_back(name);
    }
    if (leaves.empty()) return note(root, "is left out: none of its tasks has a score");
    if (!missing.empty()) note(root, fmt::format("lacks {}", listed(missing)));
    std::vector<const Leaf*> all;
    for (const Leaf& leaf : leaves) all.push_back(&leaf);
    Record record = begin(root, names, all);
    for (const Leaf& leaf : leaves) record.subtasks[leaf.facts.name] = leaf.scores.metrics;
    std::vector<GroupFacts> groups;
    for (const std::string& name : names) {
      if (groups_.contains(name)) groups.push_back(make_group(name, leaves, record));
    }
    record::set_groups(record, groups);
    finish(std::move(record), std::move(leaves));
  }

  // The facts of a group; of the record's own its scores go into the record.
  GroupFacts make_group(const std::string& name, const std::vector<Leaf>& leaves, Record& record) {
    const std::vector<std::string> all = below(name);
    const std::set<std::string> names(all.begin(), all.end());
    std::vector<const EntryScores*> scores;
    bool has_one_filter = true;
    for (const Leaf& leaf : leaves) {
      if (!names.contains(leaf.facts.name)) continue;
      scores.push_back(&leaf.scores);
      has_one_filter = has_one_filter && leaf.facts.filters.size() == 1;
    }
    const Json& entry = of_task("results", name);
    has_one_filter = has_one_filter && filters_of(score_names(entry)).size() == 1;
    EntryScores own = group_scores(entry, scores, has_one_filter);
    for (const auto& [key, why] : own.absent) note(name, fmt::format("has no {}: {}", key, why));
    const Json& version = of_task("versions", name);
    GroupFacts facts;
    facts.name = name;
    facts.alias = base::string_at(entry, "alias").value_or(name);
    facts.parts = parts(name);
    if (!version.is_null())
      facts.version = version.is_string() ? version.get<std::string>() : base::to_text(version);
    if (name == record.task) {
      record.metrics = std::move(own.metrics);
      record.absent = std::move(own.absent);
    } else {
      facts.metrics = std::move(own.metrics);
    }
    return facts;
  }

  // Items that were scored, where both places that tell it agree.
  std::optional<std::int64_t> scored_items(const std::string& name) {
    const auto effective = count_at(of_task("n-samples", name), "effective");
    const auto length = count_at(of_task("results", name), "sample_len");
    const auto original = count_at(of_task("n-samples", name), "original");
    const auto n = effective ? effective : length;
    if (effective && length && *effective != *length) {
      note(name, fmt::format("has {} samples by n-samples and {} by sample_len: their number does not count",
                             *effective, *length));
      return std::nullopt;
    }
    if (n && original && *n > *original) {
      note(name, fmt::format("has {} samples of {}: their number does not count", *n, *original));
      return std::nullopt;
    }
    if (n == 0) note(name, "has no samples by n-samples: their number does not count");
    return n == 0 ? std::nullopt : n;
  }

  std::optional<Leaf> make_leaf(const std::string& name) {
    const Json& entry = of_task("results", name);
    const std::vector<ScoreName> names = score_names(entry);
    if (name.empty() || record::is_kind_name(name)) {
      note(name, "is left out: no task can have this name");
      return std::nullopt;
    }
    if (names.empty()) {
      note(name, "is left out: it has no score of the form METRIC,FILTER");
      return std::nullopt;
    }
    const Json& config = of_task(kConfigs, name);
    Leaf leaf;
    leaf.facts.name = name;
    leaf.facts.config = without_credentials(config.is_object() ? config : Json::object());
    leaf.facts.output_type = base::string_at(config, "output_type").value_or("");
    const auto shots = count_at(base::child_at(file_.json, "n-shot"), name);
    leaf.facts.num_fewshot = shots ? *shots : count_at(config, "num_fewshot").value_or(0);
    if (const Json& version = of_task("versions", name); !version.is_null()) leaf.facts.version = version;
    leaf.facts.data = data_of(config);
    leaf.facts.filters = filters_of(names);
    leaf.facts.metrics = metrics_of(names, config);
    leaf.facts.chance = chance_of(config);
    leaf.facts.rows = count_at(of_task("n-samples", name), "original");
    const auto n = scored_items(name);
    take_samples(entry, n, leaf);
    leaf.facts.items = leaf.items.empty() ? n.value_or(0) : std::ssize(leaf.items);
    leaf.scores = task_scores(entry, n, leaf.items);
    for (const auto& [key, why] : leaf.scores.absent) note(name, fmt::format("has no {}: {}", key, why));
    return leaf;
  }

  // Why the samples are not those of the results; empty where nothing tells so.
  std::string mismatch(const Json& entry, std::optional<std::int64_t> n, const Leaf& leaf,
                       const ReadSamples& samples) const {
    if (n && *n != std::ssize(samples.items))
      return fmt::format("it holds {} items, and the results are of {}", samples.items.size(), *n);
    const auto hash = base::string_at(base::child_at(file_.json, "task_hashes"), leaf.facts.name);
    if (hash && samples.hash && *hash != *samples.hash)
      return "their hash is not the one in the results (task_hashes)";
    return contradiction(entry, leaf.facts.config, samples.items).value_or("");
  }

  void take_samples(const Json& entry, std::optional<std::int64_t> n, Leaf& leaf) {
    const auto file = samples_(leaf.facts.name);
    if (!file) return;
    const auto leave_out = [&](const std::string& why) {
      imported_.notes.push_back(
          base::printable(fmt::format("{}: its items are left out: {}", file->name, why)));
    };
    if (!file->text) return leave_out(file->text.error().message);
    auto samples = read_samples(*file->text, leaf.facts);
    if (!samples) return leave_out(samples.error());
    if (const std::string why = mismatch(entry, n, leaf, *samples); !why.empty()) return leave_out(why);
    if (samples->not_finite > 0)
      imported_.notes.push_back(base::printable(fmt::format(
          "{}: {} numbers are NaN or infinite: they are no values", file->name, samples->not_finite)));
    leaf.items = std::move(samples->items);
    leaf.samples_sha256 = base::sha256(*file->text);
    if (samples->chance) leaf.facts.chance = samples->chance;
    leaf.facts.generation = std::move(samples->generation);
    leaf.empty = samples->empty;
  }

  // The file's JSON with the entries of these tasks and groups alone. Their settings are in the facts.
  Json content_of(const std::vector<std::string>& names) const {
    Json content = Json::object();
    for (const auto& [key, value] : file_.json.items()) {
      if (key == kConfigs || key == "samples") continue;
      if (std::ranges::find(kResultTables, key) == kResultTables.end() || !value.is_object()) {
        content[key] = value;
        continue;
      }
      Json& table = content[key] = Json::object();
      for (const std::string& name : names) {
        if (value.contains(name)) table[name] = value[name];
      }
    }
    return content;
  }

  Record begin(const std::string& task, const std::vector<std::string>& names,
               const std::vector<const Leaf*>& leaves) const {
    record::Imported origin{std::string(kLmEvalTool), file_.name, file_.sha256, content_of(names), {}};
    origin.caveats["precision"] = file_.basis;
    std::int64_t scored = 0;
    std::int64_t rows = 0;
    std::vector<TaskFacts> facts;
    std::string samples;
    bool lacks_items = false;
    for (const Leaf* leaf : leaves) {
      scored += leaf->facts.items;
      rows += leaf->facts.rows.value_or(leaf->facts.items);
      lacks_items = lacks_items || leaf->items.empty();
      samples += leaf->samples_sha256;
      facts.push_back(leaf->facts);
    }
    if (scored > 0 && scored < rows)
      origin.caveats[task] = fmt::format("is over {} of its {} items", scored, rows);
    if (lacks_items) {
      const std::string& first = leaves.front()->facts.metrics.front();
      origin.caveats[first] =
          "comes without its items: it is compared by its interval alone, not item by item";
    }
    Record record = imported_record(origin, file_.model, file_.reference, file_.precision, task, file_.device,
                                    file_.started_at);
    if (!samples.empty()) record.cell_key = base::sha256(record.cell_key + "\n" + samples);
    record.finished_at = file_.finished_at;
    record.settings = settings_of(file_.json, facts);
    record.engine = engine_of(file_.json);
    record.model_info = model_info_of(file_.json);
    record::set_tasks(record, facts);
    return record;
  }

  void finish(Record record, std::vector<Leaf> leaves) {
    const bool has_score =
        std::ranges::any_of(leaves, [](const Leaf& leaf) { return !leaf.scores.metrics.empty(); });
    if (!has_score) {
      record.outcome = record::Outcome::failed;
      record.failure = record::Failure{"invalid_measurement", "none of its scores is a number", std::nullopt};
    }
    std::vector<Item> items;
    record::Value empty{0.0, std::nullopt, std::nullopt, 0};
    bool has_answers = true;
    for (Leaf& leaf : leaves) {
      has_answers = has_answers && leaf.empty;
      empty.value += static_cast<double>(leaf.empty.value_or(0));
      *empty.n += std::ssize(leaf.items);
      std::ranges::move(leaf.items, std::back_inserter(items));
    }
    if (has_answers && !items.empty()) record.metrics["empty"] = empty;
    record::set_items(record, std::ssize(items));
    if (!items.empty()) imported_.items[record.cell_key] = std::move(items);
    imported_.records.push_back(std::move(record));
  }

  const ResultsFile& file_;
  const SamplesOf& samples_;
  const Json& results_;
  std::set<std::string> groups_;
  std::vector<std::string> roots_;
  ImportedRecords imported_;
};

}  // namespace

ImportedRecords records_of(const ResultsFile& file, const SamplesOf& samples) {
  return Maker(file, samples).run();
}

}  // namespace bantam::exchange
