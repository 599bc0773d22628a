// What is the matter with the items of a task that generates, counted. Rows of the catalogue
// (metric/catalogue.hpp) and nothing else. Columns: name, title, unit, direction, format, group, definition,
// absent_when.

#include "metric/columns.hpp"

namespace bantam::metric {
namespace {

constexpr Metric kItemCounts[] = {
    {"truncated", "Truncated", "items", lower_is_better, count, kGeneration,
     "Items whose prompt was longer than the context and lost its start.", "the task does not generate"},
    {"failed", "Failed", "items", lower_is_better, count, kGeneration,
     "Items that could not be asked, such as a prompt without a token; not in the scores.", "no item failed"},
    {"answer_truncated", "At limit", "items", lower_is_better, count, kGeneration,
     "Items whose answer ended at the limit of new tokens.", "the task does not generate"},
    {"incomplete", "Incomplete", "items", lower_is_better, count, kGeneration,
     "Items whose answer ended inside its block of thought; neither right nor wrong, and not in the scores.",
     "the task does not generate"},
    {"empty", "Empty", "items", lower_is_better, count, kGeneration, "Items whose answer has no text.",
     "the task does not generate"},
    {"unparsed", "Unparsed", "items", lower_is_better, count, kGeneration,
     "Items in whose answer the task's filter found nothing to score; counted apart from wrong answers.",
     "the task does not generate"},
    {"encoder_truncated", "Cut to compare", "items", lower_is_better, count, kGeneration,
     "Items whose answer or reference was longer than the embedding model takes and was compared without its "
     "end.",
     "no embedding model is named, or no metric needs one"},
};

}  // namespace

std::span<const Metric> item_counts() {
  return kItemCounts;
}

}  // namespace bantam::metric
