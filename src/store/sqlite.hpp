#pragma once
// SQLite behind values: a connection, prepared statements, transactions. The one file pair that knows
// sqlite3.h. Knows nothing of records. One thread at a time.
//
// Errors name the database file: storage when it cannot be read or written (disk full, read-only, not a
// database), integrity when its content is damaged, environment when another process holds it.

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace bantam::store {

using Parameter = std::variant<std::int64_t, std::string_view>;

class Database;

class Statement {
 public:
  // Starts anew with these parameters, in order. The texts must live until the last step().
  base::Status bind(std::initializer_list<Parameter> parameters);
  // True when a row is there to be read, false at the end.
  base::Result<bool> step();
  // Ends reading rows; the statement can be bound again.
  void reset();
  // bind() and step() to the end, for statements without rows.
  base::Status run(std::initializer_list<Parameter> parameters);

  // Columns of the current row, from 0. A text lives until the next step().
  std::int64_t integer(int column) const;
  std::string_view text(int column) const;
  bool is_null(int column) const;

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  Statement(Database* database, sqlite3_stmt* statement) : database_(database), statement_(statement) {}

  Database* database_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

// Does not move, because statements point to it. Statements may call checksum(...): a number from all of its
// arguments, integers, texts and null, that another value of one of them hardly ever has.
class Database {
 public:
  // Makes the file when it is missing; changes nothing in one that is there.
  static base::Result<std::unique_ptr<Database>> open(const std::filesystem::path& path);
  // Changes nothing and leaves no file behind; works on a read-only folder too.
  static base::Result<std::unique_ptr<Database>> open_read_only(const std::filesystem::path& path);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // From now on a commit returns after its data is on the disk (write-ahead log, synced at every commit).
  base::Status make_commits_durable();
  base::Result<Statement> prepare(std::string_view sql);
  // One or more statements without parameters and rows.
  base::Status execute(const std::string& sql);
  // integrity, saying what, when the file's own structure is broken. Reads all of it.
  base::Status check_structure();
  // The first column of the first row. integrity when there is no row.
  base::Result<std::int64_t> integer(std::string_view sql);
  // Rows that the last insert, update or delete changed.
  std::int64_t changes() const;
  const std::filesystem::path& path() const { return path_; }

 private:
  friend class Statement;
  struct Close {
    void operator()(sqlite3* connection) const;
  };
  Database(std::filesystem::path path, sqlite3* connection)
      : path_(std::move(path)), connection_(connection) {}
  static base::Result<std::unique_ptr<Database>> connect(const std::filesystem::path& path,
                                                         const std::string& name, int flags);
  // After an I/O error on writing nothing more is written: a later sync that "works" would prove nothing.
  base::Error storage_error(int code);

  std::filesystem::path path_;
  std::unique_ptr<sqlite3, Close> connection_;
  std::optional<base::Error> broken_;
};

// All or nothing: rolled back unless committed.
class Transaction {
 public:
  static base::Result<Transaction> begin(Database& database);
  ~Transaction();
  Transaction(Transaction&& other) noexcept : database_(other.database_) { other.database_ = nullptr; }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  Transaction& operator=(Transaction&&) = delete;
  base::Status commit();

 private:
  explicit Transaction(Database& database) : database_(&database) {}
  Database* database_;  // null when done
};

}  // namespace bantam::store
