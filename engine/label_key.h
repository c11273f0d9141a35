// Labels as numbers in their order: time, then counter. Merging numbers needs no branch, and branches on
// travel times are wrong as often as right.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>
#include <span>

#include "engine/dijkstra.h"

namespace maillage {

using LabelKey = std::int64_t;
inline constexpr LabelKey kAbsentKey = std::numeric_limits<LabelKey>::max();  // that of an absent label: after all others

inline LabelKey to_key(const Label& label) {
  const auto bits = std::bit_cast<std::uint64_t>(label);  // time, then counter; the other way round where low bytes come first
  return static_cast<LabelKey>(std::endian::native == std::endian::little ? std::rotl(bits, 32) : bits);
}
inline Duration time_of(LabelKey key) { return {static_cast<std::int32_t>(key >> 32)}; }
inline std::uint32_t counter_bits(LabelKey key) { return static_cast<std::uint32_t>(key); }
inline CounterId counter_of(LabelKey key) { return CounterId(counter_bits(key)); }
inline Label to_label(LabelKey key) { return {time_of(key), counter_of(key)}; }

// The two best labels of different counters.
struct KeyPair {
  LabelKey first = kAbsentKey, second = kAbsentKey;
};

inline KeyPair to_pair(std::span<const Label> list) {
  return {list.empty() ? kAbsentKey : to_key(list[0]), list.size() > 1 ? to_key(list[1]) : kAbsentKey};
}
// Counters of a place's own area are 0 minutes away.
inline KeyPair to_pair(std::span<const CounterId> near) {
  auto key = [&near](std::size_t i) { return near.size() > i ? to_key({{0}, near[i]}) : kAbsentKey; };
  return {key(0), key(1)};
}

// The two best of both; the best two of all are among the best two of each.
inline KeyPair merge(const KeyPair& a, const KeyPair& b) {
  const bool a_wins = a.first < b.first;
  const LabelKey first = a_wins ? a.first : b.first, loser = a_wins ? b.first : a.first;
  const LabelKey next = a_wins ? a.second : b.second, after_loser = a_wins ? b.second : a.second;
  const bool is_same = counter_bits(loser) == counter_bits(first);
  return {first, std::min(next, is_same ? after_loser : loser)};
}

}  // namespace maillage
