#include "engine/detour_tile.h"

#include <limits>

#include "engine/vectors.h"

namespace maillage {
namespace {

constexpr std::int32_t kUnreachable = unreachable().ms;

MAILLAGE_VECTORS
void find_times(std::size_t n, const LabelKey* __restrict keys, std::int32_t* __restrict ms) {
  for (std::size_t i = 0; i < n; ++i) ms[i] = static_cast<std::int32_t>(keys[i] >> 32);
}

// Whole numbers until the last step: the difference of two times is exact either way.
MAILLAGE_VECTORS
void find_ways(std::size_t n, std::int32_t limit_ms, DetourTile::Ways* __restrict ways, std::int32_t* __restrict most) {
  for (std::size_t i = 0; i < n; ++i) {
    const std::int32_t before = ways->before[i], after = ways->after[i];
    const std::int32_t is_gone = after == kUnreachable ? 1 : 0;
    const std::int32_t is_lost = before <= limit_ms && after > limit_ms ? 1 : 0;
    const std::int32_t growth = is_gone ? kUnreachable : after - before;
    ways->is_gone[i] = is_gone;
    ways->is_lost[i] = is_lost;
    ways->growth[i] = growth;
    most[i] = std::max(most[i], is_lost ? kUnreachable : growth);
  }
  for (std::size_t i = 0; i < n; ++i) ways->ms[i] = (ways->is_gone[i] ? 0 : ways->after[i]) - ways->before[i];
}

// Marks places whose counter in `first` is another one than in `as`.
MAILLAGE_VECTORS
void mark_others(std::size_t n, const LabelKey* __restrict first, const LabelKey* __restrict as, std::int32_t turn, std::int32_t* __restrict turns) {
  for (std::size_t i = 0; i < n; ++i) turns[i] |= counter_bits(first[i]) != counter_bits(as[i]) ? turn : 0;
}

MAILLAGE_VECTORS
void mark_none(std::size_t n, const LabelKey* __restrict first, std::int32_t turn, std::int32_t* __restrict turns) {
  for (std::size_t i = 0; i < n; ++i) turns[i] |= counter_bits(first[i]) == CounterId().v ? turn : 0;
}

}  // namespace

DetourTile::DetourTile(const Ladders& ladders, const People& people)
    : limit_ms_(std::min(people.limit().ms, kUnreachable - 1)), rungs_(ladders), ways_(ladders.n_ladders()) {}

void DetourTile::read(std::size_t begin, std::size_t end) {
  const std::size_t n = end - begin;
  rungs_.read(begin, end);
  turn_.fill(0);
  for (auto& row : most_) row.fill(0);
  for (std::size_t l = 0; l < ways_.size(); ++l) {
    find_times(n, rungs_[l].first.data(), ways_[l].before.data());
    find_times(n, rungs_[l].second.data(), ways_[l].after.data());
    find_ways(n, limit_ms_, &ways_[l], most_[l % 2].data());
  }
  constexpr auto two = static_cast<std::int32_t>(Turn::two), several = static_cast<std::int32_t>(Turn::several);
  mark_others(n, rungs_[1].first.data(), rungs_[0].first.data(), two, turn_.data());
  for (std::size_t l = 2; l < ways_.size(); ++l) mark_others(n, rungs_[l].first.data(), rungs_[l % 2].first.data(), several, turn_.data());
  for (std::size_t l = 0; l < 2; ++l) mark_none(n, rungs_[l].first.data(), several, turn_.data());
}

}  // namespace maillage
