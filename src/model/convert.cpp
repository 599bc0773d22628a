#include "model/convert.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <system_error>

#include "base/clock.hpp"
#include "base/files.hpp"
#include "base/hash.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "hub/cache.hpp"
#include "model/gguf.hpp"
#include "model/python_environment.hpp"
#include "model/sidecar.hpp"

namespace bantam::model {
namespace fs = std::filesystem;
namespace {

using base::ErrorKind;
using base::fail;
using TokenLists = std::vector<std::vector<std::int32_t>>;

constexpr double kLineEvery_s = 2.0;
constexpr double kTokensTimeout_s = 600.0;
constexpr std::uint64_t kLongestSamples = 1 << 20;

// All that decides the content of the converted file; the folder's name goes into it. A pre-tokenizer that
// the user named is not among it: every file kept here has the folder's own tokens.
base::Result<std::string> identity_of(const ModelFolder& folder, std::string_view outtype) {
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
    TRY_ASSIGN(const ModelInfo info, inspect(part));
    TRY_ASSIGN(const auto lines, sample_lines());
    options_.on_line(fmt::format("comparing the tokens of {} lines", lines.size()));
    TRY_ASSIGN(const TokenLists expected, tokens_of_folder());
    TRY_ASSIGN(const TokenLists found, options_.tokens_of(part, lines));
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

  base::Result<TokenLists> tokens_of_folder() const {
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

// Left by a process that was killed while it held the lock.
void remove_parts(const fs::path& target) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(target.parent_path(), error)) {
    if (entry.path().extension() != ".part") continue;
    std::error_code ignored;
    fs::remove(entry.path(), ignored);
  }
}

base::Result<std::size_t> write_file(const ModelFolder& folder, const ConvertOptions& options,
                                     const fs::path& target) {
  TRY_ASSIGN(ConverterTools tools, find_converter(options.python));
  TRY(base::check_writable_folder(target.has_parent_path() ? target.parent_path() : fs::path(".")));
  // Not the user's own name: the converter puts values into {braces}.
  const fs::path part = target.parent_path() / fmt::format("bantam-converting-{}.part", ::getpid());
  auto lines = FolderConversion(folder, options, std::move(tools)).write(part);
  if (lines) {
    if (auto published = base::publish_file(part, target); !published)
      lines = tl::unexpected(std::move(published).error());
  }
  std::error_code ignored;
  if (!lines) fs::remove(part, ignored);
  return lines;
}

base::Result<Conversion> convert_into_cache(const ModelFolder& folder, const ConvertOptions& options) {
  TRY_ASSIGN(const std::string identity, identity_of(folder, options.outtype));
  TRY_ASSIGN(const fs::path target, place_in_cache(folder, options.outtype, identity));
  TRY(base::make_folders(target.parent_path()));
  TRY_ASSIGN(const auto lock, hub::FileLock::take(target.parent_path() / "lock"));
  TRY_ASSIGN(auto known, find_conversion(folder, options.outtype));
  if (known) return *std::move(known);
  remove_parts(target);
  TRY_ASSIGN(const std::size_t lines, write_file(folder, options, target));
  const base::Json facts{{"converted_from", folder.name}, {"lines_compared", lines}};
  TRY_ASSIGN(std::string sha256, record_file(target, identity, facts));
  return Conversion{target, std::move(sha256), false, lines};
}

std::string some_of(const std::vector<std::int32_t>& tokens, std::size_t at) {
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
                       base::ellipsize(base::printable(texts[i]), 60), at + 1, some_of(found[i], at),
                       some_of(expected[i], at));
  }
  return {};
}

base::Result<std::optional<Conversion>> find_conversion(const ModelFolder& folder, std::string_view outtype) {
  TRY_ASSIGN(const std::string identity, identity_of(folder, outtype));
  TRY_ASSIGN(fs::path path, place_in_cache(folder, outtype, identity));
  TRY(check_unchanged(path, identity));
  auto sha256 = recorded_sha256(path, identity);
  if (!sha256) return std::nullopt;
  return Conversion{std::move(path), *std::move(sha256), true, 0};
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
  TRY_ASSIGN(std::string sha256, hub::cached_sha256(options.output));
  return Conversion{options.output, std::move(sha256), false, lines};
}

}  // namespace bantam::model
