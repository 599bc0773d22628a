#pragma once
// What the lines of a bundle are. A bundle is one text file of JSON lines: a head; of each cell its record
// and below it the trials, blocks and items that it rests on; and a last line with the hash of all bytes
// before.
//
//   {"format":"bantam bundle","version":1,"generator":...,"newest":...,"items":"whole","counts":{...}}
//   {"record":{...},"basis":SHA-256 of the lines below it,"basis_from":"end","checksum":...}
//   {"trial":{...},"checksum":...}    {"block":{...},"checksum":...}    {"item":{...},"checksum":...}
//   {"sha256":...}
//
// Each line is the one text that its JSON has here, so that no two files say the same.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "base/result.hpp"

namespace bantam::bundle {

// Larger ones are neither written nor read.
inline constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 30;
inline constexpr std::size_t kMostBytesOfLine = std::size_t{32} << 20;

// What is passed on of an item beside its scores: all, or the hash of it, where its texts may not be passed
// on.
enum class ItemForm { whole, hashes };
std::string_view name(ItemForm form);
// usage when `text` names none.
base::Result<ItemForm> item_form_from(std::string_view text);

enum class RowKind { trial, block, item };
inline constexpr std::array kRowKinds{RowKind::trial, RowKind::block, RowKind::item};
std::string_view name(RowKind kind);

struct Counts {
  std::int64_t records = 0;
  std::int64_t trials = 0;
  std::int64_t blocks = 0;
  std::int64_t items = 0;

  std::int64_t& of(RowKind kind);
};

struct Head {
  std::string generator;              // "bantam 1.2.3"
  std::optional<std::string> newest;  // when the newest record was finished, UTC; absent without records
  ItemForm items = ItemForm::whole;
  Counts counts;
};
base::Json to_json(const Head& head);
// bad_input when it is no head of a bundle, or of a version that this one does not read.
base::Result<Head> head_from(const base::Json& json);

// Since when the basis of a record is known: from the end of its cell or, for a store of an earlier version,
// which kept none, from the export.
enum class BasisFrom { end, exported };
std::string_view name(BasisFrom from);
std::optional<BasisFrom> basis_from(std::string_view text);

// The lines, each with its line break.
std::string row_line(RowKind kind, std::string_view cell_key, const base::Json& body);
std::string record_line(const base::Json& record, std::string_view basis, BasisFrom from);
std::string last_line(std::string_view sha256);

// What the checksum of a line has to be: of its kind, its place and its content.
std::string row_checksum(RowKind kind, std::string_view cell_key, const base::Json& body);
std::string record_checksum(const base::Json& record, std::string_view basis, BasisFrom from);

// What stands for the content of an item in a bundle of hashes.
base::Json hashed_content(const base::Json& content);
bool is_hashed_content(const base::Json& content);
// 64 lower-case hexadecimal digits.
bool is_sha256(std::string_view text);

}  // namespace bantam::bundle
