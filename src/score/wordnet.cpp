#include "score/wordnet.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <system_error>

#include "base/files.hpp"
#include "score/ngrams.hpp"

namespace bantam::score {
namespace {

constexpr std::size_t kPartsOfSpeech = 4;
constexpr std::array<std::string_view, kPartsOfSpeech> kFileNames{"noun", "verb", "adj", "adv"};

// Morphy's rules of detachment (WordNet's morphy(7)): an ending and what stands in its place.
struct Detachment {
  std::string_view ending, replacement;
};
constexpr std::array<Detachment, 9> kNounRules{{{"s", ""},
                                                {"ses", "s"},
                                                {"ves", "f"},
                                                {"xes", "x"},
                                                {"zes", "z"},
                                                {"ches", "ch"},
                                                {"shes", "sh"},
                                                {"men", "man"},
                                                {"ies", "y"}}};
constexpr std::array<Detachment, 8> kVerbRules{
    {{"s", ""}, {"ies", "y"}, {"es", "e"}, {"es", ""}, {"ed", "e"}, {"ed", ""}, {"ing", "e"}, {"ing", ""}}};
constexpr std::array<Detachment, 4> kAdjectiveRules{{{"er", ""}, {"est", ""}, {"er", "e"}, {"est", "e"}}};

// The blank-separated fields of a line, one after the other; empty at its end.
class Fields {
 public:
  explicit Fields(std::string_view line) : rest_(line) {}

  std::string_view next() {
    const std::size_t start = std::min(rest_.find_first_not_of(" \t\r"), rest_.size());
    rest_.remove_prefix(start);
    const std::size_t length = std::min(rest_.find_first_of(" \t\r"), rest_.size());
    const std::string_view field = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return field;
  }

  // Absent when the field is no number.
  std::optional<std::uint32_t> next_number(int base) {
    const std::string_view field = next();
    std::uint32_t number = 0;
    const auto parsed = std::from_chars(field.data(), field.data() + field.size(), number, base);
    if (parsed.ec != std::errc() || parsed.ptr != field.data() + field.size()) return std::nullopt;
    return number;
  }

  bool at_end() const { return rest_.find_first_not_of(" \t\r") == std::string_view::npos; }

 private:
  std::string_view rest_;
};

std::string_view line_at(std::string_view text, std::size_t offset) {
  if (offset >= text.size()) return {};
  const std::string_view rest = text.substr(offset);
  return rest.substr(0, rest.find('\n'));
}

template <typename Each>
void for_each_line(std::string_view text, Each each) {
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view line = line_at(text, at);
    each(at, line);
    at += line.size() + 1;
  }
}

// Without the syntactic marker of some adjectives: "galore(ip)".
std::string_view without_marker(std::string_view name) {
  return name.ends_with(')') ? name.substr(0, name.rfind('(')) : name;
}

// Data line (wndb(5)): offset file type words [word id]...; the count of words is hexadecimal.
void add_lemmas(std::string_view data_line, std::vector<std::string_view>& names) {
  Fields synset(data_line);
  for (int skipped = 0; skipped < 3; ++skipped) synset.next();
  const std::uint32_t words = synset.next_number(16).value_or(0);
  for (std::uint32_t w = 0; w < words && !synset.at_end(); ++w) {
    const std::string_view name = without_marker(synset.next());
    synset.next();
    if (!name.empty() && name.find('_') == std::string_view::npos) names.push_back(name);
  }
}

}  // namespace

struct WordNet::Dictionary {
  // One part of speech.
  struct Part {
    std::string index, data, exceptions;
    std::vector<std::uint32_t>
        lines;          // by lemma: where its line starts in index, plus 1; 0: not in this part
    WordIds irregular;  // the words of exceptions
    std::vector<std::string_view> irregular_bases;  // by id: their bases, blank-separated
  };
  std::array<Part, kPartsOfSpeech> parts;
  WordIds lemmas;  // of all parts

  base::Status read(const std::filesystem::path& folder);
  void number_lemmas(Part& part);
  static void number_exceptions(Part& part);
  std::optional<std::string_view> index_line(const Part& part, std::string_view lemma) const;
  std::vector<std::string> forms(std::string_view word, std::size_t part) const;
  static void add_synonyms(const Part& part, std::string_view index_line,
                           std::vector<std::string_view>& names);
};

base::Status WordNet::Dictionary::read(const std::filesystem::path& folder) {
  for (std::size_t p = 0; p < kPartsOfSpeech; ++p) {
    const std::string name(kFileNames[p]);
    Part& part = parts[p];
    for (const auto& [file, content] : {std::pair{"index." + name, &part.index},
                                        {"data." + name, &part.data},
                                        {name + ".exc", &part.exceptions}}) {
      auto text = base::read_file(folder / file);
      if (!text) return tl::unexpected(text.error());
      *content = std::move(*text);
    }
    number_lemmas(part);
    number_exceptions(part);
    const bool empty =
        std::all_of(part.lines.begin(), part.lines.end(), [](std::uint32_t line) { return line == 0; });
    if (empty) {
      return base::fail(base::ErrorKind::bad_input, "no words in " + (folder / ("index." + name)).string(),
                        "expected WordNet's dictionary files, as in Debian's package wordnet-base");
    }
  }
  return {};
}

// The licence at the head of a file is indented.
void WordNet::Dictionary::number_lemmas(Part& part) {
  for_each_line(part.index, [&](std::size_t start, std::string_view line) {
    if (line.empty() || line.front() == ' ') return;
    const std::uint32_t id = lemmas.id(Fields(line).next());
    if (id >= part.lines.size()) part.lines.resize(id + std::size_t{1}, 0);
    part.lines[id] = static_cast<std::uint32_t>(start) + 1;
  });
}

// Where a word stands there twice, the last line counts.
void WordNet::Dictionary::number_exceptions(Part& part) {
  for_each_line(part.exceptions, [&](std::size_t, std::string_view line) {
    const std::string_view word = Fields(line).next();
    if (word.empty()) return;
    const std::uint32_t id = part.irregular.id(word);
    const std::string_view bases =
        line.substr(static_cast<std::size_t>(word.data() - line.data()) + word.size());
    if (id == part.irregular_bases.size()) part.irregular_bases.emplace_back();
    part.irregular_bases[id] = bases;
  });
}

std::optional<std::string_view> WordNet::Dictionary::index_line(const Part& part,
                                                                std::string_view lemma) const {
  const std::optional<std::uint32_t> id = lemmas.find(lemma);
  if (!id || *id >= part.lines.size() || part.lines[*id] == 0) return std::nullopt;
  return line_at(part.index, part.lines[*id] - 1);
}

// The word and its possible bases: those of the exception list if it is there, else by the rules.
std::vector<std::string> WordNet::Dictionary::forms(std::string_view word, std::size_t part) const {
  std::vector<std::string> found{std::string(word)};
  if (const auto id = parts[part].irregular.find(word)) {
    Fields bases(parts[part].irregular_bases[*id]);
    for (std::string_view base = bases.next(); !base.empty(); base = bases.next()) found.emplace_back(base);
    return found;
  }
  const auto apply = [&](std::span<const Detachment> rules) {
    for (const Detachment& rule : rules) {
      if (!word.ends_with(rule.ending)) continue;
      found.push_back(std::string(word.substr(0, word.size() - rule.ending.size())).append(rule.replacement));
    }
  };
  if (part == 0) apply(kNounRules);
  if (part == 1) apply(kVerbRules);
  if (part == 2) apply(kAdjectiveRules);
  return found;
}

// Index line (wndb(5)): lemma pos synsets pointers [pointer...] senses tagged offset...
void WordNet::Dictionary::add_synonyms(const Part& part, std::string_view index_line,
                                       std::vector<std::string_view>& names) {
  Fields index(index_line);
  index.next();
  index.next();
  const std::uint32_t synsets = index.next_number(10).value_or(0);
  const std::uint32_t pointers = index.next_number(10).value_or(0);
  for (std::uint32_t i = 0; i < pointers && !index.at_end(); ++i) index.next();
  index.next();
  index.next();
  for (std::uint32_t i = 0; i < synsets && !index.at_end(); ++i) {
    const std::optional<std::uint32_t> offset = index.next_number(10);
    if (offset) add_lemmas(line_at(part.data, *offset), names);
  }
}

WordNet::WordNet(std::unique_ptr<Dictionary> dictionary) : dictionary_(std::move(dictionary)) {}
WordNet::WordNet(WordNet&&) noexcept = default;
WordNet& WordNet::operator=(WordNet&&) noexcept = default;
WordNet::~WordNet() = default;

base::Result<WordNet> WordNet::load(const std::filesystem::path& folder) {
  auto dictionary = std::make_unique<Dictionary>();
  const base::Status read = dictionary->read(folder);
  if (!read) return tl::unexpected(read.error());
  return WordNet(std::move(dictionary));
}

std::optional<std::filesystem::path> WordNet::installed_folder() {
  std::error_code ignored;
  const std::filesystem::path folder = "/usr/share/wordnet";
  if (!std::filesystem::exists(folder / "index.noun", ignored)) return std::nullopt;
  return folder;
}

bool WordNet::has_lemma(std::string_view word) const {
  return dictionary_->lemmas.find(word).has_value();
}

std::vector<std::string_view> WordNet::synonyms(std::string_view word) const {
  std::vector<std::string_view> names;
  for (std::size_t p = 0; p < kPartsOfSpeech; ++p) {
    const Dictionary::Part& part = dictionary_->parts[p];
    for (const std::string& form : dictionary_->forms(word, p)) {
      if (const auto line = dictionary_->index_line(part, form)) Dictionary::add_synonyms(part, *line, names);
    }
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace bantam::score
