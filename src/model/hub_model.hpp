#pragma once
// From the reference of a model on the hub to its files: which ones they are, getting them, and what the
// heads of GGUF files say without getting them.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "gguf/model_info.hpp"
#include "gguf/reader.hpp"
#include "hub/client.hpp"
#include "hub/download.hpp"
#include "hub/hub.hpp"
#include "model/reference.hpp"

namespace bantam::model {

// Files of one commit that belong together.
struct HubFiles {
  std::string repository;  // "user/repo"
  std::string revision;    // as asked for
  std::string commit;
  bool gguf = false;                   // else the files that conversion needs
  std::vector<hub::RemoteFile> files;  // GGUF: all parts in order; the first one is what to open
  std::uint64_t bytes() const;
};

struct HubModel {
  std::string repository;
  std::string commit;
  bool gguf = false;
  std::vector<std::filesystem::path> paths;  // of each file, in the same order
  std::filesystem::path folder;              // the snapshot that holds them
  std::vector<hub::RemoteFile> files;
  std::uint64_t received_bytes = 0;  // over the network; 0: all was in the cache
  // What to open: the first GGUF file, or the folder to convert.
  const std::filesystem::path& path() const { return gguf ? paths.front() : folder; }
};

// Which files of a repository a reference means:
//   hf:user/repo          the GGUF file of Q4_K_M, else the first one by name
//   hf:user/repo:QUANT    that of the quantization, any case, as a whole word of the file's name
//   hf:user/repo:FILE     that very file, if FILE ends in .gguf
// with all parts of a split file; projectors ("mmproj") and importance matrices are never chosen unless
// named. A repository without GGUF files but with safetensors gives those and what belongs to them (config
// and tokenizer); with a quantization or file in the reference it is bad_input instead, with what there is.
// bad_input when nothing fits.
base::Result<HubFiles> choose_files(const hub::Listing& listing, const Reference& reference);

// The safetensors files with configuration and tokenizer, whatever else there is. bad_input without any.
base::Result<HubFiles> choose_for_conversion(const hub::Listing& listing);

// The files whose names fit one of the patterns ('*' and '?', '*' also across '/'). bad_input when none does.
base::Result<HubFiles> choose_by_patterns(const hub::Listing& listing,
                                          const std::vector<std::string>& patterns);

// All files of the repository and revision that a reference names. Offline: what the cache holds.
base::Result<hub::Listing> list_on_hub(hub::Hub& hub, const Reference& reference);

// choose_files() over what the hub lists: sizes and hashes without fetching. Offline: what the cache holds.
base::Result<HubFiles> find_on_hub(hub::Hub& hub, const Reference& reference);

// Fetches what is missing and checks everything (hub/download.hpp). Files come one after the other.
base::Result<HubModel> fetch(hub::Hub& hub, const HubFiles& files, const hub::OnTransfer& on_transfer);

// bad_input for files that are no GGUF file, with the commands that get and convert them.
base::Status check_is_gguf(const HubFiles& files, const Reference& reference);

// What the heads of a model's files say.
struct HubHead {
  gguf::GgufContent content;  // of all parts together
  gguf::ModelInfo info;
  std::vector<std::string> heads;   // the beginning of each part, with all that stands before its weights
  std::uint64_t fetched_bytes = 0;  // over the network
};

// Fetches a few hundred KB, or some MB where the vocabulary is large. `files` are the parts of one GGUF
// model. The errors of inspect() and of the transfer.
base::Result<HubHead> read_hub_head(hub::Client& client, const HubFiles& files);

}  // namespace bantam::model
