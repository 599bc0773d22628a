#include "exchange/jsonl.hpp"

#include <map>
#include <string>
#include <utility>

#include "base/json.hpp"
#include "record/private_parts.hpp"

namespace bantam::exchange {
namespace {

using base::Json;
using base::Status;
using record::Record;

Json line_of(const char* kind) {
  return {{"schema", kJsonlSchema}, {"kind", kind}};
}

// What a row of a cell is of, so that its line can be read by itself.
void add_cell(const Record& record, Json& line) {
  line["cell_key"] = record.cell_key;
  line["model"] = record.model;
  line["precision"] = record.precision;
  if (!record.point.empty()) line["point"] = record.point;
}

class Writer {
 public:
  Writer(const JsonlSources& sources, const JsonlParts& parts, const TakeLine& take)
      : sources_(sources), parts_(parts), take_(take) {}

  Status write() {
    std::vector<Record> records = sources_.records;
    record::leave_out_private_parts(records);
    for (const Record& record : records) TRY(write_cell(record));
    return {};
  }

 private:
  Status write_cell(const Record& record) {
    Json line = line_of("record");
    line["record"] = record::to_json(record);
    TRY(put(line));
    if (parts_.trials) {
      TRY(sources_.trials(record.cell_key, record.attempt, [&](const record::Trial& trial) {
        Json row = line_of("trial");
        add_cell(record, row);
        row["attempt"] = record.attempt;
        row["trial"] = record::to_json(trial);
        return put(row);
      }));
    }
    if (!parts_.items) return {};
    return sources_.items(record.cell_key, [&](record::Item item) {
      record::leave_out_private_parts(item);
      Json row = line_of("item");
      add_cell(record, row);
      row["item"] = record::to_json(item);
      return put(row);
    });
  }

  Status put(const Json& line) { return take_(base::to_text(line) + "\n"); }

  const JsonlSources& sources_;
  const JsonlParts& parts_;
  const TakeLine& take_;
};

}  // namespace

Status write_jsonl(const JsonlSources& sources, const JsonlParts& parts, const TakeLine& take) {
  if (sources.records.empty())
    return base::fail(base::ErrorKind::bad_input, "the store holds no finished cell",
                      "run `bantam run` with this store first");
  return Writer(sources, parts, take).write();
}

}  // namespace bantam::exchange
