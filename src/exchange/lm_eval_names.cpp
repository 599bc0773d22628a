#include "exchange/lm_eval_names.hpp"

#include <algorithm>

namespace bantam::exchange {

std::string model_name_of(const analyze::Configuration& configuration) {
  return configuration.model + "/" + configuration.precision;
}

std::string sanitized(std::string_view name) {
  constexpr std::string_view kReplaced = "\"<>:/|\\?*[]";
  std::string clean;
  bool in_run = false;
  for (const char c : name) {
    const bool is_replaced = kReplaced.find(c) != std::string_view::npos;
    if (!is_replaced) clean += c;
    if (is_replaced && !in_run) clean += "__";
    in_run = is_replaced;
  }
  return clean.find_first_not_of('.') == std::string::npos ? "__" : clean;
}

std::string file_date(std::string_view utc_timestamp) {
  std::string date(utc_timestamp);
  std::ranges::replace(date, ':', '-');
  if (date.ends_with('Z')) date.pop_back();
  return date + ".000000";
}

}  // namespace bantam::exchange
