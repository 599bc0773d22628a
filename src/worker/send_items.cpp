#include "worker/send_items.hpp"

#include <utility>

#include "job/job.hpp"

namespace bantam::worker {

using base::Json;

base::Status SendItems::on_plan(const std::string& task, std::int64_t items) {
  return channel_.send({{"type", job::message::kTask}, {"name", task}, {"total", items}});
}

base::Status SendItems::on_items(std::vector<record::Item> items) {
  Json list = Json::array();
  std::int64_t fresh = 0;
  for (const record::Item& item : items) {
    fresh += done_.contains({item.task, item.doc_id}) ? 0 : 1;
    list.push_back(record::to_json(item));
  }
  return channel_.send_and_wait(
      {{"type", job::message::kItems}, {"fresh", fresh}, {"items", std::move(list)}});
}

base::Json SendItems::result() const {
  base::Json result = base::Json::object();
  if (!scoring_) return result;
  base::Json scoring = {
      {"shared_prefixes", scoring_->shared},          {"computed_tokens", scoring_->work.computed_tokens},
      {"distinct_tokens", scoring_->distinct_tokens}, {"check_tokens", scoring_->check_tokens},
      {"output_rows", scoring_->work.output_rows},    {"seconds", scoring_->seconds}};
  base::set_if(scoring, "largest_sharing_difference", scoring_->largest_difference);
  scoring["own_kernels"] = scoring_->own_kernels;
  base::set_if(scoring, "largest_kernel_difference", scoring_->largest_kernel_difference);
  if (!scoring_->why_engine_kernels.empty()) scoring["why_engine_kernels"] = scoring_->why_engine_kernels;
  if (!scoring_->shared) scoring["why_unshared"] = scoring_->why_unshared;
  result["scoring"] = std::move(scoring);
  return result;
}

}  // namespace bantam::worker
