#include "shape/shape.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <set>

#include "base/hash.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "base/yaml.hpp"
#include "cache/embedded.hpp"
#include "shape/tensors.hpp"
#include "shape/vocabulary.hpp"

namespace bantam::shape {
namespace {

constexpr std::string_view kFolder = "shapes/";
constexpr std::string_view kNotOffered = "shapes/not-offered.yaml";
constexpr std::int64_t kMost = 1 << 24;  // of any size: products stay far from overflow

std::vector<std::string> texts_at(const base::Json& object, std::string_view key) {
  std::vector<std::string> texts;
  for (const base::Json& item : base::child_at(object, key)) {
    if (item.is_string()) texts.push_back(item.get<std::string>());
  }
  return texts;
}

// Takes the members of a mapping one by one, remembers the first thing that is wrong, and knows what is left.
class Fields {
 public:
  Fields(const base::Json& object, std::string_view what) : object_(object), what_(what) {}

  void take(std::string_view key, std::string& target, bool required = true) {
    take_with(key, target, base::string_at(object_, key), required);
  }
  void take(std::string_view key, std::int64_t& target, bool required = true) {
    take_with(key, target, base::integer_at(object_, key), required);
  }
  void take(std::string_view key, double& target, bool required = true) {
    take_with(key, target, base::number_at(object_, key), required);
  }
  void take(std::string_view key, bool& target, bool required = true) {
    take_with(key, target, base::bool_at(object_, key), required);
  }
  template <typename T>
  void take(std::string_view key, std::optional<T>& target) {
    T value{};
    if (!object_.contains(key)) return;
    take(key, value);
    target = std::move(value);
  }
  // Read elsewhere.
  void know(std::string_view key) { known_.insert(std::string(key)); }
  void complain(std::string message) {
    if (wrong_.empty()) wrong_ = std::move(message);
  }

  base::Status result() const {
    for (const auto& [key, value] : object_.items()) {
      if (!known_.contains(key)) return fail(fmt::format("unknown field '{}'", base::printable(key)));
    }
    return wrong_.empty() ? base::Status{} : fail(wrong_);
  }

 private:
  template <typename T>
  void take_with(std::string_view key, T& target, std::optional<T> value, bool required) {
    know(key);
    if (value) {
      target = *std::move(value);
    } else if (required || object_.contains(key)) {
      complain(fmt::format("field '{}' is missing or of the wrong type", key));
    }
  }
  base::Status fail(std::string_view wrong) const {
    return base::fail(base::ErrorKind::bad_input, fmt::format("{}: {}", what_, wrong));
  }

  const base::Json& object_;
  std::string what_;
  std::set<std::string> known_;
  std::string wrong_;
};

void check_values(const Shape& shape, Fields& fields) {
  const std::array positive{shape.layers,   shape.embedding, shape.feed_forward, shape.heads,
                            shape.kv_heads, shape.head_size, shape.vocabulary,   shape.context};
  if (std::any_of(positive.begin(), positive.end(), [](auto value) { return value < 1 || value > kMost; })) {
    fields.complain("a size is not between 1 and 16777216");
  } else if (shape.heads % shape.kv_heads != 0) {
    fields.complain("heads must be a multiple of kv_heads");
  } else if (shape.vocabulary < kLeastVocabulary || shape.vocabulary > kMostVocabulary) {
    fields.complain(
        fmt::format("the vocabulary must have {} to {} tokens", kLeastVocabulary, kMostVocabulary));
  } else if (!is_known_tokenizer(shape.tokenizer)) {
    fields.complain("the tokenizer must be gpt2, llama or bert");
  } else if (!is_known_architecture(shape.architecture)) {
    fields.complain(
        fmt::format("no tensors are known for architecture '{}'", base::printable(shape.architecture)));
  }
}

base::Result<std::optional<RopeScaling>> parse_scaling(const base::Json& json, std::string_view what) {
  if (!json.contains("rope_scaling")) return std::nullopt;
  const base::Json& object = base::child_at(json, "rope_scaling");
  const std::string name = fmt::format("{}, rope_scaling", what);
  if (!object.is_object()) return base::fail(base::ErrorKind::bad_input, name + ": is not a mapping");
  RopeScaling scaling;
  Fields fields(object, name);
  fields.take("kind", scaling.kind);
  fields.take("factor", scaling.factor, false);
  fields.take("low_freq_factor", scaling.low_freq_factor, false);
  fields.take("high_freq_factor", scaling.high_freq_factor, false);
  fields.take("original_context", scaling.original_context, scaling.kind != "linear");
  if (scaling.kind != "llama3" && scaling.kind != "linear" && scaling.kind != "longrope") {
    fields.complain("the kind must be llama3, linear or longrope");
  }
  TRY(fields.result());
  return scaling;
}

bool is_called(const Shape& shape, std::string_view lower) {
  return shape.name == lower ||
         std::find(shape.aliases.begin(), shape.aliases.end(), lower) != shape.aliases.end();
}

// Says why, if the engine is known not to run this model exactly.
base::Status check_offered(std::string_view lower) {
  for (const cache::EmbeddedFile& file : cache::embedded_files()) {
    if (file.name != kNotOffered) continue;
    TRY_ASSIGN(const base::Json entries, base::parse_yaml(file.content(), file.name));
    for (const base::Json& entry : entries) {
      const std::string name = base::string_at(entry, "name").value_or("");
      const auto aliases = texts_at(entry, "aliases");
      if (name != lower && std::find(aliases.begin(), aliases.end(), lower) == aliases.end()) continue;
      return base::fail(
          base::ErrorKind::usage,
          fmt::format("{} has no synthetic form: {}", name, base::string_at(entry, "why").value_or("")),
          "bantam models list shows the shapes that there are");
    }
  }
  return {};
}

}  // namespace

base::Result<Shape> parse_shape(std::string_view yaml, std::string_view what) {
  TRY_ASSIGN(const base::Json json, base::parse_yaml(yaml, what));
  if (!json.is_object()) {
    return base::fail(base::ErrorKind::bad_input, fmt::format("{}: is not a mapping", what));
  }
  Shape shape;
  Fields fields(json, what);
  fields.take("name", shape.name);
  fields.take("title", shape.title);
  fields.know("aliases");
  shape.aliases = texts_at(json, "aliases");
  fields.take("source", shape.source);
  fields.take("note", shape.note);
  fields.take("published_parameters", shape.published_parameters);
  fields.take("not_stored_parameters", shape.not_stored_parameters, false);
  fields.take("architecture", shape.architecture);
  fields.take("layers", shape.layers);
  fields.take("embedding", shape.embedding);
  fields.take("feed_forward", shape.feed_forward);
  fields.take("heads", shape.heads);
  fields.take("kv_heads", shape.kv_heads);
  fields.take("head_size", shape.head_size);
  fields.take("vocabulary", shape.vocabulary);
  fields.take("context", shape.context);
  fields.take("tied_embeddings", shape.tied_embeddings);
  fields.take("norm_epsilon", shape.norm_epsilon);
  fields.take("rope_base", shape.rope_base);
  fields.take("rope_base_local", shape.rope_base_local);
  fields.take("rope_size", shape.rope_size);
  fields.know("rope_scaling");
  TRY_ASSIGN(shape.rope_scaling, parse_scaling(json, what));
  fields.take("sliding_window", shape.sliding_window);
  fields.take("attention_softcap", shape.attention_softcap);
  fields.take("final_softcap", shape.final_softcap);
  fields.take("token_types", shape.token_types);
  fields.take("tokenizer", shape.tokenizer);
  fields.take("pretokenizer", shape.pretokenizer);
  fields.take("adds_bos", shape.adds_bos);
  check_values(shape, fields);
  TRY(fields.result());
  shape.definition_sha256 = base::sha256(yaml);
  return shape;
}

base::Result<std::vector<Shape>> known_shapes() {
  std::vector<Shape> shapes;
  for (const cache::EmbeddedFile& file : cache::embedded_files()) {
    if (!file.name.starts_with(kFolder) || !file.name.ends_with(".yaml") || file.name == kNotOffered)
      continue;
    TRY_ASSIGN(Shape shape, parse_shape(file.content(), file.name));
    shapes.push_back(std::move(shape));
  }
  std::stable_sort(shapes.begin(), shapes.end(), [](const Shape& a, const Shape& b) {
    return a.published_parameters < b.published_parameters;
  });
  return shapes;
}

base::Result<Shape> find_shape(std::string_view name) {
  const std::string lower = base::ascii_lower(name);
  TRY_ASSIGN(const auto shapes, known_shapes());
  std::vector<std::string> all_names, names;
  for (const Shape& shape : shapes) {
    if (is_called(shape, lower)) return shape;
    names.push_back(shape.name);
    all_names.push_back(shape.name);
    all_names.insert(all_names.end(), shape.aliases.begin(), shape.aliases.end());
  }
  if (shapes.empty()) {
    return base::fail(base::ErrorKind::environment, "this build has no shapes embedded",
                      "give the path of a .gguf file");
  }
  TRY(check_offered(lower));
  const auto near = base::closest(lower, all_names);
  return base::fail(
      base::ErrorKind::usage, fmt::format("there is no shape '{}'", base::printable(name)),
      near ? fmt::format("did you mean synthetic:{}?", *near) : "there are: " + base::join(names, ", "));
}

base::Status check_can_synthesize(const Shape& shape, const gguf::FileType& type) {
  std::string_view why;
  if (type.how_made == gguf::HowMade::unsupported) why = "llama.cpp reads such files but makes none";
  if (type.how_made == gguf::HowMade::needs_experts) why = "it is for mixtures of experts only";
  if (type.name == "IQ3_XXS") why = "its mix of types depends on the importance matrix of real weights";
  if (why.empty()) return {};
  return base::fail(base::ErrorKind::bad_input,
                    fmt::format("synthetic:{} cannot be made as {}: {}", shape.name, type.name, why),
                    "choose another precision");
}

std::string synthetic_identity(const Shape& shape, std::string_view llama_type, std::string_view quantizer,
                               std::uint64_t seed) {
  return fmt::format("synthetic {}:{}:{}:{}:{}:{}", kSyntheticVersion, shape.name, shape.definition_sha256,
                     llama_type, seed, quantizer);
}

}  // namespace bantam::shape
