#include "model/hub_head.hpp"

#include <fmt/format.h>
#include <memory>

#include "model/byte_source.hpp"
#include "model/split.hpp"

namespace bantam::model {

base::Result<HubHead> read_hub_head(hub::Client& client, const HubFiles& files) {
  std::vector<std::unique_ptr<RemoteHead>> parts;
  std::vector<ByteSource*> sources;
  for (const hub::RemoteFile& file : files.files) {
    parts.push_back(std::make_unique<RemoteHead>(fmt::format("hf:{}:{}", files.repository, file.name),
                                                 file.bytes,
                                                 [&client, &file](std::uint64_t offset, std::uint64_t count) {
                                                   return hub::read_range(client, file, offset, count);
                                                 }));
    sources.push_back(parts.back().get());
  }
  HubHead head;
  TRY_ASSIGN(head.content, read_model(sources));
  TRY_ASSIGN(head.info, inspect(head.content, sources.front()->name()));
  for (const auto& part : parts) {
    head.fetched_bytes += part->fetched().size();
    head.heads.push_back(part->fetched());
  }
  return head;
}

}  // namespace bantam::model
