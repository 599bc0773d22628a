// Functions that leave rows out: one data set holds the rows of many tasks, and a column says whose a row is.

#include <algorithm>

#include "task/benchmarks/all.hpp"
#include "task/benchmarks/columns.hpp"

namespace bantam::task {
namespace {

using base::Json;
using base::Result;

// "global_mmlu.process_anatomy" of each of several endings.
template <std::size_t kCount>
class Names {
 public:
  constexpr Names(std::string_view beginning, const std::array<std::string_view, kCount>& endings) {
    for (std::size_t i = 0; i < kCount; ++i) {
      sizes_[i] = beginning.size() + endings[i].size();
      std::ranges::copy(endings[i], std::ranges::copy(beginning, texts_[i].begin()).out);
    }
  }
  constexpr std::string_view operator[](std::size_t i) const { return {texts_[i].data(), sizes_[i]}; }

 private:
  std::array<std::array<char, 80>, kCount> texts_{};
  std::array<std::size_t, kCount> sizes_{};
};

using Keeps = Result<bool> (*)(const Json& row, std::string_view value);

template <std::size_t kCount>
constexpr std::array<RowFunction, kCount> functions(const Names<kCount>& names,
                                                    const std::array<std::string_view, kCount>& values,
                                                    std::string_view module, Keeps keeps) {
  std::array<RowFunction, kCount> all{};
  for (std::size_t i = 0; i < kCount; ++i) all[i] = {{names[i], {module}}, nullptr, keeps, values[i]};
  return all;
}

template <std::size_t... kCounts>
constexpr auto joined(const std::array<RowFunction, kCounts>&... parts) {
  std::array<RowFunction, (kCounts + ...)> all{};
  auto out = all.begin();
  ((out = std::ranges::copy(parts, out).out), ...);
  return all;
}

// dataset.filter(lambda row: row[column] == value)
Result<bool> equals(const Json& row, const char* column, std::string_view value) {
  const auto found = row.find(column);
  if (found == row.end()) return missing(column);
  return found->is_string() && found->get_ref<const std::string&>() == value;
}

Result<bool> of_subject(const Json& row, std::string_view value) {
  return equals(row, "subject", value);
}

Result<bool> of_category(const Json& row, std::string_view value) {
  return equals(row, "subject_category", value);
}

Result<bool> of_domain(const Json& row, std::string_view value) {
  return equals(row, "domain", value);
}

// openai-mmmlu/default/utils.py: some rows hold the name of a file, "anatomy_test.csv_sw-KE.csv".
Result<bool> of_file_or_subject(const Json& row, std::string_view value) {
  const auto found = row.find("Subject");
  if (found == row.end()) return missing("Subject");
  if (!found->is_string()) return false;
  std::string_view subject = found->get_ref<const std::string&>();
  for (const std::string_view mark : {"_test.csv", "_test-"}) {
    const std::size_t at = subject.find(mark);
    if (at == std::string_view::npos) continue;
    subject = subject.substr(0, at);
    break;
  }
  return subject == value;
}

// bigbench/utils.py, filter_multiple_choice
Result<bool> has_choices(const Json& row, std::string_view /*value*/) {
  const auto found = row.find("multiple_choice_targets");
  if (found == row.end()) return missing("multiple_choice_targets");
  if (!found->is_array()) return missing("multiple_choice_targets", "a list");
  return !found->empty();
}

constexpr auto kSubjects = std::to_array<std::string_view>({
    "abstract_algebra",
    "anatomy",
    "astronomy",
    "business_ethics",
    "clinical_knowledge",
    "college_biology",
    "college_chemistry",
    "college_computer_science",
    "college_mathematics",
    "college_medicine",
    "college_physics",
    "computer_security",
    "conceptual_physics",
    "econometrics",
    "electrical_engineering",
    "elementary_mathematics",
    "formal_logic",
    "global_facts",
    "high_school_biology",
    "high_school_chemistry",
    "high_school_computer_science",
    "high_school_european_history",
    "high_school_geography",
    "high_school_government_and_politics",
    "high_school_macroeconomics",
    "high_school_mathematics",
    "high_school_microeconomics",
    "high_school_physics",
    "high_school_psychology",
    "high_school_statistics",
    "high_school_us_history",
    "high_school_world_history",
    "human_aging",
    "human_sexuality",
    "international_law",
    "jurisprudence",
    "logical_fallacies",
    "machine_learning",
    "management",
    "marketing",
    "medical_genetics",
    "miscellaneous",
    "moral_disputes",
    "moral_scenarios",
    "nutrition",
    "philosophy",
    "prehistory",
    "professional_accounting",
    "professional_law",
    "professional_medicine",
    "professional_psychology",
    "public_relations",
    "security_studies",
    "sociology",
    "us_foreign_policy",
    "virology",
    "world_religions",
});
constexpr auto kCategories = std::to_array<std::string_view>(
    {"Business", "Humanities", "Medical", "Other", "STEM", "Social Sciences"});
constexpr auto kCategoryNames = std::to_array<std::string_view>(
    {"business", "humanities", "medical", "other", "stem", "social_sciences"});
constexpr auto kDomains = std::to_array<std::string_view>(
    {"Applied Science", "Arts & Humanities", "Business & Commerce", "Driving License", "General knowledge",
     "Health oriented education", "Marine License", "Medical License", "Professional certification", "STEM",
     "Social Science"});
constexpr auto kDomainNames = std::to_array<std::string_view>(
    {"applied_science", "arts_humanities", "business_commerce", "driving_license", "general_knowledge",
     "health_oriented_education", "marine_license", "medical_license", "professional_certification", "stem",
     "social_science"});

constexpr Names kGlobalSubjects("global_mmlu.process_", kSubjects);
constexpr Names kGlobalCategories("global_mmlu.process_", kCategoryNames);
constexpr Names kIncludeDomains("include.process_", kDomainNames);
constexpr Names kOpenSubjects("openai_mmmlu.process_", kSubjects);

constexpr std::array kBigBench{RowFunction{
    {"bigbench.filter_multiple_choice", {"0fee850ab6930fe3e10fb94aa779b80370b209e06464129971216d5b0743a988"}},
    nullptr,
    has_choices}};
constexpr auto kRows =
    joined(kBigBench,
           functions(kGlobalSubjects, kSubjects,
                     "a1c26fa1cc4a147b529ea30025e7c410f3368fec4a5eebee933cf740db4aea64", of_subject),
           functions(kGlobalCategories, kCategories,
                     "ceee2c39dd50dfa0ba7324d2bc0482e9b77b18bd10cb49202bb15084057f3d72", of_category),
           functions(kIncludeDomains, kDomains,
                     "6131a8b4b917af0f02f4f46e011664f1a742d6213966a7138341967f04d31b24", of_domain),
           functions(kOpenSubjects, kSubjects,
                     "ef261a771a51683322fa592266a1a6ededd62f79d794e8793bbfa38af9181c2d", of_file_or_subject));

}  // namespace

constinit const Benchmark row_filters{.rows = kRows};

}  // namespace bantam::task
