#include "bundle/form.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/hash.hpp"
#include "base/text.hpp"

namespace bantam::bundle {
namespace {

using base::Json;

constexpr std::string_view kFormat = "bantam bundle";
constexpr std::int64_t kVersion = 1;
constexpr std::size_t kChecksumDigits = 16;

std::string line(const Json& json) {
  return base::to_text(json) + "\n";
}

std::string checksum(std::string_view kind, std::string_view place, std::string_view content) {
  return base::sha256(fmt::format("{}\n{}\n{}", kind, place, content)).substr(0, kChecksumDigits);
}

}  // namespace

std::string_view name(ItemForm form) {
  return form == ItemForm::whole ? "whole" : "hashes";
}

base::Result<ItemForm> item_form_from(std::string_view text) {
  for (const ItemForm form : {ItemForm::whole, ItemForm::hashes}) {
    if (name(form) == text) return form;
  }
  return base::fail(base::ErrorKind::usage, fmt::format("items cannot be '{}'", base::printable(text)),
                    "items are whole or hashes");
}

std::string_view name(RowKind kind) {
  switch (kind) {
    case RowKind::trial:
      return "trial";
    case RowKind::block:
      return "block";
    case RowKind::item:
      return "item";
  }
  return {};
}

std::int64_t& Counts::of(RowKind kind) {
  if (kind == RowKind::trial) return trials;
  return kind == RowKind::block ? blocks : items;
}

std::string_view name(BasisFrom from) {
  return from == BasisFrom::end ? "end" : "export";
}

std::optional<BasisFrom> basis_from(std::string_view text) {
  for (const BasisFrom from : {BasisFrom::end, BasisFrom::exported}) {
    if (name(from) == text) return from;
  }
  return std::nullopt;
}

Json to_json(const Head& head) {
  Json json{{"format", kFormat}, {"version", kVersion}, {"generator", head.generator}};
  base::set_if(json, "newest", head.newest);
  json["items"] = name(head.items);
  json["counts"] = {{"records", head.counts.records},
                    {"trials", head.counts.trials},
                    {"blocks", head.counts.blocks},
                    {"items", head.counts.items}};
  return json;
}

base::Result<Head> head_from(const Json& json) {
  if (base::string_at(json, "format") != kFormat)
    return base::fail(base::ErrorKind::bad_input, "the file is no bundle of bantam",
                      "make one with `bantam export bundle`");
  const auto version = base::integer_at(json, "version");
  if (version != kVersion)
    return base::fail(base::ErrorKind::bad_input,
                      fmt::format("the bundle has version {}; this bantam reads version {}",
                                  version ? std::to_string(*version) : "none", kVersion),
                      "read it with the bantam that its first line names");
  const Json& counts = base::child_at(json, "counts");
  const auto items = item_form_from(base::string_at(json, "items").value_or(""));
  const auto count = [&counts](std::string_view key) { return base::integer_at(counts, key).value_or(-1); };
  Head head{base::string_at(json, "generator").value_or(""),
            base::string_at(json, "newest"),
            items.value_or(ItemForm::whole),
            {count("records"), count("trials"), count("blocks"), count("items")}};
  if (!items || to_json(head) != json)
    return base::fail(base::ErrorKind::bad_input, "the first line of the bundle is not one of its version",
                      "ask for the bundle again");
  return head;
}

std::string row_checksum(RowKind kind, std::string_view cell_key, const Json& body) {
  return checksum(name(kind), cell_key, base::to_text(body));
}

std::string record_checksum(const Json& record, std::string_view basis, BasisFrom from) {
  return checksum("record", fmt::format("{} {}", basis, name(from)), base::to_text(record));
}

std::string row_line(RowKind kind, std::string_view cell_key, const Json& body) {
  return line({{std::string(name(kind)), body}, {"checksum", row_checksum(kind, cell_key, body)}});
}

std::string record_line(const Json& record, std::string_view basis, BasisFrom from) {
  return line({{"record", record},
               {"basis", basis},
               {"basis_from", name(from)},
               {"checksum", record_checksum(record, basis, from)}});
}

std::string last_line(std::string_view sha256) {
  return line({{"sha256", sha256}});
}

Json hashed_content(const Json& content) {
  return {{"sha256", base::sha256(base::to_text(content))}};
}

bool is_hashed_content(const Json& content) {
  return content.is_object() && content.size() == 1 &&
         is_sha256(base::string_at(content, "sha256").value_or(""));
}

bool is_sha256(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace bantam::bundle
