#include "engine/closures.h"

#include <algorithm>

#include "engine/closure_tally.h"

namespace maillage {
namespace {

constexpr std::size_t kMostBlocks = 32;  // bounds what the blocks hold together
constexpr std::size_t kLeastPlaces = 2048;

// The far ones of a group by ability, from its sums.
Ability find_far(const TerritoryParts& parts, std::uint32_t g, double first, double second, double third) {
  if (parts.abilities) return {first, second, third};
  const double far = first, shifted = second, p_b = parts.groups->p_b[g], p_c = parts.groups->p_c[g];
  const double p_a = 1 - p_b - p_c;
  return {p_a * (far - shifted), p_b * (far - shifted) + p_a * shifted, p_c * far + p_b * shifted};
}

// One block's part of a counter's change. Groups of a class after those of the class before.
void add_tally(const Tally& tally, std::uint32_t slot, const People& people, const GroupLanes& lanes, std::span<Change> columns) {
  const std::size_t n = lanes.n_groups, width = lanes.width;
  const double* s = tally.sums.data() + slot * Tally::n_sums(width);
  const std::int32_t* c = tally.counts.data() + slot * Tally::n_counts(width);
  for (std::size_t w = 0; w < lanes.n_classes; ++w)
    for (std::uint32_t g : people.groups_of(w)) {
      const double* far = s + Tally::kFar * width + g;
      const Ability a = find_far(people.parts(), g, far[0], far[width], far[2 * width]);
      Change add;
      add.states = {-a.autonomous, -(a.needs_help + a.cannot), a.autonomous, a.needs_help, a.cannot};
      add.moved = s[Tally::kMoved * width + g];
      add.person_ms = s[Tally::kMs * width + g];
      add.unreachable = s[Tally::kGone * width + g];
      add.n_places = static_cast<std::uint32_t>(s[Tally::kPlaces * width + g]);
      if (c[Tally::kGrowth * width + g] > 0)
        add.worst = {PlaceId(static_cast<std::uint32_t>(c[Tally::kPlace * width + g])), {c[Tally::kBefore * width + g]}, {c[Tally::kAfter * width + g]}};
      columns[g].add(add);
      add.n_places = 0;
      columns[n].add(add);
    }
  columns[n].n_places += static_cast<std::uint32_t>(c[Tally::kCounts * width]);
}

}  // namespace

SingleClosures find_single_closures(const Ladders& ladders, const People& people, const Context& context) {
  const Territory& territory = *ladders.territory();
  const std::size_t n_places = territory.n_places(), n_counters = territory.parts().counters->n_counters();
  const std::size_t block = std::max(kLeastPlaces, (n_places + kMostBlocks - 1) / kMostBlocks);
  std::vector<Tally> tallies((n_places + block - 1) / block);
  context.begin("closing each counter alone", n_places);
  for_blocks(n_places, block, context, [&](std::size_t begin, std::size_t end) {
    BlockPass pass(ladders, people);
    for (std::size_t p = begin; p < end; p += DetourTile::kPlaces) pass.add(p, std::min(end, p + DetourTile::kPlaces));
    tallies[begin / block] = pass.finish();
  });

  std::vector<std::pair<std::uint32_t, std::pair<std::uint32_t, std::uint32_t>>> parts;  // counter -> block, slot
  for (std::uint32_t b = 0; b < tallies.size(); ++b)
    for (std::uint32_t slot = 0; slot < tallies[b].counters.size(); ++slot)
      parts.emplace_back(tallies[b].counters[slot].v, std::pair(b, slot));
  const auto parts_of = build_ragged<std::pair<std::uint32_t, std::uint32_t>>(n_counters, parts);
  const GroupLanes lanes(people, ladders.n_ladders() / 2);
  SingleClosures out;
  out.n_columns = people.n_columns();
  out.row_of.resize(n_counters);
  std::uint32_t n_rows = 1;
  for (std::size_t c = 0; c < n_counters; ++c) out.row_of[c] = parts_of[c].empty() ? 0 : n_rows++;
  out.changes.resize(n_rows * out.n_columns);
  for_blocks(n_counters, 256, {context.n_threads, nullptr}, [&](std::size_t begin, std::size_t end) {
    for (std::size_t c = begin; c < end; ++c)
      for (const auto& [b, slot] : parts_of[c])
        add_tally(tallies[b], slot, people, lanes, {out.changes.data() + out.row_of[c] * out.n_columns, out.n_columns});
  });
  return out;
}

}  // namespace maillage
