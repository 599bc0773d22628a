#include "gguf/split.hpp"

#include <fmt/format.h>
#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "base/text.hpp"

namespace bantam::gguf {

namespace fs = std::filesystem;
namespace {

constexpr std::uint64_t kMostParts = 4096;
constexpr const char* kGetAllParts = "get all parts again, and keep them together in one folder";

// What a part says of itself.
struct Place {
  std::uint64_t number = 0;  // from 0
  std::uint64_t count = 1;
  std::optional<std::uint64_t> tensors;  // of all parts together
};

tl::unexpected<base::Error> unusable(std::string_view name, std::string_view cause, std::string hint) {
  return base::fail(base::ErrorKind::bad_input, fmt::format("{}: {}", name, cause), std::move(hint));
}

std::optional<std::uint64_t> count_at(const GgufContent& content, std::string_view name) {
  const Key* key = content.find_key(name);
  if (key == nullptr || key->count || !key->value.is_number_integer()) return std::nullopt;
  if (!key->value.is_number_unsigned() && key->value.get<std::int64_t>() < 0) return std::nullopt;
  return key->value.get<std::uint64_t>();
}

base::Result<Place> read_place(const GgufContent& content, const std::string& name) {
  Place place;
  place.count = count_at(content, "split.count").value_or(1);
  if (place.count <= 1) return Place{};
  place.number = count_at(content, "split.no").value_or(place.count);
  place.tensors = count_at(content, "split.tensors.count");
  if (place.count <= kMostParts && place.number < place.count) return place;
  return unusable(name, "it claims to be a part of a model, but not which one (split.no, split.count)",
                  kGetAllParts);
}

std::string part_ending(std::uint64_t number, std::uint64_t count) {
  return fmt::format("-{:05}-of-{:05}.gguf", number + 1, count);
}

// The paths that the engine will open. `path` is that of the part at `place`.
base::Result<std::vector<fs::path>> part_paths(const fs::path& path, const Place& place) {
  const std::string text = path.string();
  const std::string name = base::printable(text);
  const std::string ending = part_ending(place.number, place.count);
  if (!text.ends_with(ending)) {
    return unusable(name,
                    fmt::format("this is part {} of {} of a model, but its name does not end in {}",
                                place.number + 1, place.count, ending),
                    "give all parts their names back: the engine finds them by name");
  }
  const std::string stem = text.substr(0, text.size() - ending.size());
  if (place.number != 0) {
    const fs::path first = stem + part_ending(0, place.count);
    return unusable(name, fmt::format("this is part {} of {} of a model", place.number + 1, place.count),
                    "give the first part: " + base::printable(first.string()));
  }
  std::vector<fs::path> paths;
  for (std::uint64_t i = 0; i < place.count; ++i) paths.emplace_back(stem + part_ending(i, place.count));
  return paths;
}

// Tensors whose size follows from the first part's keys tell apart models of different sizes.
std::optional<std::string> stranger_in(const GgufContent& first, const GgufContent& part) {
  const Key* architecture = first.find_key("general.architecture");
  if (architecture == nullptr || !architecture->value.is_string()) return std::nullopt;
  const std::string prefix = architecture->value.get<std::string>();
  const auto layers = count_at(first, prefix + ".block_count");
  const auto width = count_at(first, prefix + ".embedding_length");
  for (const Tensor& tensor : part.tensors) {
    if (!tensor.name.starts_with("blk.")) continue;
    const std::string_view rest = std::string_view(tensor.name).substr(4);
    const auto layer = base::parse_integer(rest.substr(0, rest.find('.')));
    const bool too_deep = layer && layers && *layer >= static_cast<std::int64_t>(*layers);
    const bool is_norm = rest.ends_with(".attn_norm.weight") || rest.ends_with(".ffn_norm.weight");
    if (too_deep || (is_norm && width && tensor.elements != *width)) return tensor.name;
  }
  return std::nullopt;
}

// Adds the tensors of one part after another and checks that they belong together.
class Joining {
 public:
  Joining(GgufContent first, std::string name, const Place& place)
      : whole_(std::move(first)), place_(place), names_{std::move(name)} {
    for (const Tensor& tensor : whole_.tensors) owner_.emplace(tensor.name, 0);
  }

  base::Status add(GgufContent part, const std::string& name) {
    const std::size_t index = names_.size();
    names_.push_back(name);
    TRY(check_place(part, index));
    if (const auto stranger = stranger_in(whole_, part)) {
      return other_model(index, fmt::format("{} does not fit", base::printable(*stranger)));
    }
    for (Tensor& tensor : part.tensors) {
      const auto [found, added] = owner_.emplace(tensor.name, index);
      if (!added) {
        return other_model(
            index, fmt::format("{} is in part {} too", base::printable(tensor.name), found->second + 1));
      }
      tensor.part = index;
      whole_.tensors.push_back(std::move(tensor));
    }
    whole_.file_bytes += part.file_bytes;
    return {};
  }

  base::Result<GgufContent> result() {
    if (place_.tensors && *place_.tensors != whole_.tensors.size()) {
      return unusable(names_.front(),
                      fmt::format("its {} parts hold {} tensors, but the model has {}", names_.size(),
                                  whole_.tensors.size(), *place_.tensors),
                      kGetAllParts);
    }
    return std::move(whole_);
  }

 private:
  base::Status check_place(const GgufContent& part, std::size_t index) const {
    TRY_ASSIGN(const Place place, read_place(part, names_[index]));
    if (place.count != place_.count || place.tensors != place_.tensors) {
      return other_model(index, fmt::format("it is one of {} parts", place.count));
    }
    if (place.number == index) return {};
    return unusable(
        names_[index],
        fmt::format("this is part {} of the model, but named as part {}", place.number + 1, index + 1),
        kGetAllParts);
  }

  base::Status other_model(std::size_t index, std::string_view why) const {
    return unusable(
        names_[index],
        fmt::format("part {} belongs to another model than {}: {}", index + 1, names_.front(), why),
        kGetAllParts);
  }

  GgufContent whole_;
  Place place_;
  std::vector<std::string> names_;
  std::unordered_map<std::string, std::size_t> owner_;  // part that holds a tensor
};

base::Status check_is_there(const fs::path& part, std::size_t index, std::size_t count) {
  std::error_code error;
  if (fs::exists(part, error)) return {};
  return unusable(base::printable(part.string()),
                  fmt::format("part {} of {} of the model is missing", index + 1, count), kGetAllParts);
}

base::Result<std::vector<fs::path>> found_parts(const fs::path& path, const GgufContent& first) {
  TRY_ASSIGN(const Place place, read_place(first, base::printable(path.string())));
  if (place.count == 1) return std::vector<fs::path>{path};
  TRY_ASSIGN(std::vector<fs::path> paths, part_paths(path, place));
  for (std::size_t i = 0; i < paths.size(); ++i) TRY(check_is_there(paths[i], i, paths.size()));
  return paths;
}

}  // namespace

base::Result<std::vector<fs::path>> find_parts(const fs::path& path) {
  TRY_ASSIGN(const GgufContent first, read_gguf(path));
  return found_parts(path, first);
}

base::Result<GgufContent> read_model(const fs::path& path) {
  TRY_ASSIGN(GgufContent first, read_gguf(path));
  TRY_ASSIGN(const std::vector<fs::path> paths, found_parts(path, first));
  if (paths.size() == 1) return first;
  TRY_ASSIGN(const Place place, read_place(first, path.string()));
  Joining joining(std::move(first), base::printable(path.string()), place);
  for (std::size_t i = 1; i < paths.size(); ++i) {
    TRY_ASSIGN(GgufContent part, read_gguf(paths[i]));
    TRY(joining.add(std::move(part), base::printable(paths[i].string())));
  }
  return joining.result();
}

base::Result<GgufContent> read_model(const std::vector<ByteSource*>& parts) {
  TRY_ASSIGN(GgufContent first, read_gguf(*parts.front()));
  const std::string& name = parts.front()->name();
  TRY_ASSIGN(const Place place, read_place(first, name));
  if (place.count != parts.size() || place.number != 0) {
    return unusable(name,
                    fmt::format("this is part {} of {} of a model, of which {} are there", place.number + 1,
                                place.count, parts.size()),
                    kGetAllParts);
  }
  Joining joining(std::move(first), name, place);
  for (std::size_t i = 1; i < parts.size(); ++i) {
    TRY_ASSIGN(GgufContent part, read_gguf(*parts[i]));
    TRY(joining.add(std::move(part), parts[i]->name()));
  }
  return joining.result();
}

}  // namespace bantam::gguf
