#include "task/python_source.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <vector>

#include "base/hash.hpp"
#include "base/text.hpp"

namespace bantam::task {
namespace {

using Words = std::set<std::string, std::less<>>;

// Any byte beyond ASCII belongs to a word.
bool is_word(char c) {
  return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         static_cast<unsigned char>(c) >= 0x80;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::string_view word_at(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (end < text.size() && is_word(text[end])) ++end;
  return text.substr(at, end - at);
}

struct Line {
  std::size_t indent = 0;
  std::string text;  // blanks stand only between two words
  Words words;       // of the code and of the expressions in f-strings
};

// Splits a module into its logical lines.
class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  std::vector<Line> lines() {
    while (at_ < text_.size()) step();
    end_line();
    return std::move(lines_);
  }

 private:
  void step() {
    if (at_begin_) return read_indent();
    const char c = text_[at_];
    if (c == '#') {
      at_ = std::min(text_.find('\n', at_), text_.size());
    } else if (c == '\n') {
      ++at_;
      if (depth_ == 0) {
        end_line();
        at_begin_ = true;
      }
      blank_ = depth_ > 0;
    } else if (c == '\\' && text_.substr(at_ + 1).starts_with('\n')) {
      at_ += 2;
      blank_ = true;
    } else if (c == ' ' || c == '\t' || c == '\f') {
      ++at_;
      blank_ = true;
    } else {
      add(piece());
    }
  }

  void read_indent() {
    line_.indent = 0;
    for (; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\t') {
        line_.indent += 8 - line_.indent % 8;
      } else if (text_[at_] == ' ' || text_[at_] == '\f') {
        ++line_.indent;
      } else {
        break;
      }
    }
    at_begin_ = false;
  }

  // The string, word or character that begins here.
  std::string_view piece() {
    const std::string_view word = word_at(text_, at_);
    const std::size_t behind = at_ + word.size();
    const bool quote = behind < text_.size() && (text_[behind] == '"' || text_[behind] == '\'');
    if (quote && is_prefix(word)) return string_piece(word);
    if (!word.empty()) {
      line_.words.emplace(word);
      return word;
    }
    const char c = text_[at_];
    if (c == '(' || c == '[' || c == '{') ++depth_;
    if ((c == ')' || c == ']' || c == '}') && depth_ > 0) --depth_;
    return text_.substr(at_, 1);
  }

  static bool is_prefix(std::string_view word) {
    constexpr std::array<std::string_view, 9> kPrefixes{"", "r", "b", "f", "u", "rb", "br", "fr", "rf"};
    std::string small(word);
    for (char& c : small) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    return std::ranges::find(kPrefixes, small) != kPrefixes.end();
  }

  std::string_view string_piece(std::string_view prefix) {
    const std::size_t start = at_ + prefix.size();
    const std::string triple(3, text_[start]);
    const std::string_view quote =
        text_.substr(start).starts_with(triple) ? text_.substr(start, 3) : text_.substr(start, 1);
    std::size_t end = start + quote.size();
    while (end < text_.size() && !text_.substr(end).starts_with(quote)) end += text_[end] == '\\' ? 2U : 1U;
    end = std::min(end + quote.size(), text_.size());
    const std::string_view whole = text_.substr(at_, end - at_);
    if (prefix.find_first_of("fF") != std::string_view::npos) add_words(whole);
    return whole;
  }

  void add_words(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
      const std::string_view word = is_digit(text[at]) ? std::string_view() : word_at(text, at);
      if (!word.empty()) line_.words.emplace(word);
      at += std::max<std::size_t>(word.size(), 1);
    }
  }

  void add(std::string_view piece) {
    if (blank_ && !line_.text.empty() && is_word(line_.text.back()) && is_word(piece.front()))
      line_.text += ' ';
    line_.text += piece;
    blank_ = false;
    at_ += piece.size();
  }

  void end_line() {
    if (!line_.text.empty()) lines_.push_back(std::move(line_));
    line_ = {};
  }

  std::string_view text_;
  std::vector<Line> lines_;
  Line line_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;  // of open brackets
  bool at_begin_ = true;
  bool blank_ = false;
};

void bind(std::string_view names, Words& to) {
  for (const std::string& name : base::split(names, ',')) {
    if (!name.empty()) to.insert(name);
  }
}

// Behind "import": "a as b,c.d", in brackets or not.
void bind_imports(std::string_view listed, Words& to) {
  while (!listed.empty() && (listed.front() == '(' || listed.front() == ')')) listed.remove_prefix(1);
  while (!listed.empty() && (listed.back() == '(' || listed.back() == ')')) listed.remove_suffix(1);
  for (const std::string& part : base::split(listed, ',')) {
    const std::size_t as = part.rfind(" as ");
    const std::string name = as != std::string::npos ? part.substr(as + 4) : part.substr(0, part.find('.'));
    if (!name.empty()) to.insert(name);
  }
}

// Where the word "import" of a line "from ... import ..." ends; npos when there is none.
std::size_t behind_import(std::string_view line) {
  constexpr std::string_view kImport = "import";
  for (std::size_t at = line.find(kImport, 4); at != std::string_view::npos;
       at = line.find(kImport, at + 1)) {
    const std::size_t end = at + kImport.size();
    if (!is_word(line[at - 1]) && (end == line.size() || !is_word(line[end]))) return end;
  }
  return std::string_view::npos;
}

// The names that a line binds as a definition, an import or a plain assignment.
void bind_line(std::string_view line, Words& to) {
  std::string_view defined = line;
  if (defined.starts_with("async ")) defined.remove_prefix(6);
  for (const std::string_view keyword : {"def ", "class "}) {
    if (defined.starts_with(keyword)) return bind(word_at(defined, keyword.size()), to);
  }
  if (line.starts_with("import ")) return bind_imports(line.substr(7), to);
  if (word_at(line, 0) == "from") {
    std::size_t behind = behind_import(line);
    if (behind != std::string_view::npos) {
      if (behind < line.size() && line[behind] == ' ') ++behind;
      return bind_imports(line.substr(behind), to);
    }
  }
  std::size_t end = 0;
  while (end < line.size() && (is_word(line[end]) || line[end] == ',')) ++end;
  const std::string_view names = line.substr(0, end);
  if (end < line.size() && line[end] == ':') end = std::min(line.find('=', end), line.size());
  const bool assigns = end < line.size() && line[end] == '=' && !line.substr(end + 1).starts_with('=');
  if (assigns) bind(names, to);
}

// A statement of a module with all that is indented below it.
struct Statement {
  std::string text;
  Words words;
  Words binds;
  bool loose = false;  // no definition, import or plain assignment
};

class Module {
 public:
  explicit Module(std::string_view text) {
    for (Line& line : Lexer(text).lines()) add(std::move(line));
  }
  const std::vector<Statement>& statements() const { return statements_; }

 private:
  void add(Line line) {
    while (line.indent < levels_.back()) levels_.pop_back();
    if (line.indent > levels_.back()) levels_.push_back(line.indent);
    const bool top = levels_.size() == 1;
    if (statements_.empty() || (top && !goes_on(line.text))) statements_.emplace_back();
    Statement& one = statements_.back();
    if (top) {
      const bool begins = one.text.empty() || decorated_;
      decorated_ = line.text.starts_with('@');
      if (begins && !decorated_) {
        one.binds.clear();
        bind_line(line.text, one.binds);
        one.loose = one.binds.empty();
      }
    }
    if (one.loose) bind_line(line.text, one.binds);
    one.text += fmt::format("{}:{}\n", levels_.size() - 1, line.text);
    one.words.merge(line.words);
  }

  bool goes_on(std::string_view line) const {
    const std::string_view word = word_at(line, 0);
    return decorated_ || word == "else" || word == "elif" || word == "except" || word == "finally";
  }

  std::vector<Statement> statements_;
  std::vector<std::size_t> levels_{0};
  bool decorated_ = false;  // the last line at the module's level was a decorator
};

// Which statements a function needs.
class Needed {
 public:
  explicit Needed(const std::vector<Statement>& statements)
      : statements_(statements), chosen_(statements.size()) {
    for (std::size_t i = 0; i < statements.size(); ++i) {
      for (const std::string& name : statements[i].binds) binding_[name].push_back(i);
      if (!statements[i].loose) continue;
      for (const std::string& word : statements[i].words) speaking_[word].push_back(i);
    }
  }

  // In the module's order; empty when nothing binds the name.
  std::string text_of(std::string_view function) {
    if (!binding_.contains(function)) return "";
    for (const std::size_t star : at(binding_, "*")) chosen_[star] = true;
    want(std::string(function));
    while (!wanted_.empty()) {
      const std::string name = std::move(wanted_.back());
      wanted_.pop_back();
      for (const std::size_t i : at(binding_, name)) choose(i);
    }
    std::string text;
    for (std::size_t i = 0; i < statements_.size(); ++i) {
      if (chosen_[i]) text += statements_[i].text;
    }
    return text;
  }

 private:
  using Index = std::map<std::string, std::vector<std::size_t>, std::less<>>;

  static std::vector<std::size_t> at(const Index& index, std::string_view key) {
    const auto found = index.find(key);
    return found == index.end() ? std::vector<std::size_t>() : found->second;
  }

  void want(const std::string& name) {
    if (known_.insert(name).second) wanted_.push_back(name);
  }

  void choose(std::size_t first) {
    std::vector<std::size_t> open{first};
    while (!open.empty()) {
      const std::size_t i = open.back();
      open.pop_back();
      if (chosen_[i]) continue;
      chosen_[i] = true;
      for (const std::string& word : statements_[i].words) want(word);
      for (const std::string& name : statements_[i].binds) {
        if (!bound_.insert(name).second) continue;
        for (const std::size_t speaks : at(speaking_, name)) open.push_back(speaks);
      }
    }
  }

  const std::vector<Statement>& statements_;
  std::vector<bool> chosen_;
  Index binding_;   // name -> statements that bind it
  Index speaking_;  // word -> loose statements in which it stands
  Words known_;
  Words bound_;
  std::vector<std::string> wanted_;
};

Module parsed(std::string_view module) {
  std::string text = base::replace_all(std::string(module), "\r\n", "\n");
  std::ranges::replace(text, '\r', '\n');
  return Module(text);
}

}  // namespace

std::optional<std::string> python_function_hash(std::string_view module, std::string_view function) {
  const Module whole = parsed(module);
  const std::string needed = Needed(whole.statements()).text_of(function);
  if (needed.empty()) return std::nullopt;
  return base::sha256(needed);
}

std::optional<std::string> python_module_hash(std::string_view module) {
  const Module whole = parsed(module);
  std::string text;
  bool has_globals = false;
  for (const Statement& one : whole.statements()) {
    text += one.text;
    has_globals = has_globals || one.words.contains("globals");
  }
  if (!has_globals) return std::nullopt;
  return base::sha256(text);
}

}  // namespace bantam::task
