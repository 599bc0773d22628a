#include "model/shape_vocabulary.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <string_view>

namespace bantam::model {
namespace {

// English letters, most common first.
constexpr std::string_view kLetters = "etaoinsrhldcumfpgwybvkjxqz";
constexpr std::string_view kSpaceBpe = "\u0120";    // how byte-level BPE writes a space
constexpr std::string_view kSpacePiece = "\u2581";  // how SentencePiece and llama.cpp's WordPiece write it

// Text that is made by joining two shorter pieces; a space is ' '.
struct Piece {
  std::string left, right;
};

std::vector<std::string> letter_pairs() {
  std::vector<std::string> pairs;
  for (std::size_t sum = 0; sum < 2 * kLetters.size() - 1; ++sum) {
    for (std::size_t a = 0; a < kLetters.size(); ++a) {
      if (a <= sum && sum - a < kLetters.size()) pairs.push_back({kLetters[a], kLetters[sum - a]});
    }
  }
  return pairs;
}

// `count` different pieces in the order in which they are to be joined: two letters, four letters, then the
// same and single letters after a space.
std::vector<Piece> pieces(std::size_t count) {
  const std::vector<std::string> pairs = letter_pairs();
  const std::size_t fours = count - 2 * pairs.size() - kLetters.size();  // with and without a space
  const std::size_t first_fours = (fours + 1) / 2;
  std::vector<Piece> list;
  list.reserve(count);
  for (const std::string& pair : pairs) list.push_back({pair.substr(0, 1), pair.substr(1)});
  for (std::size_t sum = 0; list.size() < pairs.size() + first_fours; ++sum) {
    for (std::size_t a = 0; a <= sum && list.size() < pairs.size() + first_fours; ++a) {
      if (a < pairs.size() && sum - a < pairs.size()) list.push_back({pairs[a], pairs[sum - a]});
    }
  }
  for (std::size_t i = 0; i < fours - first_fours; ++i) {
    const Piece& four = list[pairs.size() + i];
    list.push_back({" ", four.left + four.right});
  }
  for (const std::string& pair : pairs) list.push_back({" ", pair});
  for (const char letter : kLetters) list.push_back({" ", std::string(1, letter)});
  return list;
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

ShapeVocabulary vocabulary_of(const Shape& shape) {
  if (shape.tokenizer == "gpt2") return byte_level_bpe(shape.vocabulary);
  if (shape.tokenizer == "bert") return word_pieces(shape.vocabulary);
  return sentence_pieces(shape.vocabulary);
}

}  // namespace bantam::model
