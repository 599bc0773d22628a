#include "store/sqlite.hpp"

#include <fmt/compile.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <iterator>
#include <system_error>

#include "base/hash.hpp"
#include "base/text.hpp"

namespace bantam::store {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kLongestEnding = "-journal";
constexpr int kBusyTimeoutMs = 10'000;  // for readers that meet a commit; writers are kept apart by a lock

// The system's own reason for a failed write, where it is one of space. Absent for all others.
std::optional<base::Error> describe_space(const std::string& file, int code, int number) {
  const int primary = code & 0xFF;
  const bool is_io = primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN;
  constexpr const char* kHint = "free some space and run again; what was committed is kept";
  if (primary == SQLITE_FULL || (is_io && number == ENOSPC))
    return base::Error{base::ErrorKind::storage, fmt::format("no space left for the store {}", file), kHint};
  if (is_io && number == EDQUOT)
    return base::Error{base::ErrorKind::storage,
                       fmt::format("the disk quota leaves no space for the store {}", file), kHint};
  if (is_io && number == EFBIG) {
    return base::Error{base::ErrorKind::storage,
                       fmt::format("the store {} reached the largest size that a file may have here", file),
                       "raise the limit (ulimit -f) and run again; what was committed is kept"};
  }
  return std::nullopt;
}

base::Error describe(const fs::path& path, int code, std::string_view detail, int number = 0) {
  const std::string file = base::printable(path.string());
  if (auto space = describe_space(file, code, number)) return *std::move(space);
  const std::string reason = number == 0
                                 ? std::string(detail)
                                 : fmt::format("{} ({})", detail, std::generic_category().message(number));
  switch (code & 0xFF) {
    case SQLITE_NOTADB:
      return {base::ErrorKind::storage, fmt::format("{} is not a bantam store", file),
              "name another file with --store; this one is left as it is"};
    case SQLITE_CORRUPT:
      if (number == EIO || number == ENXIO) {
        return {base::ErrorKind::storage, fmt::format("the store {} cannot be read: {}", file, reason),
                "check the disk"};
      }
      [[fallthrough]];
    case SQLITE_ERROR:  // our statements are right, so the tables are not
      return {base::ErrorKind::integrity, fmt::format("the store {} is damaged: {}", file, detail),
              "copy what can be read with `sqlite3 FILE .recover`, or start a new store"};
    case SQLITE_NOMEM:
      return {base::ErrorKind::environment, fmt::format("out of memory while using the store {}", file),
              "close other programs; what was committed is kept"};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {base::ErrorKind::environment, fmt::format("another run is using the store {}", file),
              "wait for it to end, or name another file with --store"};
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return {base::ErrorKind::storage, fmt::format("cannot open the store {} for this: {}", file, reason),
              "choose a file in a folder that you may write, with --store"};
    default:
      return {base::ErrorKind::storage, fmt::format("the store {} failed: {}", file, reason),
              "check the disk; what was committed before is kept"};
  }
}

// An absolute file name as an SQLite URI.
std::string file_uri(const fs::path& path, std::string_view query) {
  std::string uri = "file:";
  for (const char c : path.string()) {
    if (c == '%' || c == '?' || c == '#') {
      uri += fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    } else {
      uri += c;
    }
  }
  return uri + "?" + std::string(query);
}

// As SQLite is given it: a relative name could be taken for one of its own, like ":memory:".
base::Result<fs::path> full_name(const fs::path& path) {
  std::error_code error;
  const fs::path name = fs::absolute(path, error);
  if (error) {
    return base::fail(
        base::ErrorKind::storage,
        fmt::format("cannot open the store {}: {}", base::printable(path.string()), error.message()),
        "name a file in a folder that exists, with --store");
  }
  const sqlite3_vfs* system = sqlite3_vfs_find(nullptr);
  const auto longest = static_cast<std::size_t>(system ? system->mxPathname : 512) - kLongestEnding.size();
  if (name.string().size() > longest) {
    return base::fail(
        base::ErrorKind::storage,
        fmt::format("the path of the store has {} bytes; SQLite takes {}", name.string().size(), longest),
        "choose a shorter path with --store");
  }
  return name;
}

// Why the system refused what was tried last; 0 where that is not known. SQLite notes it in one of several
// places, depending on what it was doing. A want of space goes before other reasons: clearing up after it may
// have failed in other ways.
int system_error(sqlite3* connection) {
  std::array<int, 4> candidates{connection ? sqlite3_system_errno(connection) : 0, errno, 0, 0};
  sqlite3_file* log = nullptr;
  sqlite3_file_control(connection, "main", SQLITE_FCNTL_LAST_ERRNO, &candidates[2]);
  sqlite3_file_control(connection, "main", SQLITE_FCNTL_JOURNAL_POINTER, static_cast<void*>(&log));
  if (log && log->pMethods) log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO, &candidates[3]);
  for (const int reason : {ENOSPC, EDQUOT, EFBIG, EIO, ENXIO}) {
    if (std::find(candidates.begin(), candidates.end(), reason) != candidates.end()) return reason;
  }
  return candidates.front();
}

// The SQL function checksum(...). Arguments are told apart by their types and lengths.
void checksum(sqlite3_context* context, int count, sqlite3_value** values) {
  thread_local std::string all;  // keeps its room: this is called for every row
  all.clear();
  const auto out = std::back_inserter(all);
  for (int i = 0; i < count; ++i) {
    if (sqlite3_value_type(values[i]) == SQLITE_NULL) {
      all += "n;";
      continue;
    }
    if (sqlite3_value_type(values[i]) == SQLITE_INTEGER) {
      fmt::format_to(out, FMT_COMPILE("i{};"), sqlite3_value_int64(values[i]));
      continue;
    }
    const void* bytes = sqlite3_value_blob(values[i]);
    const auto size = static_cast<std::size_t>(sqlite3_value_bytes(values[i]));
    fmt::format_to(out, FMT_COMPILE("t{};"), size);
    all.append(static_cast<const char*>(bytes), size);
  }
  sqlite3_result_int64(context, base::short_sha256(all));
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

void Database::Close::operator()(sqlite3* connection) const {
  sqlite3_close_v2(connection);
}

base::Error Database::storage_error(int code) {
  base::Error error =
      describe(path_, code, sqlite3_errmsg(connection_.get()), system_error(connection_.get()));
  if ((code & 0xFF) == SQLITE_IOERR && !broken_) broken_ = error;
  return error;
}

void Statement::reset() {
  sqlite3_reset(statement_.get());
}

base::Status Statement::bind(std::initializer_list<Parameter> parameters) {
  reset();
  int index = 0;
  for (const Parameter& parameter : parameters) {
    ++index;
    const auto* text = std::get_if<std::string_view>(&parameter);
    const int code = text ? sqlite3_bind_text64(statement_.get(), index, text->data(), text->size(),
                                                SQLITE_STATIC, SQLITE_UTF8)
                          : sqlite3_bind_int64(statement_.get(), index, std::get<std::int64_t>(parameter));
    if (code != SQLITE_OK) return tl::unexpected(database_->storage_error(code));
  }
  return {};
}

base::Result<bool> Statement::step() {
  if (database_->broken_) return tl::unexpected(*database_->broken_);
  errno = 0;
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  const base::Error error = database_->storage_error(sqlite3_extended_errcode(database_->connection_.get()));
  reset();
  return tl::unexpected(error);
}

base::Status Statement::run(std::initializer_list<Parameter> parameters) {
  TRY(bind(parameters));
  while (true) {
    TRY_ASSIGN(const bool more, step());
    if (more) continue;
    reset();
    return {};
  }
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

std::string_view Statement::text(int column) const {
  const void* text = sqlite3_column_blob(statement_.get(), column);
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return {static_cast<const char*>(text), static_cast<std::size_t>(size)};
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

base::Result<std::unique_ptr<Database>> Database::connect(const fs::path& path, const std::string& name,
                                                          int flags) {
  sqlite3* connection = nullptr;
  errno = 0;
  const int code = sqlite3_open_v2(name.c_str(), &connection, flags | SQLITE_OPEN_EXRESCODE, nullptr);
  std::unique_ptr<Database> database(new Database(path, connection));
  if (code != SQLITE_OK) {
    return tl::unexpected(describe(path, code, sqlite3_errstr(code), system_error(connection)));
  }
  sqlite3_busy_timeout(connection, kBusyTimeoutMs);
  const int added = sqlite3_create_function(connection, "checksum", -1,
                                            SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY, nullptr,
                                            checksum, nullptr, nullptr);
  if (added != SQLITE_OK) return tl::unexpected(database->storage_error(added));
  // The first read shows whether it is a database at all.
  TRY(database->integer("pragma schema_version"));
  TRY(database->execute("pragma trusted_schema = off; pragma foreign_keys = on;"));
  return database;
}

base::Status Database::make_commits_durable() {
  return execute("pragma journal_mode = wal; pragma synchronous = full;");
}

base::Result<std::unique_ptr<Database>> Database::open(const fs::path& path) {
  TRY_ASSIGN(const fs::path name, full_name(path));
  return connect(path, name.string(), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
}

base::Result<std::unique_ptr<Database>> Database::open_read_only(const fs::path& path) {
  TRY_ASSIGN(const fs::path name, full_name(path));
  // Who may write opens it as a writer that writes nothing: the last one to close such a connection removes
  // the log and its index, which one that is read only leaves behind.
  if (::access(name.c_str(), W_OK) == 0 && ::access(name.parent_path().c_str(), W_OK) == 0) {
    auto database = connect(path, name.string(), SQLITE_OPEN_READWRITE);
    if (database) {
      TRY((*database)->execute("pragma query_only = on"));
      return database;
    }
  }
  // Without a log the file is complete in itself, and reading it needs no other file.
  std::error_code missing;
  const std::uintmax_t log_bytes = fs::file_size(name.string() + "-wal", missing);
  if (!missing && log_bytes > 0) return connect(path, name.string(), SQLITE_OPEN_READONLY);
  return connect(path, file_uri(name, "immutable=1"), SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
}

base::Result<Statement> Database::prepare(std::string_view sql) {
  if (broken_) return tl::unexpected(*broken_);
  sqlite3_stmt* statement = nullptr;
  const int code =
      sqlite3_prepare_v2(connection_.get(), sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
  if (code != SQLITE_OK) return tl::unexpected(storage_error(code));
  return Statement(this, statement);
}

base::Status Database::execute(const std::string& sql) {
  if (broken_) return tl::unexpected(*broken_);
  errno = 0;
  const int code = sqlite3_exec(connection_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return tl::unexpected(storage_error(code));
  return {};
}

base::Status Database::check_structure() {
  TRY_ASSIGN(Statement check, prepare("pragma integrity_check(1)"));
  TRY_ASSIGN(const bool row, check.step());
  if (row && check.text(0) == "ok") return {};
  return tl::unexpected(describe(path_, SQLITE_CORRUPT, row ? check.text(0) : "it has no structure"));
}

base::Result<std::int64_t> Database::integer(std::string_view sql) {
  TRY_ASSIGN(Statement statement, prepare(sql));
  TRY_ASSIGN(const bool row, statement.step());
  if (!row) return tl::unexpected(describe(path_, SQLITE_CORRUPT, fmt::format("no answer to '{}'", sql)));
  return statement.integer(0);
}

std::int64_t Database::changes() const {
  return sqlite3_changes64(connection_.get());
}

base::Result<Transaction> Transaction::begin(Database& database) {
  TRY(database.execute("begin immediate"));
  return Transaction(database);
}

Transaction::~Transaction() {
  if (database_) static_cast<void>(database_->execute("rollback"));
}

base::Status Transaction::commit() {
  TRY(database_->execute("commit"));
  database_ = nullptr;
  return {};
}

}  // namespace bantam::store
