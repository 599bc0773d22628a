#include "model/model_folder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <set>
#include <system_error>

#include "base/files.hpp"
#include "base/hash.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "hub/cache.hpp"

namespace bantam::model {
namespace fs = std::filesystem;
namespace {

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
    return base::fail(base::ErrorKind::bad_input,
                      fmt::format("{}: {}", base::printable(path_.string()), cause), std::move(hint));
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
      TRY_ASSIGN(const std::string sha256, hub::cached_sha256(path_ / name));
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

}  // namespace bantam::model
