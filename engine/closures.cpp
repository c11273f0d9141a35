#include "engine/closures.h"

#include <algorithm>
#include <bit>
#include <limits>

namespace maillage {
namespace {

constexpr std::uint32_t kNoSlot = std::numeric_limits<std::uint32_t>::max();
constexpr std::size_t kMostBlocks = 32;  // bounds what the blocks hold together
constexpr std::size_t kLeastPlaces = 2048;

// Rows of figures by group are as wide as whole vectors of four.
std::size_t find_width(std::size_t n_groups) { return (n_groups + 3) / 4 * 4; }

// What a counter's closing means to the people of one block of places. A slot holds a counter:
//   sums   | moved | person ms | places | gone | far | far x shift | - |     each as wide as the groups;
//          | moved | person ms | places | gone | a | b | c |         where abilities are those of places
//   counts | growth | worst place | before | after |                 each n_groups, then places of all
//          and, a class each, the least growth of its groups: what does not exceed it is nobody's worst
// `far` are the persons who had a counter within the limit; the states follow from it.
struct Tally {
  std::vector<std::uint32_t> slot_of;  // counter -> slot
  std::vector<CounterId> counters;     // slot -> counter
  std::vector<double> sums;
  std::vector<std::int32_t> counts;

  enum Sum : std::size_t { kMoved, kMs, kPlaces, kGone, kFar, kSums = kFar + 3 };
  static constexpr std::size_t kCounts = 4;
};

// What it costs people to go from the first rung to the second.
struct Detour {
  bool exists = false;
  CounterId counter;
  std::uint32_t slot = 0;
  double ms = 0;
  bool is_lost = false;  // no counter within the limit any more
  bool is_gone = false;  // no counter at all
  std::int32_t growth = 0;
  Duration before, after;
};

// People of a place by group, each array as wide as the groups. Beyond the groups stand zeros.
struct PlacePersons {
  std::vector<double> by_car, without;
  std::vector<double> car_ms, walk_ms;  // what it costs those who go by car, and the others

  explicit PlacePersons(std::size_t n_groups)
      : by_car(find_width(n_groups)), without(by_car.size()), car_ms(by_car.size()), walk_ms(by_car.size()) {}
};

#if defined(__x86_64__)
#define MAILLAGE_VECTORS __attribute__((target_clones("avx2", "default")))
#else
#define MAILLAGE_VECTORS
#endif

MAILLAGE_VECTORS
void split_persons(std::size_t n, const double* __restrict persons, const double* __restrict share, double* __restrict by_car,
                   double* __restrict without) {
  for (std::size_t i = 0; i < n; ++i) {
    by_car[i] = persons[i] * share[i];
    without[i] = persons[i] * (1 - share[i]);
  }
}

// Adds persons, their milliseconds and places with anybody to the sums of a slot. Is there anybody?
MAILLAGE_VECTORS
bool add_persons(std::size_t width, const double* __restrict by_car, const double* __restrict without, const double* __restrict car_ms,
                 const double* __restrict walk_ms, double* __restrict sums) {
  double* __restrict moved = sums + Tally::kMoved * width;
  double* __restrict ms = sums + Tally::kMs * width;
  double* __restrict places = sums + Tally::kPlaces * width;
  std::uint64_t anyone = 0;  // persons are never negative, so the bits of a number are those of zero or it is more
  for (std::size_t i = 0; i < width; ++i) {
    const double n = by_car[i] + without[i];
    moved[i] += n;
    ms[i] += by_car[i] * car_ms[i] + without[i] * walk_ms[i];
    places[i] += n > 0 ? 1.0 : 0.0;
    anyone |= std::bit_cast<std::uint64_t>(n);
  }
  return anyone != 0;
}

class BlockPass {
 public:
  BlockPass(const Ladders& ladders, const People& people)
      : ladders_(ladders), people_(people), n_groups_(people.n_columns() - 1), width_(find_width(n_groups_)), n_classes_(ladders.n_ladders() / 2),
        rungs_(ladders.n_ladders()), persons_(people.parts().population->persons.values.data()),
        share_(people.parts().population->car_share.values.data()), here_(n_groups_) {
    tally_.slot_of.assign(ladders.territory()->parts().counters->n_counters(), kNoSlot);
  }

  void add(PlaceId p) {
    ladders_.read(p, rungs_);
    const std::size_t row = p.v * n_groups_;
    split_persons(n_groups_, persons_ + row, share_ + row, here_.by_car.data(), here_.without.data());
    bool is_one = !rungs_[0].first.counter.is_none();
    for (const Rungs& r : rungs_) is_one &= r.first.counter == rungs_[0].first.counter;
    is_one ? add_to_one(p) : add_to_several(p);
  }

  Tally finish() {
    tally_.slot_of = {};
    return std::move(tally_);
  }

 private:
  // Everybody turns to one counter, as nearly everywhere.
  void add_to_one(PlaceId p) {
    const std::uint32_t slot = find_slot(rungs_[0].first.counter);
    for (std::size_t w = 0; w < n_classes_; ++w) {
      Detour car = find_detour(rungs_[2 * w]), walk = find_detour(rungs_[2 * w + 1]);
      car.slot = walk.slot = slot;
      for (std::uint32_t g : people_.groups_of(w)) {
        here_.car_ms[g] = car.ms;
        here_.walk_ms[g] = walk.ms;
      }
      add_losses(car, p, w, here_.by_car.data());
      add_losses(walk, p, w, here_.without.data());
    }
    const bool anyone = add_persons(width_, here_.by_car.data(), here_.without.data(), here_.car_ms.data(), here_.walk_ms.data(), sums(slot));
    n_places(slot) += anyone;
  }

  void add_to_several(PlaceId p) {
    counted_.clear();
    for (std::size_t w = 0; w < n_classes_; ++w) {
      Detour car = find_detour(rungs_[2 * w]), walk = find_detour(rungs_[2 * w + 1]);
      for (Detour* d : {&car, &walk})
        if (d->exists) d->slot = find_slot(d->counter);
      if (car.exists && walk.exists && car.slot == walk.slot) {
        add_both(car, walk, w);
      } else {
        if (car.exists) add_one(car, w, here_.by_car.data());
        if (walk.exists) add_one(walk, w, here_.without.data());
      }
      if (car.exists) add_losses(car, p, w, here_.by_car.data());
      if (walk.exists) add_losses(walk, p, w, here_.without.data());
    }
  }

  std::uint32_t find_slot(CounterId c) {
    std::uint32_t& slot = tally_.slot_of[c.v];
    if (slot == kNoSlot) {
      slot = static_cast<std::uint32_t>(tally_.counters.size());
      tally_.counters.push_back(c);
      tally_.sums.resize(tally_.counters.size() * Tally::kSums * width_, 0.0);
      tally_.counts.resize(tally_.counters.size() * find_n_counts(), 0);
    }
    return slot;
  }

  Detour find_detour(const Rungs& r) const {
    Detour d;
    if (r.first.counter.is_none()) return d;
    d.exists = true;
    d.counter = r.first.counter;
    d.before = r.first.time;
    d.after = r.second.time;
    d.is_gone = !d.after.is_reachable();
    d.is_lost = people_.is_near(d.before) && !people_.is_near(d.after);
    d.ms = (d.is_gone ? 0.0 : static_cast<double>(d.after.ms)) - static_cast<double>(d.before.ms);
    d.growth = d.is_gone ? std::numeric_limits<std::int32_t>::max() : d.after.ms - d.before.ms;
    return d;
  }

  // Persons and minutes of a class of which only some go to the counter of `d`.
  void add_one(const Detour& d, std::size_t w, const double* persons) {
    bool anyone = false;
    for (std::uint32_t g : people_.groups_of(w)) anyone |= add_group(d.slot, g, persons[g], persons[g] * d.ms);
    if (anyone) count_place(d.slot);
  }

  // The same where all of the class go there, by car or without.
  void add_both(const Detour& car, const Detour& walk, std::size_t w) {
    bool anyone = false;
    for (std::uint32_t g : people_.groups_of(w)) {
      const double by_car = here_.by_car[g], without = here_.without[g];
      anyone |= add_group(car.slot, g, by_car + without, by_car * car.ms + without * walk.ms);
    }
    if (anyone) count_place(car.slot);
  }

  bool add_group(std::uint32_t slot, std::uint32_t g, double persons, double ms) {
    double* s = sums(slot) + g;
    s[Tally::kMoved * width_] += persons;
    s[Tally::kMs * width_] += ms;
    s[Tally::kPlaces * width_] += persons > 0;
    return persons > 0;
  }

  // Once for everybody, whoever of the place goes to the counter.
  void count_place(std::uint32_t slot) {
    if (std::find(counted_.begin(), counted_.end(), slot) != counted_.end()) return;
    counted_.push_back(slot);
    ++n_places(slot);
  }

  void add_losses(const Detour& d, PlaceId p, std::size_t w, const double* persons) {
    const auto groups = people_.groups_of(w);
    double* s = sums(d.slot);
    if (d.is_lost) add_far(p, groups, persons, s + Tally::kFar * width_);
    if (d.is_gone)
      for (std::uint32_t g : groups) s[Tally::kGone * width_ + g] += persons[g];
    std::int32_t* c = counts(d.slot);
    std::int32_t& least = c[Tally::kCounts * n_groups_ + 1 + w];
    if (d.growth < least) return;
    least = std::numeric_limits<std::int32_t>::max();
    for (std::uint32_t g : groups) {
      if (d.growth >= c[g] && persons[g] > 0) note_worst(d, p, c + g);
      least = std::min(least, c[g]);
    }
  }

  // Those who had a counter within the limit and have none any more.
  void add_far(PlaceId p, std::span<const std::uint32_t> groups, const double* persons, double* far) {
    if (people_.parts().abilities) {
      for (std::uint32_t g : groups) {
        const Ability a = find_ability(people_.parts(), p, g);
        far[g] += persons[g] * a.autonomous;
        far[width_ + g] += persons[g] * a.needs_help;
        far[2 * width_ + g] += persons[g] * a.cannot;
      }
      return;
    }
    if (shift_of_ != p) {
      shift_ = people_.find_shift(p);
      shift_of_ = p;
    }
    for (std::uint32_t g : groups) {
      far[g] += persons[g];
      far[width_ + g] += persons[g] * shift_;
    }
  }

  // Places come in order, so an equal growth is worse only for the other class of the same place.
  void note_worst(const Detour& d, PlaceId p, std::int32_t* c) {
    const auto place = static_cast<std::int32_t>(p.v);
    const bool is_worse = d.growth > c[0] || (d.growth > 0 && c[n_groups_] == place && d.before.ms < c[2 * n_groups_]);
    if (!is_worse) return;
    c[0] = d.growth;
    c[n_groups_] = place;
    c[2 * n_groups_] = d.before.ms;
    c[3 * n_groups_] = d.after.ms;
  }

  std::size_t find_n_counts() const { return Tally::kCounts * n_groups_ + 1 + n_classes_; }
  double* sums(std::uint32_t slot) { return tally_.sums.data() + slot * Tally::kSums * width_; }
  std::int32_t* counts(std::uint32_t slot) { return tally_.counts.data() + slot * find_n_counts(); }
  std::int32_t& n_places(std::uint32_t slot) { return counts(slot)[Tally::kCounts * n_groups_]; }

  const Ladders& ladders_;
  const People& people_;
  std::size_t n_groups_, width_, n_classes_;
  std::vector<Rungs> rungs_;
  const double *persons_, *share_;      // of the first place
  PlacePersons here_;
  std::vector<std::uint32_t> counted_;  // slots that count the place already
  PlaceId shift_of_;                    // whose shift is known
  double shift_ = 0;
  Tally tally_;
};

// The far ones of a group by ability, from its sums.
Ability find_far(const TerritoryParts& parts, std::uint32_t g, double first, double second, double third) {
  if (parts.abilities) return {first, second, third};
  const double far = first, shifted = second, p_b = parts.groups->p_b[g], p_c = parts.groups->p_c[g];
  const double p_a = 1 - p_b - p_c;
  return {p_a * (far - shifted), p_b * (far - shifted) + p_a * shifted, p_c * far + p_b * shifted};
}

// One block's part of a counter's change. Groups of a class after those of the class before.
void add_tally(const Tally& tally, std::uint32_t slot, const People& people, std::size_t n_classes, std::span<Change> columns) {
  const std::size_t n = columns.size() - 1, width = find_width(n);
  const double* s = tally.sums.data() + slot * Tally::kSums * width;
  const std::int32_t* c = tally.counts.data() + slot * (Tally::kCounts * n + 1 + n_classes);
  for (std::size_t w = 0; w < n_classes; ++w)
    for (std::uint32_t g : people.groups_of(w)) {
      const double* far = s + Tally::kFar * width + g;
      const Ability a = find_far(people.parts(), g, far[0], far[width], far[2 * width]);
      Change add;
      add.states = {-a.autonomous, -(a.needs_help + a.cannot), a.autonomous, a.needs_help, a.cannot};
      add.moved = s[Tally::kMoved * width + g];
      add.person_ms = s[Tally::kMs * width + g];
      add.unreachable = s[Tally::kGone * width + g];
      add.n_places = static_cast<std::uint32_t>(s[Tally::kPlaces * width + g]);
      if (c[g] > 0) add.worst = {PlaceId(static_cast<std::uint32_t>(c[n + g])), {c[2 * n + g]}, {c[3 * n + g]}};
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
  out.row_of.resize(n_counters);
  std::uint32_t n_rows = 1;
  for (std::size_t c = 0; c < n_counters; ++c) out.row_of[c] = parts_of[c].empty() ? 0 : n_rows++;
  out.changes.resize(n_rows * out.n_columns);
  for_blocks(n_counters, 256, {context.n_threads, nullptr}, [&](std::size_t begin, std::size_t end) {
    for (std::size_t c = begin; c < end; ++c)
      for (const auto& [b, slot] : parts_of[c])
        add_tally(tallies[b], slot, people, territory.parts().n_walk_classes, {out.changes.data() + out.row_of[c] * out.n_columns, out.n_columns});
  });
  return out;
}

}  // namespace maillage
