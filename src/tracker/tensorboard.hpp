#pragma once
// Event files of TensorBoard: for each configuration a folder DIR/NAME with one file, in TFRecord's framing.
// Figures are scalars of step 0, rounds are steps of rounds/METRIC; TensorBoard keeps scalars to single
// precision. The configuration is a text.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/existing_file.hpp"
#include "base/result.hpp"
#include "tracker/run.hpp"

namespace bantam::tracker {

// A record of a TFRecord file: length and data, each with its masked CRC-32C.
std::string tf_record(std::string_view data);

// The content of an event file.
std::string tensorboard_events(const Run& run);

// Paths of the files that are there. `name`: a template (tracker/run.hpp). usage for one that is none, for
// two runs of one folder, and when a file is there with other content and is to be kept; storage when one
// cannot be written.
base::Result<std::vector<std::filesystem::path>> write_tensorboard(const std::filesystem::path& folder,
                                                                   const Runs& runs, const std::string& name,
                                                                   base::Existing existing);

}  // namespace bantam::tracker
