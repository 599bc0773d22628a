#pragma once
// An item as it is stored against the same item asked again. Pure. Knows nothing of how it was asked.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "record/record.hpp"

namespace bantam::reask {

// Where it was asked again, beside where it was asked first.
enum class Place {
  same,        // machine, engine, threads and layout of batches: each answer has the same bits
  other,       // other kernels, or another order of adding up
  other_kind,  // a GPU there and none here, or the other way round
};
std::string_view name(Place place);

// How far two log-likelihoods of one answer may be apart, in nats. 0 in the same place. In another one it is
// what scoring itself allows between two ways of computing the same (evaluate/scoring.hpp): 0.05 + 0.5 %; and
// ten times that between kinds of devices, which round activations differently.
double tolerance(Place place, double log_likelihood);

// Logits whose two best are farther apart than this give the same token in another place: ten times the least
// tolerance; between kinds of devices ten times that again.
inline constexpr double kSurelyApart = 0.5;

struct Comparison {
  bool is_same = false;            // all that is stored, bit for bit
  std::vector<std::string> wrong;  // what asking again does not give, nor can give in that place
  // "acc is 1, asked again 0", as another place may score; without choices that are nearly alike.
  std::vector<std::string> other_scores;
  std::optional<std::string> other_text;     // "the answer differs after 12 characters", the same
  std::optional<std::string> incomparable;   // why it is not the same question
  std::optional<double> largest_difference;  // of log-likelihoods, in nats
  // Scores that are 0 or 1 and come out otherwise, by key: right when it is stored and wrong asked again, and
  // the other way round.
  std::vector<std::string> lost;
  std::vector<std::string> gained;
};

// `same_inputs`: model, task files, data and settings are known to be the same, so that another question is
// wrong, too. A stored content may be the hash of it (bundle/form.hpp). Values that an embedding model gives
// are not looked at.
Comparison compare(const record::Item& stored, const record::Item& asked, Place place, bool same_inputs);

// What of all compared items of a cell is more than another place can do: of scores that come out otherwise
// nearly all were better where they are stored. By an exact test of both directions (McNemar) at 0.001.
struct Flips {
  std::int64_t lost = 0;
  std::int64_t gained = 0;
};
std::vector<std::string> one_sided(const std::map<std::string, Flips>& by_key);

}  // namespace bantam::reask
