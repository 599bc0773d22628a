#pragma once
// Synonyms from the dictionary files of Princeton's WordNet 3.0 (Debian: package wordnet-base), looked up as
// nltk's `synsets` does: Morphy's rules applied once, exception lists, all parts of speech. Holds the files
// in memory; read-only once loaded, so that it may be shared between threads.

#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace bantam::score {

class WordNet {
 public:
  // Reads index.*, data.* and *.exc of `folder`. bad_input when a file is missing or is no
  // dictionary file.
  static base::Result<WordNet> load(const std::filesystem::path& folder);

  // Where the files lie on this machine: the folder of Debian's package. Absent when not installed.
  static std::optional<std::filesystem::path> installed_folder();

  WordNet(WordNet&&) noexcept;
  WordNet& operator=(WordNet&&) noexcept;
  ~WordNet();

  // Whether a lower-case word is a lemma of any part of speech.
  bool has_lemma(std::string_view word) const;
  // The single-word lemmas of all synsets of `word`, lower-cased already; each once, in their own case. Views
  // into the dictionary, valid as long as it.
  std::vector<std::string_view> synonyms(std::string_view word) const;

 private:
  struct Dictionary;
  explicit WordNet(std::unique_ptr<Dictionary> dictionary);
  std::unique_ptr<Dictionary> dictionary_;
};

}  // namespace bantam::score
