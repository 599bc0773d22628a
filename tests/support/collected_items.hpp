#pragma once
// A sink that keeps all items.

#include <string>
#include <vector>

#include "evaluate/ask.hpp"

namespace bantam::support {

class CollectedItems final : public evaluate::Sink {
 public:
  base::Status on_plan(const std::string&, std::int64_t) override { return {}; }
  base::Status on_items(std::vector<record::Item> batch) override {
    items.insert(items.end(), batch.begin(), batch.end());
    return {};
  }
  std::vector<record::Item> items;
};

}  // namespace bantam::support
