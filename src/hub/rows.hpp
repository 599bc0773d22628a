#pragma once
// Rows of a data set from a local file: JSON lines, a JSON array, CSV or TSV. Knows nothing of what the
// columns mean.

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"

namespace bantam::hub {

// What a file does not say of itself.
struct RowsFormat {
  std::vector<std::string>
      columns;                    // of a CSV or TSV file without a head; empty: its first record names them
  std::optional<char> separator;  // of CSV or TSV; absent: by the file's name
  std::string field;      // of a JSON document, the key that holds the rows; empty: they are not behind a key
  bool is_typed = false;  // JSON values have their types already, as those of the hub's rows have

  bool operator==(const RowsFormat&) const = default;
};

// One JSON object per row. Every row has every column of the file, in the order of their first appearance; a
// value that a row does not have is null.
//
// Text is UTF-8: a byte order mark is skipped, and every invalid byte sequence (in JSON also a surrogate
// without its partner) becomes U+FFFD; no row is dropped for it. Only \n ends a JSON line, so NEL or U+2028
// inside text is kept.
//
// CSV and TSV follow RFC 4180: the first record names the columns, quoted fields may hold line breaks, lines
// end with \n, \r\n or \r, lines of blanks alone are passed over. As in pandas a column without a name is
// "Unnamed: 2" by its place from 0, and a second column x is "x.1".
//
// Columns get the types that lm-eval sees (hub/column_types.hpp).
//
// bad_input, naming file and line: not a known kind of file, malformed content, JSON nested deeper than 256
// levels, a line or field longer than 64 MiB, an unclosed quote, a record with another number of fields than
// the first one, a name that stands twice in `columns`, integers beyond 64 bits in CSV, no rows.
base::Result<std::vector<base::Json>> read_rows(const std::filesystem::path& path,
                                                const RowsFormat& format = {});

struct PlacedRows {
  std::vector<base::Json> rows;
  std::vector<std::size_t> lines;  // where each row begins, from 1; empty for a JSON array
  bool has_blank_lines = false;
};
base::Result<PlacedRows> read_placed_rows(const std::filesystem::path& path, const RowsFormat& format = {});

// The text without a leading byte order mark, and with U+FFFD for every invalid byte sequence.
std::string valid_utf8(std::string_view text);

// The JSON text with \uFFFD for every \uD800-\uDFFF escape without its partner.
std::string with_paired_surrogates(std::string_view json);

}  // namespace bantam::hub
