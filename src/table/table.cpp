#include "table/table.hpp"

namespace bantam::table {

Table::Table(std::string table_title, std::size_t keys, const std::vector<std::string>& heads)
    : title(std::move(table_title)), key_columns(keys) {
  for (const std::string& head : heads) add_column(head, columns.size() < keys ? Align::left : Align::right);
}

void Table::add_column(std::string head, Align align) {
  columns.push_back({std::move(head), align, 0});
}

void Table::add_row(std::vector<std::string> texts, Mark mark) {
  auto& row = rows.emplace_back();
  for (std::string& text : texts) row.push_back({std::move(text), mark});
}

void Facts::add(std::string name, std::string text) {
  rows.emplace_back(std::move(name), std::move(text));
}

void Facts::add(std::string name, const std::optional<std::string>& text) {
  if (text) add(std::move(name), *text);
}

}  // namespace bantam::table
