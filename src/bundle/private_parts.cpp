#include "bundle/private_parts.hpp"

#include <algorithm>
#include <array>

#include "base/secrets.hpp"

namespace bantam::bundle {
namespace {

using base::Json;

constexpr std::array<std::string_view, 3> kKernelFolders{"/dev/", "/proc/", "/sys/"};
constexpr std::string_view kAdapter = "+lora:";
constexpr std::string_view kQuotes = "'\"`";
constexpr std::string_view kBeforePaths = " \t\n=:,(['\"`";
constexpr std::string_view kBehindPaths = " \t\n\r,;:)]}<>|'\"`";

// Members of a task's dataset_kwargs.
constexpr const char* kDataOptions = "dataset_kwargs";
constexpr std::array kCredentials{"token", "use_auth_token", "storage_options", "download_config"};

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

std::string_view last_part(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  return path.substr(path.rfind('/') + 1);
}

std::string within_text(std::string_view text) {
  std::string left;
  for (std::size_t at = 0; at < text.size();) {
    const bool may_begin = at == 0 || has(kBeforePaths, text[at - 1]);
    if (!may_begin || !begins_path(text.substr(at))) {
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

void leave_out_credentials(Json& json) {
  if (json.is_object() && json.contains(kDataOptions) && json[kDataOptions].is_object()) {
    for (const char* key : kCredentials) json[kDataOptions].erase(std::string(key));
  }
  if (!json.is_structured()) return;
  for (Json& part : json) leave_out_credentials(part);
}

std::string without_private(const std::string& text) {
  return base::mask_secrets(without_folders(text));
}

void change_texts(std::vector<std::string>& texts) {
  for (std::string& text : texts) text = without_private(text);
}

}  // namespace

std::string without_folders(std::string_view text) {
  const bool is_sentence = has(text, '\n') || text.find(": ") != std::string_view::npos;
  if (!begins_path(text) || is_sentence) return within_text(text);
  const auto adapter = text.find(kAdapter);
  if (adapter == std::string_view::npos) return std::string(last_part(text));
  const std::string_view behind = text.substr(adapter + kAdapter.size());
  return std::string(last_part(text.substr(0, adapter))).append(kAdapter).append(without_folders(behind));
}

void leave_out_private_parts(record::FinishedCell& cell) {
  record::Record& record = cell.record;
  record.reference = without_private(record.reference);
  if (record.failure) record.failure->message = without_private(record.failure->message);
  change_texts(record.reasons);
  change_texts(record.warnings);
  for (auto& [metric, reason] : record.absent) reason = without_private(reason);
  for (Json* part : {&record.settings, &record.device, &record.engine, &record.model_info, &record.task_info})
    change_texts(*part, without_private);
  leave_out_credentials(record.task_info);
  for (record::Block& block : cell.blocks) {
    change_texts(block.engine, without_private);
    change_texts(block.answer, without_private);
    change_texts(block.scenarios);
    change_texts(block.warnings);
  }
  for (record::Item& item : cell.items)
    change_texts(item.content, [](const std::string& text) { return base::mask_known_secrets(text); });
}

}  // namespace bantam::bundle
