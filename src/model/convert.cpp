#include "model/convert.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <optional>
#include <set>
#include <system_error>

#include "base/clock.hpp"
#include "base/files.hpp"
#include "base/hash.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "cache/kept_file.hpp"
#include "gguf/model_info.hpp"
#include "model/python_environment.hpp"

namespace bantam::model {
namespace fs = std::filesystem;
namespace {

using base::ErrorKind;
using base::fail;
using TokenLists = std::vector<std::vector<std::int32_t>>;

constexpr std::uint64_t kLongestHeader = 100'000'000;  // of a safetensors file; the format's own bound
constexpr std::uint64_t kLongestText = 512 << 20;
constexpr const char* kConfig = "config.json";

bool ends_with_any(const std::string& name, std::initializer_list<std::string_view> endings) {
  return std::any_of(endings.begin(), endings.end(),
                     [&](std::string_view ending) { return name.ends_with(ending); });
}

// What the converter reads. The model card is among it: general.* keys come from there.
bool decides(const std::string& name) {
  return name == "README.md" ||
         ends_with_any(name, {".json", ".txt", ".model", ".jinja", ".tiktoken", ".safetensors"});
}

class FolderInspection {
 public:
  explicit FolderInspection(const fs::path& path) : path_(path) {}

  base::Result<ModelFolder> result() {
    TRY(list_files());
    TRY(read_config());
    TRY(check_weights());
    TRY(check_tokenizer());
    TRY(hash_files());
    folder_.path = path_;
    folder_.name = name();
    return std::move(folder_);
  }

 private:
  tl::unexpected<base::Error> unusable(std::string_view cause, std::string hint) const {
    return fail(ErrorKind::bad_input, fmt::format("{}: {}", base::printable(path_.string()), cause),
                std::move(hint));
  }

  // Files of the folder, and config.json files one level below (sentence-transformers' modules).
  base::Status list_files() {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(path_, error)) {
      const std::string name = entry.path().filename().string();
      std::error_code ignored;
      if (entry.is_regular_file(ignored)) names_.insert(name);
      if (entry.is_directory(ignored) && fs::is_regular_file(entry.path() / kConfig, ignored)) {
        names_.insert(name + "/" + kConfig);
      }
      if (name.ends_with(".py")) folder_.code.push_back(name);
    }
    std::sort(folder_.code.begin(), folder_.code.end());
    if (error) return unusable(fmt::format("cannot be read: {}", error.message()), {});
    return {};
  }

  base::Status read_config() {
    if (!names_.contains(kConfig)) {
      return unusable("no config.json in this folder", "give a GGUF file or a model folder");
    }
    TRY_ASSIGN(const std::string text, base::read_file(path_ / kConfig, kLongestText));
    TRY_ASSIGN(const base::Json config, base::parse_json(text, (path_ / kConfig).string()));
    const base::Json& architectures = base::child_at(config, "architectures");
    if (architectures.is_array() && !architectures.empty() && architectures[0].is_string()) {
      folder_.architecture = architectures[0].get<std::string>();
    }
    return {};
  }

  base::Status check_weights() {
    bool pickles = false;
    bool weights = false;
    for (const std::string& name : names_) {
      pickles = pickles || ends_with_any(name, {".bin", ".pt", ".pth", ".ckpt"});
      if (!name.ends_with(".safetensors")) continue;
      weights = true;
      TRY(check_safetensors(name));
    }
    if (!weights && pickles) {
      return unusable("its weights are pickles, which can run code when they are read",
                      "get the repository's *.safetensors files");
    }
    if (!weights) return unusable("no *.safetensors files in this folder", "download the whole repository");
    return check_index();
  }

  // Eight bytes of length, a JSON header of that length, then the tensors.
  base::Status check_safetensors(const std::string& name) {
    const fs::path path = path_ / name;
    std::error_code error;
    const std::uint64_t bytes = fs::file_size(path, error);
    std::ifstream file(path, std::ios::binary);
    std::array<char, 8> prefix{};
    if (error || !file.read(prefix.data(), prefix.size())) return cut_off(name);
    std::uint64_t length = 0;
    std::memcpy(&length, prefix.data(), sizeof length);
    if (length > kLongestHeader || length > bytes - prefix.size()) {
      return unusable(fmt::format("{} is no safetensors file, or cut off", base::printable(name)),
                      "download it again");
    }
    std::string text(length, '\0');
    if (!file.read(text.data(), static_cast<std::streamsize>(length))) return cut_off(name);
    TRY_ASSIGN(const base::Json header, base::parse_json(text, path.string()));
    std::uint64_t end = 0;
    for (const auto& [tensor, entry] : header.items()) {
      const base::Json& offsets = base::child_at(entry, "data_offsets");
      if (offsets.is_array() && offsets.size() == 2 && offsets[1].is_number_unsigned()) {
        end = std::max(end, offsets[1].get<std::uint64_t>());
      }
    }
    if (end > bytes - prefix.size() - length) return cut_off(name);
    folder_.weight_bytes += end;
    return {};
  }

  tl::unexpected<base::Error> cut_off(const std::string& name) const {
    return unusable(fmt::format("{} is cut off", base::printable(name)), "download it again");
  }

  base::Status check_index() const {
    constexpr const char* kIndex = "model.safetensors.index.json";
    if (!names_.contains(kIndex)) return {};
    TRY_ASSIGN(const std::string text, base::read_file(path_ / kIndex, kLongestText));
    TRY_ASSIGN(const base::Json index, base::parse_json(text, (path_ / kIndex).string()));
    for (const auto& [tensor, file] : base::child_at(index, "weight_map").items()) {
      if (file.is_string() && names_.contains(file.get<std::string>())) continue;
      return unusable(fmt::format("{} is missing", base::printable(base::to_text(file))),
                      "download the whole repository");
    }
    return {};
  }

  base::Status check_tokenizer() const {
    if (names_.contains("tokenizer.json") || names_.contains("tokenizer.model")) return {};
    return unusable("no tokenizer.json or tokenizer.model in this folder", "download the whole repository");
  }

  base::Status hash_files() {
    std::string all;
    for (const std::string& name : names_) {
      if (!decides(name)) continue;
      TRY_ASSIGN(const std::string sha256, cache::cached_sha256(path_ / name));
      all += fmt::format("{} {}\n", sha256, name);
    }
    folder_.fingerprint = base::sha256(all);
    return {};
  }

  // models--USER--REPO/snapshots/COMMIT in the hub's cache.
  std::string name() const {
    std::error_code error;
    const fs::path full = fs::canonical(path_, error);
    const std::string repository = full.parent_path().parent_path().filename().string();
    if (full.parent_path().filename() == "snapshots" && repository.starts_with("models--")) {
      return repository.substr(repository.rfind("--") + 2);
    }
    return full.filename().string();
  }

  fs::path path_;
  std::set<std::string> names_;
  ModelFolder folder_;
};

}  // namespace

bool is_model_folder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored) && fs::exists(path / kConfig, ignored);
}

base::Result<ModelFolder> inspect_folder(const fs::path& path) {
  return FolderInspection(path).result();
}

namespace {

constexpr double kLineEvery_s = 2.0;
constexpr double kTokensTimeout_s = 600.0;
constexpr std::uint64_t kLongestSamples = 1 << 20;

// All that decides the content of the converted file; the folder's name goes into it. A pre-tokenizer that
// the user named is not among it: every file kept here has the folder's own tokens.
base::Result<std::string> conversion_identity(const ModelFolder& folder, std::string_view outtype) {
  TRY_ASSIGN(const std::string converter, converter_version());
  return fmt::format("{} {} {} {}", folder.fingerprint, folder.name, converter, outtype);
}

base::Result<fs::path> place_in_cache(const ModelFolder& folder, std::string_view outtype,
                                      std::string_view identity) {
  TRY_ASSIGN(const fs::path cache, base::cache_folder());
  return cache / "converted" /
         fmt::format("{}-{}", folder.fingerprint.substr(0, 12), base::sha256(identity).substr(0, 16)) /
         fmt::format("{}-{}.gguf", base::file_name_from(folder.name).substr(0, 100), outtype);
}

// The converter logs "LEVEL:place:text".
std::string without_log_prefix(std::string_view line) {
  for (const std::string_view level : {"INFO:", "WARNING:", "ERROR:", "CRITICAL:"}) {
    if (!line.starts_with(level)) continue;
    const auto colon = line.find(':', level.size());
    if (colon != std::string_view::npos) return std::string(line.substr(colon + 1));
  }
  return std::string(line);
}

// Passes on one line in a while: programs write thousands.
class FewLines {
 public:
  explicit FewLines(const Lines& sink) : sink_(sink) {}
  void operator()(std::string_view line) {
    const auto now_ns = clock_.now_ns();
    if (last_ns_ && base::seconds(now_ns - *last_ns_) < kLineEvery_s) return;
    last_ns_ = now_ns;
    sink_(without_log_prefix(line));
  }

 private:
  const Lines& sink_;
  base::MonotonicClock clock_;
  std::optional<std::int64_t> last_ns_;
};

base::Error refusal(const ModelFolder& folder, const base::ProgramEnd& end) {
  const std::string words = without_log_prefix(end.last_words());
  const auto says = [&](std::string_view text) { return end.errors.find(text) != std::string::npos; };
  const std::string name = base::printable(folder.path.string());
  if (says("No space left on device")) {
    return {ErrorKind::storage, fmt::format("cannot convert {}: no space left", name),
            "free some space, or give --output on a larger disk"};
  }
  if (says("ModuleNotFoundError") || says("ImportError")) {
    return {ErrorKind::environment, fmt::format("the converter cannot run: {}", words),
            "leave --python away for an environment of bantam's own"};
  }
  if (says("pre-tokenizer is not in llama.cpp's list")) {
    return {ErrorKind::bad_input, fmt::format("llama.cpp cannot convert {}: {}", name, words),
            "give --pre-tokenizer NAME (gpt-2, llama-bpe, qwen2, ...): its tokens are compared afterwards"};
  }
  return {ErrorKind::bad_input, fmt::format("llama.cpp cannot convert {}: {}", name, words),
          "look for a GGUF file of this model"};
}

class FolderConversion {
 public:
  FolderConversion(const ModelFolder& folder, const ConvertOptions& options, ConverterTools tools)
      : folder_(folder), options_(options), tools_(std::move(tools)) {}

  // Leaves a checked file at `part`; the number of lines compared.
  base::Result<std::size_t> write(const fs::path& part) {
    options_.on_line(fmt::format("converting {} ({})", folder_.name, folder_.architecture));
    TRY(run_converter(part));
    TRY_ASSIGN(const gguf::ModelInfo info, gguf::inspect(part));
    TRY_ASSIGN(const auto lines, sample_lines());
    options_.on_line(fmt::format("comparing the tokens of {} lines", lines.size()));
    TRY_ASSIGN(const TokenLists expected, tokenize_by_folder());
    TRY_ASSIGN(const TokenLists found, options_.tokenize(part, lines));
    const std::string difference = first_difference(lines, expected, found);
    if (difference.empty()) return lines.size();
    return fail(
        ErrorKind::integrity,
        fmt::format("{}: the converted file cuts text into other tokens than the folder's tokenizer: {}",
                    base::printable(folder_.path.string()), difference),
        "the file was removed; another --pre-tokenizer may fit, or a GGUF file of this model");
  }

 private:
  base::Status run_converter(const fs::path& part) {
    base::Program program = python_program(tools_.python);
    // A repository's name; of any other folder the converter takes the name itself.
    const std::string name = folder_.path.filename() == folder_.name ? "" : folder_.name;
    for (const std::string& argument :
         {(tools_.scripts / "convert.py").string(), tools_.source.string(), folder_.path.string(),
          part.string(), options_.outtype, name, options_.pre_tokenizer}) {
      program.arguments.push_back(argument);
    }
    FewLines few(options_.on_line);
    program.on_line = [&few](std::string_view line) { few(line); };
    TRY_ASSIGN(const auto end, base::run_program(program));
    if (!end.ok()) return tl::unexpected(refusal(folder_, end));
    return {};
  }

  base::Result<std::vector<std::string>> sample_lines() const {
    TRY_ASSIGN(const std::string text,
               base::read_file(tools_.scripts / "sample_lines.json", kLongestSamples));
    TRY_ASSIGN(const base::Json json, base::parse_json(text, "sample_lines.json"));
    std::vector<std::string> lines;
    for (const base::Json& line : json) lines.push_back(line.get<std::string>());
    return lines;
  }

  base::Result<TokenLists> tokenize_by_folder() const {
    base::Program program = python_program(tools_.python);
    program.arguments.push_back((tools_.scripts / "tokens.py").string());
    program.arguments.push_back(folder_.path.string());
    program.arguments.push_back((tools_.scripts / "sample_lines.json").string());
    program.timeout_s = kTokensTimeout_s;
    TRY_ASSIGN(const auto end, base::run_program(program));
    if (!end.ok()) {
      return fail(ErrorKind::bad_input,
                  fmt::format("{}: its tokenizer cannot be used: {}", base::printable(folder_.path.string()),
                              end.last_words()));
    }
    TRY_ASSIGN(const base::Json json, base::parse_json(end.output, "tokens.py"));
    TokenLists all;
    for (const base::Json& line : json) all.push_back(line.get<std::vector<std::int32_t>>());
    return all;
  }

  const ModelFolder& folder_;
  const ConvertOptions& options_;
  ConverterTools tools_;
};

base::Result<std::size_t> write_file(const ModelFolder& folder, const ConvertOptions& options,
                                     const fs::path& target) {
  TRY_ASSIGN(ConverterTools tools, find_converter(options.python));
  TRY(base::check_writable_folder(target.has_parent_path() ? target.parent_path() : fs::path(".")));
  // Not the user's own name: the converter puts values into {braces}.
  const cache::NewFile part(target,
                            target.parent_path() / fmt::format("bantam-converting-{}.part", ::getpid()));
  TRY_ASSIGN(const std::size_t lines, FolderConversion(folder, options, std::move(tools)).write(part.path()));
  TRY(part.publish());
  return lines;
}

base::Result<Conversion> convert_into_cache(const ModelFolder& folder, const ConvertOptions& options) {
  TRY_ASSIGN(const std::string identity, conversion_identity(folder, options.outtype));
  TRY_ASSIGN(const fs::path target, place_in_cache(folder, options.outtype, identity));
  TRY(base::make_folders(target.parent_path()));
  std::optional<Conversion> known;
  TRY_ASSIGN(const auto lock,
             cache::lock_unless_there(target.parent_path() / "lock", [&]() -> base::Result<bool> {
               TRY_ASSIGN(known, find_conversion(folder, options.outtype));
               return known.has_value();
             }));
  if (!lock) return *std::move(known);
  cache::remove_parts(target.parent_path());
  TRY_ASSIGN(const std::size_t lines, write_file(folder, options, target));
  const base::Json facts{{"converted_from", folder.name}, {"lines_compared", lines}};
  TRY_ASSIGN(std::string sha256, cache::record_made_file(target, identity, facts));
  return Conversion{target, std::move(sha256), lines};
}

std::string few_tokens(const std::vector<std::int32_t>& tokens, std::size_t at) {
  constexpr std::size_t kShown = 5;
  const auto begin = tokens.begin() + static_cast<std::ptrdiff_t>(std::min(at, tokens.size()));
  const auto end = tokens.begin() + static_cast<std::ptrdiff_t>(std::min(at + kShown, tokens.size()));
  return fmt::format("[{}{}]", fmt::join(begin, end, " "), end == tokens.end() ? "" : " ...");
}

}  // namespace

const std::vector<std::string>& conversion_types() {
  static const std::vector<std::string> kTypes = {"auto", "bf16", "f16", "f32"};
  return kTypes;
}

std::string first_difference(const std::vector<std::string>& texts, const TokenLists& expected,
                             const TokenLists& found) {
  if (expected.size() != texts.size() || found.size() != texts.size()) {
    return fmt::format("{} lines, {} and {} tokenized", texts.size(), expected.size(), found.size());
  }
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (expected[i] == found[i]) continue;
    const auto [left, right] =
        std::mismatch(expected[i].begin(), expected[i].end(), found[i].begin(), found[i].end());
    const auto at = static_cast<std::size_t>(left - expected[i].begin());
    return fmt::format("line {} ('{}'), from token {}: {} instead of {}", i + 1,
                       base::ellipsize(base::printable(texts[i]), 60), at + 1, few_tokens(found[i], at),
                       few_tokens(expected[i], at));
  }
  return {};
}

base::Result<std::optional<Conversion>> find_conversion(const ModelFolder& folder, std::string_view outtype) {
  TRY_ASSIGN(const std::string identity, conversion_identity(folder, outtype));
  TRY_ASSIGN(fs::path path, place_in_cache(folder, outtype, identity));
  TRY_ASSIGN(const auto note, cache::find_made_file(path, identity));
  if (!note) return std::nullopt;
  return Conversion{std::move(path), base::string_at(*note, "sha256").value_or(""), std::nullopt};
}

base::Result<fs::path> find_converted(const fs::path& folder) {
  TRY_ASSIGN(const ModelFolder known, inspect_folder(folder));
  for (const std::string& outtype : conversion_types()) {
    TRY_ASSIGN(auto conversion, find_conversion(known, outtype));
    if (conversion) return std::move(conversion->gguf);
  }
  const std::string name = base::printable(folder.string());
  return fail(ErrorKind::environment, fmt::format("{} is a model folder that is not converted yet", name),
              fmt::format("run: bantam models convert {}", name));
}

base::Result<Conversion> convert_folder(const ModelFolder& folder, const ConvertOptions& options) {
  if (options.output.empty()) return convert_into_cache(folder, options);
  TRY_ASSIGN(const std::size_t lines, write_file(folder, options, options.output));
  TRY_ASSIGN(std::string sha256, cache::cached_sha256(options.output));
  return Conversion{options.output, std::move(sha256), lines};
}

}  // namespace bantam::model
