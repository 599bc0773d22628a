// External meters: a CSV file that another program is writing, or a serial line. Both give rows; only those
// that come while we read count. One that is an address is in http_meter.cpp.

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "base/descriptor.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "energy/finders.hpp"
#include "energy/http_meter.hpp"
#include "energy/meter_lines.hpp"

namespace bantam::energy {
namespace fs = std::filesystem;
using base::Descriptor;
namespace {

constexpr std::size_t kRoom = std::size_t{1} << 16;  // a longer line is none
// A row may be this much older than the moment we see it (programs that write keep rows back), or newer.
constexpr double kMostLagS = 60.0;
constexpr double kMostLeadS = 2.0;
constexpr int kMostBlocks = 16;  // of kRoom at most, that one call reads

// What came, cut into lines. The room is made once.
class Lines {
 public:
  Lines() : room_(kRoom) {}

  std::span<char> free() { return std::span(room_).subspan(end_); }
  void came(std::size_t bytes) { end_ += bytes; }

  // The next whole line; absent when there is none yet. Valid until the next call.
  std::optional<std::string_view> next() {
    const std::string_view all(room_.data() + begin_, end_ - begin_);
    const std::size_t at = all.find('\n');
    if (at != all.npos) {
      begin_ += at + 1;
      if (std::exchange(is_too_long_, false)) return next();  // the end of a line that is none
      return all.substr(0, at);
    }
    std::memmove(room_.data(), all.data(), all.size());
    begin_ = 0;
    end_ = all.size();
    if (end_ == kRoom) {
      is_too_long_ = true;
      end_ = 0;
    }
    return std::nullopt;
  }

 private:
  std::vector<char> room_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool is_too_long_ = false;  // the line that the next bytes belong to
};

std::int64_t ns_of(double seconds) {
  return static_cast<std::int64_t>(seconds * 1e9);
}

// A CSV file that grows. Begins behind what is in it when it is opened.
class MeterFile final : public Source {
 public:
  MeterFile(SourceFacts facts, const base::Clock& clock, Descriptor file, const MeterColumns& columns,
            double unix_at_zero_s, std::int64_t begin)
      : Source(std::move(facts), clock),
        file_(std::move(file)),
        columns_(columns),
        unix_at_zero_s_(unix_at_zero_s),
        at_(begin) {}

  std::size_t read(std::span<Reading> into) override {
    std::size_t count = 0;
    int blocks = 0;
    while (count < into.size()) {
      const auto line = lines_.next();
      if (line) {
        if (const auto row = parse_meter_row(*line, columns_)) into[count++] = reading_of(*row);
        continue;
      }
      const Fault fault = read_on();
      if (fault == Fault::none && ++blocks < kMostBlocks) continue;
      if (fault != Fault::unreadable && fault != Fault::none) into[count++] = {now_ns(), 0.0, fault};
      break;
    }
    return count;
  }

 private:
  // unreadable where nothing new is there; gone where the file was cut or removed.
  Fault read_on() {
    struct stat facts {};
    if (::fstat(file_.number(), &facts) != 0 || facts.st_nlink == 0 || facts.st_size < at_)
      return Fault::gone;
    const std::span<char> room = lines_.free();
    const ssize_t got = ::pread(file_.number(), room.data(), room.size(), at_);
    if (got <= 0) return got < 0 && errno != EINTR ? Fault::gone : Fault::unreadable;
    lines_.came(static_cast<std::size_t>(got));
    at_ += got;
    return Fault::none;
  }

  // A row that cannot be read has its own time, or that of the row before: rows come late, and in order.
  Reading reading_of(const MeterRow& row) {
    const std::int64_t now = now_ns();
    if (!row.unix_s) {
      const bool has_times = columns_.time && last_ns_ && row.fault != Fault::none;
      return {has_times ? *last_ns_ : now, row.value, row.fault};
    }
    const double lag_s = unix_at_zero_s_ + base::seconds(now) - *row.unix_s;
    if (lag_s > kMostLagS || lag_s < -kMostLeadS) return {now, 0.0, Fault::clock_differs};
    last_ns_ = now - ns_of(lag_s);
    return {*last_ns_, row.value, row.fault};
  }

  Descriptor file_;
  MeterColumns columns_;
  double unix_at_zero_s_;
  std::int64_t at_;
  std::optional<std::int64_t> last_ns_;  // of the newest row that told its time
  Lines lines_;
};

class SerialMeter final : public Source {
 public:
  SerialMeter(SourceFacts facts, const base::Clock& clock, Descriptor line, const termios& before)
      : Source(std::move(facts), clock), line_(std::move(line)), before_(before) {}
  ~SerialMeter() override { ::tcsetattr(line_.number(), TCSANOW, &before_); }

  std::size_t read(std::span<Reading> into) override {
    std::size_t count = 0;
    int blocks = 0;
    while (count < into.size()) {
      if (const auto line = lines_.next()) {
        const auto row = parse_meter_words(*line);
        const bool is_part = std::exchange(first_, false);  // we may have come in the middle of it
        if (row && !is_part) into[count++] = {now_ns(), row->value, row->fault};
        continue;
      }
      const Fault fault = read_on();
      if (fault == Fault::none && ++blocks < kMostBlocks) continue;
      if (fault == Fault::gone) into[count++] = {now_ns(), 0.0, fault};
      break;
    }
    return count;
  }

 private:
  // unreadable where nothing new is there; gone when the line was pulled out.
  Fault read_on() {
    pollfd wait{line_.number(), POLLIN, 0};
    const int ready = ::poll(&wait, 1, 0);
    if (ready == 0 || (ready < 0 && errno == EINTR)) return Fault::unreadable;
    if (ready < 0 || (wait.revents & POLLIN) == 0) return Fault::gone;
    const std::span<char> room = lines_.free();
    const ssize_t got = ::read(line_.number(), room.data(), room.size());
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return Fault::unreadable;
    if (got <= 0) return Fault::gone;
    lines_.came(static_cast<std::size_t>(got));
    return Fault::none;
  }

  Descriptor line_;
  termios before_;
  Lines lines_;
  bool first_ = true;
};

SourceFacts facts_of(const fs::path& path, Quantity quantity) {
  SourceFacts facts;
  facts.kind = "external_meter";
  facts.name = "meter:" + path.filename().string();
  facts.scope = Scope::wall;
  facts.grade = device::Grade::a;
  facts.quantity = quantity;
  facts.unit = std::string(quantity == Quantity::joules ? "J" : "W");
  facts.where = path.string();
  return facts;
}

void add_absent(const fs::path& path, std::string reason, Found& found) {
  const SourceFacts facts = facts_of(path, Quantity::watts);
  found.absent.push_back(
      {facts.kind, facts.name, "power", facts.unit, facts.grade, facts.where, std::move(reason)});
}

double unix_at_zero_s(const Request& request, const base::Clock& clock) {
  if (request.unix_at_zero_s) return *request.unix_at_zero_s;
  const std::int64_t now = clock.now_ns();
  const auto calendar = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration<double>(calendar).count() - base::seconds(now);
}

// The head, which is the first line that is no comment.
std::optional<std::string> head_of(int file) {
  std::array<char, 4096> room{};
  const ssize_t got = ::pread(file, room.data(), room.size(), 0);
  std::string_view text(room.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
  while (true) {
    const std::size_t end = text.find('\n');
    if (end == text.npos) return std::nullopt;
    const std::string_view line = base::trim(text.substr(0, end));
    text.remove_prefix(end + 1);
    if (!line.empty() && line.front() != '#') return std::string(line);
  }
}

void find_meter_file(const Request& request, const base::Clock& clock, Descriptor file, std::int64_t size,
                     Found& found) {
  const fs::path& path = *request.meter;
  const auto head = head_of(file.number());
  if (!head) return add_absent(path, "it has no head yet; start the program that writes it first", found);
  MeterColumns columns;  // a single column without a head is watts
  if (is_meter_head(*head)) {
    const auto parsed = parse_meter_head(*head);
    if (!parsed) return add_absent(path, parsed.error().message + ": " + parsed.error().hint, found);
    columns = *parsed;
  } else if (head->find_first_of(",;\t") != head->npos) {
    return add_absent(path, "its first line names no columns: begin it with a line such as time_s,power_w",
                      found);
  }
  // Back to the begin of the line that is being written.
  std::int64_t begin = size;
  char last = '\n';
  const std::int64_t least = std::max<std::int64_t>(0, begin - static_cast<std::int64_t>(kRoom));
  while (begin > least && ::pread(file.number(), &last, 1, begin - 1) == 1 && last != '\n') --begin;
  found.present.push_back(std::make_unique<MeterFile>(facts_of(path, columns.quantity), clock,
                                                      std::move(file), columns,
                                                      unix_at_zero_s(request, clock), begin));
}

struct Speed {
  int baud;
  speed_t code;
};
constexpr auto kSpeeds = std::to_array<Speed>({{1200, B1200},
                                               {2400, B2400},
                                               {4800, B4800},
                                               {9600, B9600},
                                               {19200, B19200},
                                               {38400, B38400},
                                               {57600, B57600},
                                               {115200, B115200},
                                               {230400, B230400},
                                               {460800, B460800},
                                               {921600, B921600}});

base::Status find_serial_meter(const Request& request, const base::Clock& clock, Descriptor line,
                               Found& found) {
  const auto speed = std::ranges::find(kSpeeds, request.meter_baud, &Speed::baud);
  if (speed == kSpeeds.end()) {
    return base::fail(base::ErrorKind::usage,
                      fmt::format("{} is no speed of a serial line", request.meter_baud),
                      "the usual ones are 9600 and 115200");
  }
  termios before{};
  if (::tcgetattr(line.number(), &before) != 0) {
    add_absent(*request.meter, "it is a device and no serial line", found);
    return {};
  }
  termios raw = before;
  ::cfmakeraw(&raw);
  raw.c_cflag |= CLOCAL | CREAD;
  raw.c_cc[VMIN] = 0;
  raw.c_cc[VTIME] = 0;
  if (::cfsetspeed(&raw, speed->code) != 0 || ::tcsetattr(line.number(), TCSANOW, &raw) != 0) {
    add_absent(*request.meter, fmt::format("it cannot be set to {} baud", request.meter_baud), found);
    return {};
  }
  ::tcflush(line.number(), TCIFLUSH);
  found.present.push_back(std::make_unique<SerialMeter>(facts_of(*request.meter, Quantity::watts), clock,
                                                        std::move(line), before));
  return {};
}

}  // namespace

base::Status find_meter(const Request& request, const base::Clock& clock, Found& found) {
  if (!request.meter_field.empty() && !(request.meter && is_http_meter(request.meter->native()))) {
    return base::fail(base::ErrorKind::usage, "--meter-field is for a meter that is an address",
                      "name it with --meter http://HOST/PATH");
  }
  if (!request.meter) {
    found.absent.push_back({"external_meter", "external_meter", "power", "W", device::Grade::a, "",
                            "none was named (--meter FILE, serial line or address)"});
    return {};
  }
  const std::string text = request.meter->string();
  if (is_http_meter(text)) return find_http_meter(request, clock, found);
  Descriptor file(::open(text.c_str(), O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
  struct stat facts {};
  if (!file || ::fstat(file.number(), &facts) != 0) {
    add_absent(*request.meter, base::errno_text(errno), found);
  } else if (S_ISREG(facts.st_mode)) {
    find_meter_file(request, clock, std::move(file), facts.st_size, found);
  } else if (S_ISCHR(facts.st_mode)) {
    TRY(find_serial_meter(request, clock, std::move(file), found));
  } else {
    add_absent(*request.meter, "it is neither a file nor a serial line", found);
  }
  return {};
}

}  // namespace bantam::energy
