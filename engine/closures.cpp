#include "engine/closures.h"

#include <algorithm>
#include <array>
#include <limits>

namespace maillage {
namespace {

constexpr std::uint32_t kNoSlot = std::numeric_limits<std::uint32_t>::max();
constexpr std::size_t kMostBlocks = 32;  // bounds what the blocks hold together
constexpr std::size_t kLeastPlaces = 2048;

// What a counter's closing means to the people of one block of places. A slot holds a counter:
//   sums   | moved | person ms | far | far x shift | gone |       each n_groups
//   counts | places | growth | worst place | before | after |     each n_groups, then places of all
// `far` are the persons who had a counter within the limit; the states follow from it.
struct Tally {
  std::vector<std::uint32_t> slot_of;  // counter -> slot
  std::vector<CounterId> counters;     // slot -> counter
  std::vector<double> sums;
  std::vector<std::int32_t> counts;

  static constexpr std::size_t kSums = 5, kCounts = 5;

  std::uint32_t find_slot(CounterId c, std::size_t n_groups) {
    std::uint32_t& slot = slot_of[c.v];
    if (slot == kNoSlot) {
      slot = static_cast<std::uint32_t>(counters.size());
      counters.push_back(c);
      sums.resize(counters.size() * kSums * n_groups, 0.0);
      counts.resize(counters.size() * (kCounts * n_groups + 1), 0);
    }
    return slot;
  }
};

// What it costs people to go from the first rung to the second.
struct Detour {
  bool exists = false;
  std::uint32_t slot = 0;
  double ms = 0;
  bool is_lost = false;  // no counter within the limit any more
  bool is_gone = false;  // no counter at all
  std::int32_t growth = 0;
  Duration before, after;
};

class BlockPass {
 public:
  BlockPass(const Ladders& ladders, const People& people)
      : ladders_(ladders), people_(people), n_groups_(people.n_columns() - 1), rungs_(ladders.n_ladders()),
        detours_(ladders.n_ladders()) {
    tally_.slot_of.assign(ladders.territory()->parts().counters->n_counters(), kNoSlot);
  }

  void add(PlaceId p) {
    ladders_.read(p, rungs_);
    for (std::size_t l = 0; l < rungs_.size(); ++l) detours_[l] = find_detour(rungs_[l]);
    shift_ = people_.find_shift(p);
    n_counted_ = 0;
    for (std::size_t w = 0; 2 * w < rungs_.size(); ++w) add_class(p, w);
  }

  Tally finish() {
    tally_.slot_of = {};
    return std::move(tally_);
  }

 private:
  Detour find_detour(const Rungs& r) {
    Detour d;
    if (r.first.counter.is_none()) return d;
    d.exists = true;
    d.slot = tally_.find_slot(r.first.counter, n_groups_);
    d.before = r.first.time;
    d.after = r.second.time;
    d.is_gone = !d.after.is_reachable();
    d.is_lost = people_.is_near(d.before) && !people_.is_near(d.after);
    d.ms = (d.is_gone ? 0.0 : static_cast<double>(d.after.ms)) - static_cast<double>(d.before.ms);
    d.growth = d.is_gone ? std::numeric_limits<std::int32_t>::max() : d.after.ms - d.before.ms;
    return d;
  }

  void add_class(PlaceId p, std::size_t w) {
    const Detour& car = detours_[2 * w];
    const Detour& walk = detours_[2 * w + 1];
    if (!car.exists && !walk.exists) return;
    const bool is_same = car.exists && walk.exists && car.slot == walk.slot;
    bool any_car = false, any_walk = false;
    for (std::uint32_t g : people_.groups_of(w)) {
      const double by_car = people_.persons(p, g, true), without = people_.persons(p, g, false);
      const bool goes_by_car = car.exists && by_car > 0, goes_without = walk.exists && without > 0;
      if (goes_by_car) {
        add_persons(car, p, g, by_car);
        ++counts(car.slot)[g];
      }
      if (goes_without) {
        add_persons(walk, p, g, without);
        if (!(is_same && goes_by_car)) ++counts(walk.slot)[g];  // a place counts once
      }
      any_car |= goes_by_car;
      any_walk |= goes_without;
    }
    count_place(car.slot, any_car);
    count_place(walk.slot, any_walk);
  }

  // A place counts once for everybody, whoever of its people goes to the counter.
  void count_place(std::uint32_t slot, bool is_populated) {
    if (!is_populated) return;
    for (std::size_t i = 0; i < n_counted_; ++i)
      if (counted_[i] == slot) return;
    if (n_counted_ == counted_.size()) counted_.resize(counted_.size() * 2);
    counted_[n_counted_++] = slot;
    ++counts(slot)[Tally::kCounts * n_groups_];
  }

  void add_persons(const Detour& d, PlaceId p, std::uint32_t g, double n) {
    double* s = tally_.sums.data() + d.slot * Tally::kSums * n_groups_ + g;
    s[0] += n;
    s[n_groups_] += n * d.ms;
    if (d.is_lost) {
      s[2 * n_groups_] += n;
      s[3 * n_groups_] += n * shift_;
    }
    if (d.is_gone) s[4 * n_groups_] += n;
    std::int32_t* c = counts(d.slot) + g;
    if (d.growth > c[n_groups_] || (d.growth == c[n_groups_] && d.growth > 0 && is_same_place_before(c, p, d))) {
      c[n_groups_] = d.growth;
      c[2 * n_groups_] = static_cast<std::int32_t>(p.v);
      c[3 * n_groups_] = d.before.ms;
      c[4 * n_groups_] = d.after.ms;
    }
  }

  // Places come in order, so an equal growth is worse only for the other class of the same place.
  bool is_same_place_before(const std::int32_t* c, PlaceId p, const Detour& d) const {
    return c[2 * n_groups_] == static_cast<std::int32_t>(p.v) && d.before.ms < c[3 * n_groups_];
  }

  std::int32_t* counts(std::uint32_t slot) { return tally_.counts.data() + slot * (Tally::kCounts * n_groups_ + 1); }

  const Ladders& ladders_;
  const People& people_;
  std::size_t n_groups_;
  std::vector<Rungs> rungs_;
  std::vector<Detour> detours_;
  std::vector<std::uint32_t> counted_ = std::vector<std::uint32_t>(8);
  std::size_t n_counted_ = 0;
  double shift_ = 0;
  Tally tally_;
};

// One block's part of a counter's change.
void add_tally(const Tally& tally, std::uint32_t slot, const Groups& groups, std::span<Change> columns) {
  const std::size_t n = columns.size() - 1;
  const double* s = tally.sums.data() + slot * Tally::kSums * n;
  const std::int32_t* c = tally.counts.data() + slot * (Tally::kCounts * n + 1);
  for (std::size_t g = 0; g < n; ++g) {
    const double far = s[2 * n + g], shifted = s[3 * n + g], p_b = groups.p_b[g], p_c = groups.p_c[g];
    const double p_a = 1 - p_b - p_c;
    const double a = p_a * (far - shifted), b = p_b * (far - shifted) + p_a * shifted, cannot = p_c * far + p_b * shifted;
    Change add;
    add.states = {-a, -(b + cannot), a, b, cannot};
    add.moved = s[g];
    add.person_ms = s[n + g];
    add.unreachable = s[4 * n + g];
    add.n_places = static_cast<std::uint32_t>(c[g]);
    if (c[n + g] > 0) add.worst = {PlaceId(static_cast<std::uint32_t>(c[2 * n + g])), {c[3 * n + g]}, {c[4 * n + g]}};
    columns[g].add(add);
    add.n_places = 0;
    columns[n].add(add);
  }
  columns[n].n_places += static_cast<std::uint32_t>(c[Tally::kCounts * n]);
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
    for (std::size_t p = begin; p < end; ++p) pass.add(PlaceId(p));
    tallies[begin / block] = pass.finish();
  });

  std::vector<std::pair<std::uint32_t, std::pair<std::uint32_t, std::uint32_t>>> parts;  // counter -> block, slot
  for (std::uint32_t b = 0; b < tallies.size(); ++b)
    for (std::uint32_t slot = 0; slot < tallies[b].counters.size(); ++slot)
      parts.emplace_back(tallies[b].counters[slot].v, std::pair(b, slot));
  const auto parts_of = build_ragged<std::pair<std::uint32_t, std::uint32_t>>(n_counters, parts);
  SingleClosures out;
  out.n_columns = people.n_columns();
  out.changes.resize(n_counters * out.n_columns);
  for_blocks(n_counters, 256, {context.n_threads, nullptr}, [&](std::size_t begin, std::size_t end) {
    for (std::size_t c = begin; c < end; ++c)
      for (const auto& [b, slot] : parts_of[c])
        add_tally(tallies[b], slot, *territory.parts().groups, {out.changes.data() + c * out.n_columns, out.n_columns});
  });
  return out;
}

}  // namespace maillage
