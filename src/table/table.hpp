#pragma once
// What a page is made of: tables, named facts and lines of text. Knows nothing of what they tell, nor of
// terminals or Markdown (table/render.hpp). Texts are plain and may come from anywhere; whoever shows them
// makes control characters visible.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace bantam::table {

enum class Mark {
  none,
  best,     // the best of its column or, in a comparison, better than what it is compared with
  shared,   // not to be told from the best, or from what it is compared with
  worse,    // worse than what it is compared with
  problem,  // there is no value because something went wrong
};

struct Cell {
  std::string text;
  Mark mark = Mark::none;
};

enum class Align { left, right };

struct Column {
  std::string head;
  Align align = Align::right;
  std::size_t least_width = 0;  // on a terminal, in columns of it
};

struct Table {
  std::string title;            // may be empty
  std::size_t key_columns = 1;  // the first ones name a row: a wide table is split, and each part has them
  std::vector<Column> columns;
  std::vector<std::vector<Cell>> rows;  // each as long as `columns`
  std::vector<std::string> notes;       // below the table, one line each

  Table() = default;
  // Keys are left-aligned, what follows is right-aligned.
  Table(std::string title, std::size_t key_columns, const std::vector<std::string>& heads);

  void add_column(std::string head, Align align = Align::right);
  // As many as there are columns.
  void add_row(std::vector<std::string> texts, Mark mark = Mark::none);
};

// What is known of one thing, a name and a text on a line.
struct Facts {
  std::string title;
  std::vector<std::pair<std::string, std::string>> rows;

  void add(std::string name, std::string text);
  // Left out when absent.
  void add(std::string name, const std::optional<std::string>& text);
  template <typename T, typename Format>
  void add(std::string name, const std::optional<T>& value, Format format) {
    if (value) add(std::move(name), format(*value));
  }
};

enum class Tone { plain, quiet, alarm };

struct Lines {
  std::string title;  // may be empty
  std::vector<std::string> lines;
  Tone tone = Tone::plain;
  bool wrapped = false;  // on a terminal; else lines stay whole, e.g. because they are paths
};

using Block = std::variant<Table, Facts, Lines>;
using Page = std::vector<Block>;  // from top to bottom

}  // namespace bantam::table
