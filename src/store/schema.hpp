#pragma once
// The tables of a store and how older stores become current ones. Knows nothing of records.

#include "store/sqlite.hpp"

namespace bantam::store {

// Number of the last migration: the schema this version writes, kept in the file's user_version.
int current_schema();

// Makes an empty database a store with durable commits, and brings an older store up to date. storage, with
// nothing changed, when it is some other program's database or a newer version's store.
base::Status migrate(Database& database);

// Whether it is a store that migrate() would bring up to date. storage as there.
base::Result<bool> has_older_schema(Database& database);

// The same refusals without changing anything; storage too when the store needs a migration first.
base::Status check_schema(Database& database);

}  // namespace bantam::store
