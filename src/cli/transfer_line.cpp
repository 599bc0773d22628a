#include "cli/transfer_line.hpp"

#include <fmt/format.h>
#include <cstdio>

#include "base/text.hpp"
#include "base/units.hpp"

namespace bantam::cli {
namespace {

constexpr double kLiveInterval_s = 0.1;
constexpr double kPlainInterval_s = 15.0;

std::string line_of(const hub::Transfer& transfer) {
  if (transfer.waiting) return transfer.name + "  waits: another process is fetching it";
  if (transfer.rows)
    return fmt::format("{}  {} / {} rows", transfer.name, transfer.rows->done, transfer.rows->total);
  const auto done = static_cast<double>(transfer.done_bytes);
  std::string line = fmt::format("{}  {}", transfer.name, base::format_bytes(done));
  if (transfer.total_bytes) {
    const auto total = static_cast<double>(*transfer.total_bytes);
    line += fmt::format(" / {}", base::format_bytes(total));
    if (total > 0) line += fmt::format("  {:.0f} %", 100.0 * done / total);
  }
  if (transfer.bytes_per_s) line += fmt::format("  {}/s", base::format_bytes(*transfer.bytes_per_s));
  if (transfer.remaining_s) line += fmt::format("  ETA {}", base::format_seconds(*transfer.remaining_s));
  return line;
}

}  // namespace

void TransferLine::show(const hub::Transfer& transfer) {
  if (quiet_) return;
  const std::int64_t now = clock_.now_ns();
  const bool is_new = transfer.name != name_;
  const double interval_s = terminal_.is_tty ? kLiveInterval_s : kPlainInterval_s;
  if (!is_new && base::seconds(now - last_shown_ns_) < interval_s) return;
  name_ = transfer.name;
  last_shown_ns_ = now;
  const std::string line = line_of(transfer);
  if (!terminal_.is_tty) return note(line);
  std::fputs(("\r\x1b[K" + base::ellipsize(base::printable(line), terminal_.columns - 1)).c_str(), stderr);
  std::fflush(stderr);
  line_is_open_ = true;
}

void TransferLine::clear() {
  if (line_is_open_) std::fputs("\r\x1b[K", stderr);
  line_is_open_ = false;
}

}  // namespace bantam::cli
