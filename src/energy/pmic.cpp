// The power chip of a Raspberry Pi 5, asked by `vcgencmd pmic_read_adc`, which prints a line a rail for its
// current (3V3_SYS_A current(1)=0.06051534A) and its voltage (3V3_SYS_V volt(9)=3.30781600V). What the board
// hands on at 5 V, to USB and to its pins, goes through no rail of the chip and is missed.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/subprocess.hpp"
#include "base/text.hpp"
#include "device/kernel_files.hpp"
#include "energy/finders.hpp"
#include "energy/number_file.hpp"

namespace bantam::energy {
namespace {

constexpr double kTimeoutS = 1.0;
constexpr double kUpdateS = 0.25;  // as often as we ask: each reading starts a program
constexpr double kLeastWindowS = 5.0;
constexpr double kRatedW = 25.0;  // 5 V x 5 A, what the board's supply gives

struct Rail {
  std::string_view name;
  std::optional<double> volts;
  std::optional<double> amperes;
};

// "3V3_SYS_A current(1)=0.0605A": the rail's name without its last two letters, and the number.
struct Line {
  std::string_view rail;
  bool is_current = false;
  Number number;
};

std::optional<Line> parse_line(std::string_view line) {
  line = base::trim(line);
  const std::size_t blank = line.find(' ');
  const std::size_t equals = line.find('=');
  if (blank == line.npos || equals == line.npos || equals < blank || blank < 3) return std::nullopt;
  const std::string_view name = line.substr(0, blank);
  const bool is_current = name.ends_with("_A");
  if (!is_current && !name.ends_with("_V")) return std::nullopt;
  std::string_view value = line.substr(equals + 1);
  if (value.empty() || value.back() != (is_current ? 'A' : 'V')) return std::nullopt;
  value.remove_suffix(1);
  return Line{name.substr(0, name.size() - 2), is_current, parse_finite(value)};
}

// The sum over rails that have both; a voltage alone (EXT5V, BATT) is no rail. malformed for a current
// without its voltage, since the sum would lack it.
Number watts_of(std::string_view output) {
  std::array<Rail, 64> rails{};
  std::size_t count = 0;
  while (!output.empty()) {
    const std::size_t end = std::min(output.find('\n'), output.size());
    const auto line = parse_line(output.substr(0, end));
    output.remove_prefix(std::min(end + 1, output.size()));
    if (!line) continue;
    if (line->number.fault != Fault::none) return line->number;
    std::size_t at = 0;
    while (at < count && rails[at].name != line->rail) ++at;
    if (at == rails.size()) return {0.0, Fault::malformed};
    if (at == count) rails[count++].name = line->rail;
    (line->is_current ? rails[at].amperes : rails[at].volts) = line->number.value;
  }
  double watts = 0.0;
  bool any = false;
  for (std::size_t i = 0; i < count; ++i) {
    if (!rails[i].amperes) continue;
    if (!rails[i].volts) return {0.0, Fault::malformed};
    watts += *rails[i].amperes * *rails[i].volts;
    any = true;
  }
  return any ? Number{watts, Fault::none} : Number{0.0, Fault::malformed};
}

base::Result<base::ProgramEnd> ask(const std::string& program) {
  base::Program call;
  call.arguments = {program, "pmic_read_adc"};
  call.timeout_s = kTimeoutS;
  return base::run_program(call);
}

class Pmic final : public Source {
 public:
  Pmic(SourceFacts facts, const base::Clock& clock, std::string program)
      : Source(std::move(facts), clock), program_(std::move(program)) {}

  std::size_t read(std::span<Reading> into) override {
    const std::int64_t begin = now_ns();
    const auto end = ask(program_);
    if (!end) return give(into, begin, 0.0, Fault::gone);
    if (!end->ok()) return give(into, begin, 0.0, Fault::unreadable);
    const Number watts = watts_of(end->output);
    return give(into, begin, watts.value, watts.fault);
  }

 private:
  std::string program_;
};

// Empty when it can be used.
std::string why_not(const Request& request) {
  const std::string board = device::read_text(request.roots.proc / "device-tree/model").value_or("");
  const bool has_chip =
      board.find("Raspberry Pi 5") != board.npos || board.find("Compute Module 5") != board.npos;
  if (!has_chip) return "this is no Raspberry Pi 5";
  const auto end = ask(request.roots.vcgencmd);
  if (!end) return end.error().message;
  if (end->timed_out) return fmt::format("vcgencmd did not answer within {:g} s", kTimeoutS);
  if (!end->ok())
    return fmt::format("vcgencmd failed ({}): add this user to the group video", end->last_words());
  if (watts_of(end->output).fault != Fault::none)
    return "what vcgencmd pmic_read_adc prints has no currents with their voltages";
  return {};
}

}  // namespace

void find_pmic(const Request& request, const base::Clock& clock, Found& found) {
  SourceFacts facts;
  facts.kind = "raspberry_pi_pmic";
  facts.name = facts.kind;
  facts.scope = Scope::board;
  facts.grade = device::Grade::c;
  facts.quantity = Quantity::watts;
  facts.unit = "V x A per rail";
  facts.where = fmt::format("{} pmic_read_adc", request.roots.vcgencmd);
  facts.update_period_s = kUpdateS;
  facts.least_window_s = kLeastWindowS;
  facts.least_interval_s = kUpdateS;
  facts.rated_w = kRatedW;
  if (std::string reason = why_not(request); !reason.empty()) {
    found.absent.push_back({facts.kind, facts.name, "power", facts.unit, facts.grade, "", std::move(reason)});
    return;
  }
  found.present.push_back(std::make_unique<Pmic>(std::move(facts), clock, request.roots.vcgencmd));
}

}  // namespace bantam::energy
