#include "model/hub_model.hpp"

#include <fmt/format.h>
#include <fnmatch.h>
#include <algorithm>
#include <array>
#include <iterator>
#include <memory>
#include <optional>
#include <set>
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

bool is_digit(char c) {
  return c >= '0' && c <= '9';
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

// The words of a name, in lower case: "Qwen3-0.6B_it" has qwen3, 0.6b and it.
std::vector<std::string> words_in(std::string_view name) {
  std::vector<std::string> words;
  std::string word;
  for (std::size_t i = 0; i <= name.size(); ++i) {
    const char c = i < name.size() ? name[i] : '-';
    const bool inside =
        c == '.' && i > 0 && i + 1 < name.size() && is_digit(name[i - 1]) && is_digit(name[i + 1]);
    if (is_letter_or_digit(c) || inside) {
      word += c;
    } else if (!word.empty()) {
      words.push_back(base::ascii_lower(word));
      word.clear();
    }
  }
  return words;
}

// How the name of a type begins: q4, iq3, tq1, f16, bf16, mxfp4.
bool begins_type(const std::string& word) {
  constexpr std::array<std::string_view, 8> kStarts{"q", "iq", "tq", "f", "bf", "fp", "mxfp", "nvfp"};
  return std::any_of(kStarts.begin(), kStarts.end(), [&](std::string_view start) {
    return word.starts_with(start) && word.size() > start.size() && word.size() <= start.size() + 2 &&
           std::all_of(word.begin() + static_cast<std::ptrdiff_t>(start.size()), word.end(), is_digit);
  });
}

// What may follow it: Q4_K_M, IQ2_XXS, Q4_0_4_4, MXFP4_MOE.
bool continues_type(const std::string& word) {
  constexpr std::array<std::string_view, 14> kParts{"k",   "s",  "m", "l", "xs", "xl", "xxs",
                                                    "xxl", "nl", "0", "1", "4",  "8",  "moe"};
  return std::find(kParts.begin(), kParts.end(), word) != kParts.end();
}

// Words that say which model it is, without those of its type.
std::set<std::string> model_words(std::string_view name) {
  const std::vector<std::string> all = words_in(name);
  std::set<std::string> words;
  bool in_type = false;
  for (std::size_t i = 0; i < all.size(); ++i) {
    in_type = begins_type(all[i]) || (in_type && continues_type(all[i]));
    const bool before_type = all[i] == "ud" && i + 1 < all.size() && begins_type(all[i + 1]);
    if (!in_type && !before_type && all[i] != "gguf" && all[i] != "ggml") words.insert(all[i]);
  }
  return words;
}

std::string_view without_tail(std::string_view name) {
  const auto part = parse_part(name);
  if (part) return last_part(part->stem);
  name = last_part(name);
  return name.substr(0, name.size() - std::string_view(".gguf").size());
}

// What goes with a model and is none that stands by itself.
bool is_companion(const std::set<std::string>& words) {
  constexpr std::array<std::string_view, 8> kWords{"draft",   "drafter", "speculative", "lora",
                                                   "adapter", "eagle",   "eagle3",      "vocab"};
  return std::any_of(kWords.begin(), kWords.end(),
                     [&](std::string_view word) { return words.contains(std::string(word)); });
}

struct Candidate {
  const RemoteFile* file = nullptr;
  std::set<std::string> words;
  std::size_t missing = 0;  // words of the repository's name that the file's name lacks
};

// The models of the repository that its own name means: not the companions of one, and none that lacks more
// words of that name than another.
std::vector<Candidate> models_meant(const Listing& listing) {
  const std::set<std::string> wanted = model_words(last_part(listing.repository.name));
  std::vector<Candidate> all;
  for (const RemoteFile& file : listing.files) {
    if (!is_model_file(file)) continue;
    Candidate candidate{&file, model_words(without_tail(file.name)), 0};
    if (is_companion(candidate.words) && !is_companion(wanted)) continue;
    candidate.missing =
        static_cast<std::size_t>(std::count_if(wanted.begin(), wanted.end(), [&](const std::string& word) {
          return !candidate.words.contains(word);
        }));
    all.push_back(std::move(candidate));
  }
  std::size_t fewest = wanted.size();
  for (const Candidate& candidate : all) fewest = std::min(fewest, candidate.missing);
  std::erase_if(all, [fewest](const Candidate& candidate) { return candidate.missing > fewest; });
  return all;
}

// Of several models the one whose name says no more than the repository's name and what all names say.
void keep_the_plainest(std::vector<Candidate>& candidates, const std::set<std::string>& wanted) {
  const auto in_all = [&](const std::string& word) {
    return std::all_of(candidates.begin(), candidates.end(),
                       [&](const Candidate& candidate) { return candidate.words.contains(word); });
  };
  const auto is_plain = [&](const Candidate& candidate) {
    return std::all_of(candidate.words.begin(), candidate.words.end(),
                       [&](const std::string& word) { return wanted.contains(word) || in_all(word); });
  };
  std::vector<Candidate> plain;
  std::copy_if(candidates.begin(), candidates.end(), std::back_inserter(plain), is_plain);
  if (!plain.empty()) candidates = std::move(plain);
}

// The one file that is meant; none when there is none. usage, naming them, when they are of several models.
base::Result<const RemoteFile*> one_of(std::vector<Candidate> candidates, const Listing& listing) {
  const std::set<std::string> wanted = model_words(last_part(listing.repository.name));
  const bool name_tells = !candidates.empty() && candidates.front().missing < wanted.size();
  if (name_tells) keep_the_plainest(candidates, wanted);
  const auto is_other = [&](const Candidate& one) { return one.words != candidates.front().words; };
  if (std::any_of(candidates.begin(), candidates.end(), is_other)) {
    std::vector<std::string> names;
    for (const Candidate& candidate : candidates) names.push_back(base::printable(candidate.file->name));
    if (names.size() > kNamesShown) names.resize(kNamesShown);
    return base::fail(ErrorKind::usage,
                      fmt::format("hf:{} has several models that may be meant: {}", listing.repository.name,
                                  base::join(names, ", ")),
                      fmt::format("name the file: hf:{}:{}", listing.repository.name, names.front()));
  }
  // The same model whole and in parts: whole.
  const auto whole = std::find_if(candidates.begin(), candidates.end(), [](const Candidate& candidate) {
    return !parse_part(candidate.file->name);
  });
  if (whole != candidates.end()) return whole->file;
  return candidates.empty() ? nullptr : candidates.front().file;
}

base::Result<const RemoteFile*> quantized_file(const Listing& listing, std::string_view quantization) {
  std::vector<Candidate> candidates = models_meant(listing);
  std::erase_if(candidates, [&](const Candidate& candidate) {
    return !names_quantization(candidate.file->name, quantization);
  });
  return one_of(std::move(candidates), listing);
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
    TRY_ASSIGN(const RemoteFile* file, quantized_file(listing, *reference.variant));
    if (file != nullptr) return with_parts(listing, *file);
    return unfit(listing, fmt::format("no GGUF file of {}", *reference.variant),
                 names_there(listing, is_model_file));
  }
  TRY_ASSIGN(const RemoteFile* usual, quantized_file(listing, kUsualQuantization));
  if (usual != nullptr) return with_parts(listing, *usual);
  TRY_ASSIGN(const RemoteFile* any, one_of(models_meant(listing), listing));
  if (any != nullptr) return with_parts(listing, *any);
  if (has_any(listing, is_model_file))
    return unfit(listing, "no model that stands by itself", names_there(listing, is_model_file));
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
