#include "shape/vocabulary.hpp"

#include <fmt/format.h>
#include <string_view>
#include <unordered_set>

#include "base/text.hpp"
#include "cache/embedded.hpp"

namespace bantam::shape {
namespace {

// English letters, most common first.
constexpr std::string_view kLetters = "etaoinsrhldcumfpgwybvkjxqz";
constexpr std::string_view kSpaceBpe = "\u0120";    // how byte-level BPE writes a space
constexpr std::string_view kSpacePiece = "\u2581";  // how SentencePiece and llama.cpp's WordPiece write it

// Text that is made by joining two shorter pieces; a space is ' '.
struct Piece {
  std::string left, right;
};

// Up to a number of different pieces, in the order in which they are to be joined.
class PieceList {
 public:
  explicit PieceList(std::size_t count) : count_(count) { list_.reserve(count); }

  bool full() const { return list_.size() == count_; }
  void add(std::string left, std::string right) {
    if (full() || !texts_.insert(left + right).second) return;
    list_.push_back({std::move(left), std::move(right)});
  }
  // A word from its first letter on, letter by letter.
  void add_chain(const std::string& word) {
    for (std::size_t i = 1; i < word.size(); ++i) add(word.substr(0, i), word.substr(i, 1));
  }
  // Every pair of two of `parts`, those from the front of the list first.
  void add_pairs(const std::vector<std::string>& parts) {
    for (std::size_t sum = 0; sum < 2 * parts.size() - 1; ++sum) {
      for (std::size_t a = sum < parts.size() ? 0 : sum - parts.size() + 1; a <= sum && a < parts.size();
           ++a) {
        if (full()) return;
        add(parts[a], parts[sum - a]);
      }
    }
  }
  const std::vector<Piece>& list() const { return list_; }

 private:
  std::size_t count_;
  std::vector<Piece> list_;
  std::unordered_set<std::string> texts_;
};

// Common English words, most common first. Empty in a build without embedded files.
std::vector<std::string> common_words() {
  for (const cache::EmbeddedFile& file : cache::embedded_files()) {
    if (file.name == "shapes/words.txt") return base::split_list(file.content());
  }
  return {};
}

std::string capitalized(std::string word) {
  word[0] = static_cast<char>(word[0] - 'a' + 'A');
  return word;
}

// Words and their beginnings, then pairs of letters, then made-up syllables of four letters until there are
// `count`.
std::vector<Piece> pieces(std::size_t count) {
  PieceList list(count);
  const std::vector<std::string> words = common_words();
  for (const std::string& word : words) list.add_chain(fmt::format(" {}", word));
  for (const std::string& word : words) list.add_chain(fmt::format(" {}", capitalized(word)));
  for (const std::string& word : words) list.add_chain(capitalized(word));
  for (const std::string& word : words) list.add_chain(word);
  std::vector<std::string> letters, pairs;
  for (const char letter : kLetters) letters.emplace_back(1, letter);
  for (const std::string& first : letters) {
    for (const std::string& second : letters) pairs.push_back(first + second);
  }
  list.add_pairs(letters);
  for (const std::string& pair : pairs) list.add(" ", pair);
  for (const std::string& letter : letters) list.add(" ", letter);
  list.add_pairs(pairs);
  return list.list();
}

std::string with_space(std::string text, std::string_view space) {
  return text[0] == ' ' ? std::string(space) + text.substr(1) : text;
}

class Builder {
 public:
  explicit Builder(std::int64_t size) : size_(static_cast<std::size_t>(size)) {}

  std::int64_t add(std::string token, TokenKind kind = TokenKind::normal) {
    vocabulary_.tokens.push_back(std::move(token));
    vocabulary_.kinds.push_back(kind);
    return static_cast<std::int64_t>(vocabulary_.tokens.size()) - 1;
  }
  // Fills up with pieces, leaving room for `reserved` more tokens.
  std::vector<Piece> add_pieces(std::string_view space, std::size_t reserved = 0) {
    std::vector<Piece> list = pieces(size_ - reserved - vocabulary_.tokens.size());
    for (Piece& piece : list) {
      piece.left = with_space(std::move(piece.left), space);
      add(piece.left + piece.right);
    }
    return list;
  }
  ShapeVocabulary& vocabulary() { return vocabulary_; }

 private:
  std::size_t size_;
  ShapeVocabulary vocabulary_;
};

// The printable character that stands for a byte in byte-level BPE: printable Latin-1 for itself, the others
// for U+0100 on, in order.
std::string bpe_byte(int byte, int& others) {
  const bool itself = (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
  const int code = itself ? byte : 0x100 + others++;
  if (code < 0x80) return std::string(1, static_cast<char>(code));
  return {static_cast<char>(0xC0 | (code >> 6)), static_cast<char>(0x80 | (code & 0x3F))};
}

ShapeVocabulary byte_level_bpe(std::int64_t size) {
  Builder builder(size);
  int others = 0;
  for (int byte = 0; byte < 256; ++byte) builder.add(bpe_byte(byte, others));
  for (const Piece& piece : builder.add_pieces(kSpaceBpe, 2)) {
    builder.vocabulary().merges.push_back(piece.left + " " + piece.right);
  }
  builder.vocabulary().bos = builder.add("<|begin|>", TokenKind::control);
  builder.vocabulary().eos = builder.add("<|end|>", TokenKind::control);
  return std::move(builder.vocabulary());
}

ShapeVocabulary sentence_pieces(std::int64_t size) {
  Builder builder(size);
  builder.vocabulary().unknown = builder.add("<unk>", TokenKind::unknown);
  builder.vocabulary().bos = builder.add("<s>", TokenKind::control);
  builder.vocabulary().eos = builder.add("</s>", TokenKind::control);
  builder.add("<|endoftext|>", TokenKind::control);  // llama.cpp wants it in models with phi-3 in their name
  for (int byte = 0; byte < 256; ++byte) builder.add(fmt::format("<0x{:02X}>", byte), TokenKind::byte);
  for (char c = '!'; c <= '~'; ++c) builder.add(std::string(1, c));
  builder.add(std::string(kSpacePiece));
  builder.add_pieces(kSpacePiece);
  // Two pieces are joined if the result is a token, that with the highest score first.
  for (std::size_t i = 0; i < builder.vocabulary().tokens.size(); ++i) {
    builder.vocabulary().scores.push_back(-static_cast<float>(i));
  }
  return std::move(builder.vocabulary());
}

// Text is in lower case. llama.cpp marks the pieces that begin a word, not those that continue one.
ShapeVocabulary word_pieces(std::int64_t size) {
  Builder builder(size);
  builder.vocabulary().padding = builder.add("[PAD]", TokenKind::control);
  for (int i = 1; i < 100; ++i) builder.add(fmt::format("[unused{}]", i), TokenKind::unused);
  builder.vocabulary().unknown = builder.add("[UNK]", TokenKind::control);
  builder.vocabulary().bos = builder.add("[CLS]", TokenKind::control);
  builder.vocabulary().eos = builder.add("[SEP]", TokenKind::control);
  builder.vocabulary().mask = builder.add("[MASK]", TokenKind::control);
  for (char c = '!'; c <= '~'; ++c) {
    if (c >= 'A' && c <= 'Z') continue;
    builder.add(std::string(1, c));
    if (c < 'a' || c > 'z') builder.add(std::string(kSpacePiece) + c);  // letters: among the pieces
  }
  builder.add_pieces(kSpacePiece);
  return std::move(builder.vocabulary());
}

}  // namespace

bool is_known_tokenizer(std::string_view tokenizer) {
  return tokenizer == "gpt2" || tokenizer == "llama" || tokenizer == "bert";
}

ShapeVocabulary make_vocabulary(const Shape& shape) {
  if (shape.tokenizer == "gpt2") return byte_level_bpe(shape.vocabulary);
  if (shape.tokenizer == "bert") return word_pieces(shape.vocabulary);
  return sentence_pieces(shape.vocabulary);
}

}  // namespace bantam::shape
