#include "record/private_parts.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <vector>

#include "base/hash.hpp"
#include "base/secrets.hpp"
#include "record/sections.hpp"

namespace bantam::record {
namespace {

using base::Json;

constexpr std::array<std::string_view, 3> kKernelFolders{"/dev/", "/proc/", "/sys/"};
constexpr std::string_view kAdapter = "+lora:";
constexpr std::string_view kFileAddress = "file://";
constexpr std::string_view kQuotes = "'\"`";
constexpr std::string_view kBeforePaths = " \t\n=:,(['\"`";
constexpr std::string_view kBehindPaths = " \t\n\r,;:)]}<>|'\"`";

// Members of a task's dataset_kwargs.
constexpr const char* kDataOptions = "dataset_kwargs";
constexpr std::array kCredentials{"token", "use_auth_token", "storage_options", "download_config"};

// Members of other tools' files that hold folders in a form of their own.
constexpr std::array<std::string_view, 2> kFolderMembers{"model_name_sanitized", "execution_command"};
// The arguments of a model, as one text or many.
constexpr const char* kModelArguments = "model_args";

bool has(std::string_view characters, char c) {
  return characters.find(c) != std::string_view::npos;
}

bool is_kernels(std::string_view path) {
  return std::ranges::any_of(kKernelFolders,
                             [path](std::string_view folder) { return path.starts_with(folder); });
}

// Whether a path with a folder begins here: "/a/b", not "/ b", "//host" or "/a".
bool begins_path(std::string_view text) {
  if (text.size() < 2 || text[0] != '/' || text[1] == '/' || has(kBehindPaths, text[1])) return false;
  const auto second = text.find('/', 1);
  return second != std::string_view::npos && second < text.find_first_of(kBehindPaths) && !is_kernels(text);
}

// Whether a path may begin behind this: at the begin, behind a mark, "file://" or an option like "-I".
bool may_precede_path(std::string_view before) {
  const auto is_end = [](std::string_view text) { return text.empty() || has(kBeforePaths, text.back()); };
  if (is_end(before) || before.ends_with(kFileAddress)) return true;
  const std::size_t size = before.size();
  return size > 1 && std::isalpha(static_cast<unsigned char>(before[size - 1])) != 0 &&
         before[size - 2] == '-' && is_end(before.substr(0, size - 2));
}

std::string_view last_part(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  return path.substr(path.rfind('/') + 1);
}

std::string within_text(std::string_view text) {
  std::string left;
  for (std::size_t at = 0; at < text.size();) {
    if (!begins_path(text.substr(at)) || !may_precede_path(text.substr(0, at))) {
      left += text[at++];
      continue;
    }
    // Behind a quote a path has all up to the other one, also blanks.
    std::size_t end = std::string_view::npos;
    if (at > 0 && has(kQuotes, text[at - 1])) end = text.find(text[at - 1], at);
    if (end == std::string_view::npos) end = std::min(text.size(), text.find_first_of(kBehindPaths, at));
    left += last_part(text.substr(at, end - at));
    at = end;
  }
  return left;
}

// Every text below `json`.
template <typename Change>
void change_texts(Json& json, const Change& change) {
  if (json.is_string()) {
    json = change(json.get_ref<const std::string&>());
  } else if (json.is_structured()) {
    for (Json& part : json) change_texts(part, change);
  }
}

// Every member below `json` whose name it is of.
template <typename Is>
void leave_out_members(Json& json, const Is& is_one) {
  std::vector<std::string> keys;
  if (json.is_object()) {
    for (const auto& [key, value] : json.items()) {
      if (is_one(key)) keys.push_back(key);
    }
  }
  for (const std::string& key : keys) json.erase(key);
  if (!json.is_structured()) return;
  for (Json& part : json) leave_out_members(part, is_one);
}

void leave_out_data_credentials(Json& json) {
  if (json.is_object() && json.contains(kDataOptions) && json[kDataOptions].is_object()) {
    for (const char* key : kCredentials) json[kDataOptions].erase(std::string(key));
  }
  if (!json.is_structured()) return;
  for (Json& part : json) leave_out_data_credentials(part);
}

void leave_out_secret_arguments(Json& json) {
  if (json.is_object() && json.contains(kModelArguments))
    change_texts(json[kModelArguments], without_secret_arguments);
  if (!json.is_structured()) return;
  for (Json& part : json) leave_out_secret_arguments(part);
}

// The name before a '=' or ':', without quotes.
std::string_view name_before(std::string_view text) {
  while (!text.empty() && (text.back() == ' ' || has(kQuotes, text.back()))) text.remove_suffix(1);
  std::size_t begin = text.size();
  while (begin > 0 && (std::isalnum(static_cast<unsigned char>(text[begin - 1])) != 0 ||
                       text[begin - 1] == '_' || text[begin - 1] == '-'))
    --begin;
  return text.substr(begin);
}

// The folder in which another tool's file lay may bear the name of the model's.
void leave_out_origin(Record& record) {
  auto origin = imported(record);
  if (!origin) return;
  origin->file = std::string(last_part(origin->file));
  leave_out_members(origin->content, [](std::string_view key) {
    return std::ranges::find(kFolderMembers, key) != kFolderMembers.end();
  });
  set_imported(record, *origin);
}

std::string without_private(const std::string& text) {
  return base::mask_secrets(without_folders(text));
}

void leave_out_private_members(Json& json) {
  leave_out_members(json, base::names_a_secret);
  leave_out_data_credentials(json);
  leave_out_secret_arguments(json);
  change_texts(json, without_private);
}

void change_texts(std::vector<std::string>& texts) {
  for (std::string& text : texts) text = without_private(text);
}

}  // namespace

std::string without_folders(std::string_view text) {
  if (text.starts_with(kFileAddress) && begins_path(text.substr(kFileAddress.size())))
    return std::string(kFileAddress).append(without_folders(text.substr(kFileAddress.size())));
  const bool is_sentence = has(text, '\n') || text.find(": ") != std::string_view::npos;
  if (!begins_path(text) || is_sentence) return within_text(text);
  const auto adapter = text.find(kAdapter);
  if (adapter == std::string_view::npos) return std::string(last_part(text));
  const std::string_view behind = text.substr(adapter + kAdapter.size());
  return std::string(last_part(text.substr(0, adapter))).append(kAdapter).append(without_folders(behind));
}

std::map<std::string, std::string> models_without_folders(const std::set<std::string>& models) {
  std::map<std::string, std::int64_t> called;
  for (const std::string& model : models) ++called[without_folders(model)];
  std::map<std::string, std::string> names;
  for (const std::string& model : models) {
    std::string& name = names[model] = without_folders(model);
    if (name != model && called[name] > 1) name += "-" + base::sha256(model).substr(0, 8);
  }
  return names;
}

std::string without_secret_arguments(std::string_view text) {
  std::string left;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at++];
    left += c;
    if ((c != '=' && c != ':') || !base::names_a_secret(name_before(text.substr(0, at - 1)))) continue;
    while (at < text.size() && text[at] == ' ') left += text[at++];
    std::size_t end = std::string_view::npos;
    if (at < text.size() && has(kQuotes, text[at])) {
      left += text[at++];
      end = text.find(text[at - 1], at);
    }
    if (end == std::string_view::npos) end = std::min(text.size(), text.find_first_of(",}", at));
    left += "***";
    at = end;
  }
  return left;
}

void leave_out_private_parts(Record& record) {
  leave_out_origin(record);
  record.reference = without_private(record.reference);
  if (record.failure) record.failure->message = without_private(record.failure->message);
  change_texts(record.reasons);
  change_texts(record.warnings);
  for (auto& [metric, reason] : record.absent) reason = without_private(reason);
  for (Json* part : {&record.settings, &record.device, &record.engine, &record.model_info, &record.task_info})
    leave_out_private_members(*part);
}

void leave_out_private_parts(std::vector<Record>& records) {
  std::set<std::string> models;
  for (const Record& record : records) models.insert(record.model);
  const auto names = models_without_folders(models);
  for (Record& record : records) {
    leave_out_private_parts(record);
    record.model = names.at(record.model);
  }
}

void leave_out_private_parts(Block& block) {
  leave_out_private_members(block.engine);
  leave_out_private_members(block.answer);
  change_texts(block.scenarios);
  change_texts(block.warnings);
}

void leave_out_private_parts(Item& item) {
  change_texts(item.content, [](const std::string& text) { return base::mask_known_secrets(text); });
}

void leave_out_private_parts(FinishedCell& cell) {
  leave_out_private_parts(cell.record);
  for (Block& block : cell.blocks) leave_out_private_parts(block);
  for (Item& item : cell.items) leave_out_private_parts(item);
}

}  // namespace bantam::record
