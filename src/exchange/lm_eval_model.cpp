#include "exchange/lm_eval_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <string_view>
#include <vector>

#include "base/hash.hpp"
#include "base/text.hpp"
#include "plan/precision.hpp"

namespace bantam::exchange {
namespace {

using base::Json;
using Arguments = std::map<std::string, std::string>;

// In the order in which lm-eval looks for the name.
constexpr std::array kNameKeys{"peft", "delta", "pretrained", "model", "path", "engine"};
// In a name that tells models apart: parts of its path, digits of a hash.
constexpr std::size_t kMostParts = 8;
constexpr std::size_t kDigitsOfHash = 8;
// Arguments that say that weights are quantized, but not to what.
constexpr std::array kQuantizers{"quantization",        "autogptq", "gptqmodel",
                                 "quantization_config", "awq",      "load_in_low_bit"};
// Parts of a model's name that say the same.
constexpr auto kQuantizedNames = std::to_array<std::string_view>(
    {"gptq",  "awq",  "bnb",   "aqlm", "hqq",   "quip",  "exl2",     "exl3", "gguf",
     "2bit",  "3bit", "4bit",  "8bit", "int4",  "int8",  "fp8",      "fp4",  "nf4",
     "w4a16", "w8a8", "w8a16", "w4a8", "nvfp4", "mxfp4", "quantized"});

std::string without_quotes(std::string_view text) {
  text = base::trim(text);
  const bool is_quoted =
      text.size() > 1 && (text.front() == '\'' || text.front() == '"') && text.back() == text.front();
  return std::string(is_quoted ? text.substr(1, text.size() - 2) : text);
}

// model_args by name, in any of their forms: "pretrained=x,dtype=float16", an object, or such a one as Python
// prints it, "{'pretrained': 'x'}".
Arguments arguments_of(const Json& given) {
  Arguments arguments;
  if (given.is_object()) {
    for (const auto& [key, value] : given.items())
      arguments[key] = value.is_string() ? value.get<std::string>() : base::to_text(value);
  }
  if (!given.is_string()) return arguments;
  std::string text(base::trim(given.get<std::string>()));
  const bool is_printed = text.starts_with('{') && text.ends_with('}');
  if (is_printed) text = text.substr(1, text.size() - 2);
  for (const std::string& part : base::split(text, ',')) {
    const std::size_t mark = part.find(is_printed ? ':' : '=');
    if (mark == std::string::npos) continue;
    arguments[without_quotes(std::string_view(part).substr(0, mark))] =
        without_quotes(std::string_view(part).substr(mark + 1));
  }
  return arguments;
}

// Absent where it is not given or says no.
std::optional<std::string> set_argument(const Arguments& arguments, const char* key) {
  const auto found = arguments.find(key);
  if (found == arguments.end()) return std::nullopt;
  const std::string value = base::ascii_lower(found->second);
  for (const char* no : {"", "false", "none", "null", "0", "auto"}) {
    if (value == no) return std::nullopt;
  }
  return found->second;
}

// All that is named: an adapter, what it is put on, ...
std::vector<std::string> names_in(const Arguments& arguments) {
  std::vector<std::string> names;
  for (const char* key : kNameKeys) {
    if (auto name = set_argument(arguments, key)) names.push_back(*std::move(name));
  }
  return names;
}

std::optional<std::string> name_in(const Arguments& arguments) {
  const std::vector<std::string> names = names_in(arguments);
  return names.empty() ? std::nullopt : std::optional(names.front());
}

std::optional<std::string> known_precision(std::string_view text) {
  const auto precision = plan::parse_precision(text);
  return precision ? std::optional(precision->name) : std::nullopt;
}

bool is_path(std::string_view name) {
  return name.starts_with('/') || name.starts_with('.') || name.starts_with('~') ||
         name.find('\\') != std::string_view::npos || std::ranges::count(name, '/') > 1 ||
         name.ends_with(".gguf");
}

std::string_view without_last_slashes(std::string_view path) {
  while (path.ends_with('/') || path.ends_with('\\')) path.remove_suffix(1);
  return path;
}

std::string last_part(std::string_view path) {
  path = without_last_slashes(path);
  return std::string(path.substr(path.find_last_of("/\\") + 1));
}

// "ckpt", "a/ckpt", ... of a path, without its root.
std::vector<std::string> ends_of(std::string_view path) {
  std::vector<std::string> ends;
  while (ends.size() < kMostParts) {
    path = without_last_slashes(path);
    const std::string part = last_part(path);
    path.remove_suffix(part.size());
    const bool is_root = part.empty() || (path.empty() && !ends.empty() && part.ends_with(':'));
    if (is_root) break;
    ends.push_back(ends.empty() ? part : fmt::format("{}/{}", part, ends.back()));
  }
  return ends;
}

// A GGUF file's name, "tiny.Q4_K_M.gguf" or "tiny-f16-00001-of-00002.gguf", with the type apart.
struct GgufName {
  std::string model;
  std::optional<std::string> precision;
};
GgufName gguf_name(std::string_view file) {
  std::string name = last_part(file);
  if (name.ends_with(".gguf")) name.resize(name.size() - 5);
  const auto is_part = [](std::string_view text) {
    return text == "of" || std::ranges::all_of(text, [](unsigned char c) { return std::isdigit(c) != 0; });
  };
  std::string_view rest = name;
  for (;;) {
    const std::size_t mark = rest.find_last_of(".-");
    const std::string_view word = rest.substr(mark == std::string_view::npos ? 0 : mark + 1);
    const auto precision = known_precision(word);
    if (precision && mark != std::string_view::npos) return {std::string(rest.substr(0, mark)), precision};
    if (precision || mark == std::string_view::npos || !is_part(word)) return {name, precision};
    rest = rest.substr(0, mark);
  }
}

// "MODEL/PRECISION", as bantam names what it exports, at the last slash. `own_name`: what model_args say; the
// two are one in files that lm-eval wrote itself, whatever they look like.
struct OwnName {
  std::string model;
  std::string precision;
};
std::optional<OwnName> own_export(const Json& results, const std::optional<std::string>& own_name) {
  const std::string name = base::string_at(results, "model_name").value_or("");
  const std::size_t mark = name.rfind('/');
  if (mark == std::string::npos || mark == 0) return std::nullopt;
  const bool is_ours = base::string_at(results, "model_source") == "bantam" || own_name != name;
  const std::string last = name.substr(mark + 1);
  if (!is_ours || known_precision(last) != last) return std::nullopt;
  return OwnName{name.substr(0, mark), last};
}

std::optional<std::string> quantized_part(std::string_view name) {
  std::string word;
  for (const char c : base::ascii_lower(name) + " ") {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
      word += c;
      continue;
    }
    if (std::ranges::find(kQuantizedNames, word) != kQuantizedNames.end()) return word;
    word.clear();
  }
  return std::nullopt;
}

void find_model(const Json& results, const std::optional<std::string>& name, SaidModel& said) {
  if (!name) {
    said.why_no_model = base::child_at(results, "config").is_object()
                            ? "its model_args name no model (what lm-eval has made up does not count)"
                            : "it names no model";
    return;
  }
  said.reference = *name;
  const std::string path(without_last_slashes(*name));
  std::string model = is_path(path) ? last_part(path) : path;
  if (model.ends_with(".gguf")) model = gguf_name(model).model;
  if (model.empty() || model.find_first_not_of('.') == std::string::npos) {
    said.why_no_model = fmt::format("'{}' is no name of a model", base::printable(*name));
    return;
  }
  said.full_name = path.substr(0, is_path(path) ? path.find_last_of("/\\") + 1 : 0) + model;
  said.model = std::move(model);
}

// What the arguments say of quantization; empty where they say nothing.
struct Told {
  std::optional<std::string> precision;
  std::string basis;
  std::string why_not;
};
std::optional<Told> told_by_arguments(const Arguments& arguments, const std::string& reference) {
  if (set_argument(arguments, "load_in_4bit")) return Told{"int4", "load_in_4bit", ""};
  if (set_argument(arguments, "load_in_8bit")) return Told{"int8", "load_in_8bit", ""};
  std::vector<std::string> names = names_in(arguments);
  names.insert(names.begin(), reference);
  auto file = set_argument(arguments, "gguf_file");
  for (const std::string& name : names) {
    if (!file && name.ends_with(".gguf")) file = name;
  }
  if (file) {
    const auto precision = gguf_name(*file).precision;
    return Told{precision, "the name of the GGUF file",
                fmt::format("'{}' names no known type", base::printable(last_part(*file)))};
  }
  for (const char* key : kQuantizers) {
    if (const auto value = set_argument(arguments, key))
      return Told{std::nullopt, "",
                  fmt::format("it says {}={}, which is no precision", key, base::printable(*value))};
  }
  for (const std::string& name : names) {
    if (const auto part = quantized_part(name))
      return Told{std::nullopt, "",
                  fmt::format("the model's name says '{}', its type of numbers does not", *part)};
  }
  return std::nullopt;
}

void take_type(const std::string& type, const char* basis, SaidModel& said) {
  constexpr std::string_view kTorch = "torch.";
  said.precision = known_precision(type.starts_with(kTorch) ? type.substr(kTorch.size()) : type);
  if (said.precision)
    said.basis = basis;
  else
    said.why_no_precision = fmt::format("its {} '{}' is no known precision", basis, base::printable(type));
}

void find_precision(const Json& results, const Arguments& arguments, SaidModel& said) {
  if (auto told = told_by_arguments(arguments, said.reference)) {
    said.precision = std::move(told->precision);
    if (said.precision)
      said.basis = std::move(told->basis);
    else
      said.why_no_precision = std::move(told->why_not);
    return;
  }
  const auto of_model = base::string_at(base::child_at(results, "config"), "model_dtype");
  const auto asked = set_argument(arguments, "dtype");
  if (of_model && !of_model->empty())
    take_type(*of_model, "model_dtype", said);
  else if (asked)
    take_type(*asked, "dtype", said);
  else
    said.why_no_precision = "it does not tell the precision";
}

}  // namespace

SaidModel said_model(const Json& results) {
  SaidModel said;
  const Arguments arguments = arguments_of(base::child_at(base::child_at(results, "config"), "model_args"));
  const auto name = name_in(arguments);
  if (const auto own = own_export(results, name)) {
    said.model = own->model;
    said.reference = said.full_name = own->model;
    said.precision = own->precision;
    said.basis = "model_name";
    return said;
  }
  find_model(results, name, said);
  find_precision(results, arguments, said);
  return said;
}

SaidModel said_model(const std::string& name, const Json& model_args, const std::string& dtype) {
  Json results{{"config", Json::object()}};
  if (!dtype.empty()) results["config"]["model_dtype"] = dtype;
  SaidModel said;
  find_model(results, name_in(Arguments{{kNameKeys.back(), name}}), said);
  find_precision(results, arguments_of(model_args), said);
  return said;
}

std::map<std::string, std::string> told_apart(const std::set<std::string>& full_names) {
  std::map<std::string, std::int64_t> paths_by_end;
  std::map<std::string, std::int64_t> paths_by_whole;
  for (const std::string& full_name : full_names) {
    const std::vector<std::string> ends = ends_of(full_name);
    for (const std::string& end : ends) ++paths_by_end[end];
    if (!ends.empty()) ++paths_by_whole[ends.back()];
  }
  std::map<std::string, std::string> names;
  for (const std::string& full_name : full_names) {
    const std::vector<std::string> ends = ends_of(full_name);
    const std::string whole = ends.empty() ? "" : ends.back();
    const auto own =
        std::ranges::find_if(ends, [&](const std::string& end) { return paths_by_end[end] == 1; });
    std::string& name = names[full_name];
    if (own != ends.end())
      name = *own;
    else if (paths_by_whole[whole] == 1)
      name = whole;
    else
      name = fmt::format("{}-{}", whole, base::sha256(full_name).substr(0, kDigitsOfHash));
  }
  return names;
}

std::string basis_text(const std::string& basis) {
  if (basis.empty()) return "is what was said when it was imported";
  if (basis == "model_name") return "is the one in the model's name";
  if (basis.starts_with("load_in"))
    return fmt::format("is that of {}, by bitsandbytes: no type of GGUF's", basis);
  if (basis.ends_with("dtype"))
    return fmt::format(
        "is the {} of the file, the type that was computed in: weights that were quantized "
        "before it do not show",
        basis);
  return fmt::format("is that of {}", basis);
}

}  // namespace bantam::exchange
