#include "score/porter.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "score/python_text.hpp"

namespace bantam::score {
namespace {

struct Irregular {
  std::string_view word, stem;
};
constexpr std::array<Irregular, 16> kIrregular{{{"canning", "canning"},
                                                {"cannings", "canning"},
                                                {"dying", "die"},
                                                {"exceed", "exceed"},
                                                {"howe", "howe"},
                                                {"inning", "inning"},
                                                {"innings", "inning"},
                                                {"lying", "lie"},
                                                {"news", "news"},
                                                {"outing", "outing"},
                                                {"outings", "outing"},
                                                {"proceed", "proceed"},
                                                {"skies", "sky"},
                                                {"sky", "sky"},
                                                {"succeed", "succeed"},
                                                {"tying", "tie"}}};

// A suffix and what stands in its place when the measure of what is before it exceeds the step's limit.
struct Rule {
  std::string_view suffix, replacement;
};

bool ends_with(std::string_view word, std::string_view suffix) {
  return word.ends_with(suffix);
}

bool is_vowel_letter(char c) {
  return c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u';
}

// y is a consonant at the start and after a vowel.
bool is_consonant(std::string_view word, std::size_t at) {
  bool flip = false;
  for (; at > 0 && word[at] == 'y'; --at) flip = !flip;
  return is_vowel_letter(word[at]) == flip;
}

// Porter's m: how often a vowel is followed by a consonant.
int measure(std::string_view word) {
  int changes = 0;
  bool consonant = true;
  for (std::size_t i = 0; i < word.size(); ++i) {
    const bool was_consonant = consonant;
    consonant = word[i] == 'y' ? i == 0 || !was_consonant : !is_vowel_letter(word[i]);
    if (i > 0 && consonant && !was_consonant) ++changes;
  }
  return changes;
}

bool contains_vowel(std::string_view word) {
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (!is_consonant(word, i)) return true;
  }
  return false;
}

// Porter's *o: consonant, vowel, consonant other than w, x, y; or a two-letter word, vowel and consonant.
bool ends_short(std::string_view word) {
  const std::size_t n = word.size();
  if (n == 2) return !is_consonant(word, 0) && is_consonant(word, 1);
  return n >= 3 && is_consonant(word, n - 3) && !is_consonant(word, n - 2) && is_consonant(word, n - 1) &&
         word[n - 1] != 'w' && word[n - 1] != 'x' && word[n - 1] != 'y';
}

void replace_end(std::string& word, std::size_t suffix_length, std::string_view replacement) {
  word.resize(word.size() - suffix_length);
  word += replacement;
}

std::string_view without_end(std::string_view word, std::size_t suffix_length) {
  return word.substr(0, word.size() - suffix_length);
}

// The first rule whose suffix fits decides, whether its condition holds or not.
void apply_first(std::string& word, std::span<const Rule> rules, int measure_above) {
  for (const Rule& rule : rules) {
    if (!ends_with(word, rule.suffix)) continue;
    if (measure(without_end(word, rule.suffix.size())) > measure_above) {
      replace_end(word, rule.suffix.size(), rule.replacement);
    }
    return;
  }
}

// Plurals: -sses, -ies, -s.
void step_1a(std::string& word) {
  if (ends_with(word, "ies")) return replace_end(word, word.size() == 4 ? 1 : 2, "");
  if (ends_with(word, "sses")) return replace_end(word, 2, "");
  if (ends_with(word, "s") && !ends_with(word, "ss")) replace_end(word, 1, "");
}

// After -ed or -ing came off.
void repair_end(std::string& word) {
  if (ends_with(word, "at") || ends_with(word, "bl") || ends_with(word, "iz")) {
    word += 'e';
    return;
  }
  const std::size_t n = word.size();
  const char last = word[n - 1];
  if (n >= 2 && word[n - 2] == last && is_consonant(word, n - 1)) {
    if (last != 'l' && last != 's' && last != 'z') word.pop_back();
    return;
  }
  if (measure(word) == 1 && ends_short(word)) word += 'e';
}

// -ied, -eed, -ed, -ing.
void step_1b(std::string& word) {
  if (ends_with(word, "ied")) return replace_end(word, word.size() == 4 ? 1 : 2, "");
  if (ends_with(word, "eed")) {
    if (measure(without_end(word, 3)) > 0) word.pop_back();
    return;
  }
  for (const std::string_view suffix : {"ed", "ing"}) {
    if (!ends_with(word, suffix) || !contains_vowel(without_end(word, suffix.size()))) continue;
    replace_end(word, suffix.size(), "");
    return repair_end(word);
  }
}

// -y after a consonant.
void step_1c(std::string& word) {
  const std::size_t n = word.size();
  if (n > 2 && word[n - 1] == 'y' && is_consonant(word, n - 2)) word[n - 1] = 'i';
}

void step_2(std::string& word) {
  constexpr std::array<Rule, 21> kRules{
      {{"ational", "ate"}, {"tional", "tion"}, {"enci", "ence"}, {"anci", "ance"}, {"izer", "ize"},
       {"bli", "ble"},     {"alli", "al"},     {"entli", "ent"}, {"eli", "e"},     {"ousli", "ous"},
       {"ization", "ize"}, {"ation", "ate"},   {"ator", "ate"},  {"alism", "al"},  {"iveness", "ive"},
       {"fulness", "ful"}, {"ousness", "ous"}, {"aliti", "al"},  {"iviti", "ive"}, {"biliti", "ble"},
       {"fulli", "ful"}}};
  while (ends_with(word, "alli") && measure(without_end(word, 4)) > 0) replace_end(word, 2, "");
  if (ends_with(word, "logi")) {
    if (measure(without_end(word, 3)) > 0) word.pop_back();  // the l counts with the stem: geologi
    return;
  }
  apply_first(word, kRules, 0);
}

void step_3(std::string& word) {
  constexpr std::array<Rule, 7> kRules{{{"icate", "ic"},
                                        {"ative", ""},
                                        {"alize", "al"},
                                        {"iciti", "ic"},
                                        {"ical", "ic"},
                                        {"ful", ""},
                                        {"ness", ""}}};
  apply_first(word, kRules, 0);
}

void step_4(std::string& word) {
  constexpr std::array<Rule, 18> kRules{{{"al", ""},
                                         {"ance", ""},
                                         {"ence", ""},
                                         {"er", ""},
                                         {"ic", ""},
                                         {"able", ""},
                                         {"ible", ""},
                                         {"ant", ""},
                                         {"ement", ""},
                                         {"ment", ""},
                                         {"ent", ""},
                                         {"ou", ""},
                                         {"ism", ""},
                                         {"ate", ""},
                                         {"iti", ""},
                                         {"ous", ""},
                                         {"ive", ""},
                                         {"ize", ""}}};
  if (!ends_with(word, "ion")) return apply_first(word, kRules, 1);
  const std::string_view stem = without_end(word, 3);
  if (measure(stem) > 1 && (stem.back() == 's' || stem.back() == 't')) replace_end(word, 3, "");
}

void step_5(std::string& word) {
  if (ends_with(word, "e")) {
    const std::string_view stem = without_end(word, 1);
    const int m = measure(stem);
    if (m > 1 || (m == 1 && !ends_short(stem))) word.pop_back();
  }
  if (ends_with(word, "ll") && measure(without_end(word, 1)) > 1) word.pop_back();
}

void stem_letters(std::string& word) {
  step_1a(word);
  step_1b(word);
  step_1c(word);
  step_2(word);
  step_3(word);
  step_4(word);
  step_5(word);
}

// One byte a letter: letters outside ASCII become one of two bytes, so that two equal ones in a row stay
// equal and different ones stay different. They are only ever kept or cut off, never moved.
std::string stem_unicode(std::string_view word) {
  std::string letters;
  std::vector<std::size_t> ends;  // byte offset behind each letter
  char32_t before = 0;
  for (std::size_t at = 0; at < word.size();) {
    const char32_t c = next_code_point(word, at);
    const bool same = c == before && !letters.empty();
    if (c < 0x80) {
      letters += static_cast<char>(c);
    } else {
      const bool high = !letters.empty() && letters.back() == '\x81';
      letters += high == same ? '\x81' : '\x80';
    }
    before = c;
    ends.push_back(at);
  }
  if (letters.size() <= 2) return std::string(word);
  std::string stem = letters;
  stem_letters(stem);
  const auto differs = std::mismatch(stem.begin(), stem.end(), letters.begin(), letters.end());
  const auto kept = static_cast<std::size_t>(differs.first - stem.begin());
  return std::string(word.substr(0, kept == 0 ? 0 : ends[kept - 1])) + stem.substr(kept);
}

}  // namespace

std::string porter_stem(std::string_view word) {
  const auto irregular = std::find_if(kIrregular.begin(), kIrregular.end(),
                                      [&](const Irregular& entry) { return entry.word == word; });
  if (irregular != kIrregular.end()) return std::string(irregular->stem);
  const bool ascii =
      std::all_of(word.begin(), word.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  if (!ascii) return stem_unicode(word);
  std::string stem(word);
  if (stem.size() > 2) stem_letters(stem);
  return stem;
}

}  // namespace bantam::score
