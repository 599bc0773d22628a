#include "model/hub_model.hpp"

#include <fmt/format.h>
#include <fnmatch.h>
#include <algorithm>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "gguf/bytes.hpp"
#include "gguf/split.hpp"

namespace bantam::model {
namespace {

using base::ErrorKind;
using hub::Listing;
using hub::RemoteFile;

constexpr const char* kUsualQuantization = "Q4_K_M";
constexpr std::size_t kNamesShown = 12;

std::string_view last_part(std::string_view name) {
  return name.substr(name.rfind('/') + 1);
}

bool ends_in(std::string_view name, std::string_view lower_ending) {
  return base::ascii_lower(name).ends_with(lower_ending);
}

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// Whether the quantization stands in the name as a whole word: Q4_K is not in "x-Q4_K_M.gguf", Q4_0 not in
// "x-IQ4_0.gguf".
bool names_quantization(std::string_view name, std::string_view quantization) {
  const std::string text = base::ascii_lower(name);
  const std::string word = base::ascii_lower(quantization);
  for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    const bool starts = at == 0 || !is_letter_or_digit(text[at - 1]);
    const bool ends = end == text.size() || (!is_letter_or_digit(text[end]) && text[end] != '_');
    if (starts && ends) return true;
  }
  return false;
}

// "x-00002-of-00003.gguf": the second of three parts with the stem "x".
struct Part {
  std::string_view stem;
  std::int64_t number = 0;
  std::int64_t count = 0;
};
std::optional<Part> parse_part(std::string_view name) {
  constexpr std::size_t kTailSize = std::string_view("-00001-of-00003.gguf").size();
  if (name.size() <= kTailSize) return std::nullopt;
  const std::string_view tail = name.substr(name.size() - kTailSize);
  if (tail[0] != '-' || tail.substr(6, 4) != "-of-" || !ends_in(tail, ".gguf")) return std::nullopt;
  const auto number = base::parse_integer(tail.substr(1, 5));
  const auto count = base::parse_integer(tail.substr(10, 5));
  if (!number || !count || *number < 1 || *count < *number) return std::nullopt;
  return Part{name.substr(0, name.size() - kTailSize), *number, *count};
}

// A model by itself: no projector, no importance matrix, no later part of a split file.
bool is_model_file(const RemoteFile& file) {
  const std::string name = base::ascii_lower(last_part(file.name));
  const auto part = parse_part(file.name);
  return name.ends_with(".gguf") && name.find("mmproj") == std::string::npos &&
         name.find("imatrix") == std::string::npos && (!part || part->number == 1);
}

bool is_weight_file(const RemoteFile& file) {
  return ends_in(file.name, ".safetensors");
}

// Weights as they were published, with configuration and tokenizer: at the top of the repository, and the
// pooling of sentence encoders in a folder of its own. "consolidated" files hold the same weights once more.
bool is_for_conversion(const RemoteFile& file) {
  const std::string_view name = last_part(file.name);
  if (file.name.find('/') != std::string::npos) return file.name.ends_with("_Pooling/config.json");
  if (name.starts_with("consolidated")) return false;
  return is_weight_file(file) || ends_in(name, ".json") || ends_in(name, ".model") ||
         ends_in(name, ".jinja") || name == "merges.txt" || name == "vocab.txt";
}

// "there is: a, b, c and 4 more"
std::string names_there(const Listing& listing, bool (*wanted)(const RemoteFile&)) {
  std::vector<std::string> names;
  std::size_t more = 0;
  for (const RemoteFile& file : listing.files) {
    if (!wanted(file)) continue;
    if (names.size() < kNamesShown) {
      names.push_back(base::printable(file.name));
    } else {
      ++more;
    }
  }
  if (names.empty()) return "it has no GGUF file";
  return "there is: " + base::join(names, ", ") + (more > 0 ? fmt::format(" and {} more", more) : "");
}

HubFiles no_files(const Listing& listing) {
  HubFiles files;
  files.repository = listing.repository.name;
  files.revision = listing.revision;
  files.commit = listing.commit;
  return files;
}

tl::unexpected<base::Error> unfit(const Listing& listing, std::string_view what, std::string hint) {
  return base::fail(ErrorKind::bad_input,
                    fmt::format("hf:{} has {}", listing.repository.name, base::printable(what)),
                    std::move(hint));
}

// The file with all its parts.
base::Result<HubFiles> with_parts(const Listing& listing, const RemoteFile& chosen) {
  HubFiles files = no_files(listing);
  files.gguf = true;
  const auto part = parse_part(chosen.name);
  if (!part) {
    files.files = {chosen};
    return files;
  }
  for (std::int64_t number = 1; number <= part->count; ++number) {
    const auto is_this = [&](const RemoteFile& file) {
      const auto other = parse_part(file.name);
      return other && other->stem == part->stem && other->count == part->count && other->number == number;
    };
    const auto found = std::find_if(listing.files.begin(), listing.files.end(), is_this);
    if (found == listing.files.end()) {
      return unfit(listing, fmt::format("no part {} of {} of {}", number, part->count, chosen.name), "");
    }
    files.files.push_back(*found);
  }
  return files;
}

base::Result<HubFiles> named_file(const Listing& listing, const std::string& name) {
  for (const RemoteFile& file : listing.files) {
    if (file.name == name) return with_parts(listing, file);
  }
  return unfit(listing, fmt::format("no file '{}'", name), names_there(listing, is_model_file));
}

const RemoteFile* quantized_file(const Listing& listing, std::string_view quantization) {
  for (const RemoteFile& file : listing.files) {
    if (is_model_file(file) && names_quantization(file.name, quantization)) return &file;
  }
  return nullptr;
}

bool has_any(const Listing& listing, bool (*wanted)(const RemoteFile&)) {
  return std::any_of(listing.files.begin(), listing.files.end(), wanted);
}

}  // namespace

std::uint64_t HubFiles::bytes() const {
  std::uint64_t sum = 0;
  for (const RemoteFile& file : files) sum += file.bytes;
  return sum;
}

base::Result<HubFiles> choose_for_conversion(const Listing& listing) {
  if (!has_any(listing, is_weight_file))
    return unfit(listing, "no safetensors files", names_there(listing, is_model_file));
  HubFiles files = no_files(listing);
  std::copy_if(listing.files.begin(), listing.files.end(), std::back_inserter(files.files),
               is_for_conversion);
  return files;
}

base::Result<HubFiles> choose_files(const Listing& listing, const Reference& reference) {
  if (reference.variant && ends_in(*reference.variant, ".gguf"))
    return named_file(listing, *reference.variant);
  if (reference.variant) {
    if (const RemoteFile* file = quantized_file(listing, *reference.variant))
      return with_parts(listing, *file);
    return unfit(listing, fmt::format("no GGUF file of {}", *reference.variant),
                 names_there(listing, is_model_file));
  }
  if (const RemoteFile* file = quantized_file(listing, kUsualQuantization)) return with_parts(listing, *file);
  const auto first = std::find_if(listing.files.begin(), listing.files.end(), is_model_file);
  if (first != listing.files.end()) return with_parts(listing, *first);
  if (has_any(listing, is_weight_file)) return choose_for_conversion(listing);
  return unfit(listing, "no model in it", "GGUF or safetensors files were looked for");
}

base::Result<HubFiles> choose_by_patterns(const Listing& listing, const std::vector<std::string>& patterns) {
  HubFiles files = no_files(listing);
  for (const RemoteFile& file : listing.files) {
    const auto fits = [&](const std::string& pattern) {
      return ::fnmatch(pattern.c_str(), file.name.c_str(), FNM_NOESCAPE) == 0;
    };
    if (std::any_of(patterns.begin(), patterns.end(), fits)) files.files.push_back(file);
  }
  if (files.files.empty())
    return unfit(listing, fmt::format("no file that fits {}", base::join(patterns, ", ")), "");
  return files;
}

base::Result<Listing> list_on_hub(hub::Hub& hub, const Reference& reference) {
  TRY_ASSIGN(const hub::Repository repository,
             hub::parse_repository(hub::RepositoryKind::models, reference.target));
  return hub::list_repository(hub, repository, reference.revision.value_or(hub::kMainRevision));
}

base::Result<HubFiles> find_on_hub(hub::Hub& hub, const Reference& reference) {
  TRY_ASSIGN(const Listing listing, list_on_hub(hub, reference));
  return choose_files(listing, reference);
}

base::Result<HubModel> fetch(hub::Hub& hub, const HubFiles& files, const hub::OnTransfer& on_transfer) {
  HubModel model;
  model.repository = files.repository;
  model.commit = files.commit;
  model.gguf = files.gguf;
  model.files = files.files;
  for (const RemoteFile& file : files.files) {
    TRY_ASSIGN(hub::Downloaded downloaded, hub::download(hub, file, on_transfer));
    model.received_bytes += downloaded.received_bytes;
    model.paths.push_back(std::move(downloaded.path));
    model.folder = hub.cache.snapshot_path(file.repository, file.commit);
  }
  // Only now: offline, the revision must stand for a commit that is there.
  if (!files.files.empty())
    TRY(hub.cache.remember_revision(files.files.front().repository, files.revision, files.commit));
  return model;
}

base::Status check_is_gguf(const HubFiles& files, const Reference& reference) {
  if (files.gguf) return {};
  return base::fail(
      ErrorKind::bad_input, fmt::format("hf:{} has only safetensors files", files.repository),
      fmt::format("fetch them with `bantam models pull --all {}`, then make a GGUF file of that "
                  "folder with `bantam models convert`",
                  base::printable(reference.text)));
}

base::Result<HubHead> read_hub_head(hub::Client& client, const HubFiles& files) {
  std::vector<std::unique_ptr<gguf::RemoteHead>> parts;
  std::vector<gguf::ByteSource*> sources;
  for (const hub::RemoteFile& file : files.files) {
    parts.push_back(
        std::make_unique<gguf::RemoteHead>(fmt::format("hf:{}:{}", files.repository, file.name), file.bytes,
                                           [&client, &file](std::uint64_t offset, std::uint64_t count) {
                                             return hub::read_range(client, file, offset, count);
                                           }));
    sources.push_back(parts.back().get());
  }
  HubHead head;
  TRY_ASSIGN(head.content, gguf::read_model(sources));
  TRY_ASSIGN(head.info, gguf::inspect(head.content, sources.front()->name()));
  for (const auto& part : parts) {
    head.fetched_bytes += part->fetched().size();
    head.heads.push_back(part->fetched());
  }
  return head;
}

}  // namespace bantam::model
