#include "engine/closures.h"

#include <algorithm>
#include <array>
#include <limits>

namespace maillage {
namespace {

constexpr std::uint32_t kNoSlot = std::numeric_limits<std::uint32_t>::max();
constexpr std::size_t kMostBlocks = 32;  // bounds what the blocks hold together
constexpr std::size_t kLeastPlaces = 2048;

// Groups by walking class: those of class w are groups[begin[w]] .. groups[begin[w + 1] - 1].
struct GroupOrder {
  std::vector<std::uint32_t> groups;
  std::vector<std::size_t> begin{0};
  bool is_own = false;  // groups stand as in the territory

  explicit GroupOrder(const People& people, std::size_t n_classes) {
    for (std::size_t w = 0; w < n_classes; ++w) {
      const auto of_class = people.groups_of(w);
      groups.insert(groups.end(), of_class.begin(), of_class.end());
      begin.push_back(groups.size());
    }
    is_own = std::is_sorted(groups.begin(), groups.end());
  }
};

// What a counter's closing means to the people of one block of places. A slot holds a counter; groups
// stand in the order of their walking classes, so that those of a class are neighbours:
//   sums   | moved | person ms | gone | far | far x shift |       each n_groups; where abilities are those
//          | moved | person ms | gone | a | b | c |               of places, the far ones by ability
//   counts | places | growth | worst place | before | after |     each n_groups, then places of all
//          and, a class each, the least growth of its groups: what does not exceed it is nobody's worst
// `far` are the persons who had a counter within the limit; the states follow from it.
struct Tally {
  std::vector<std::uint32_t> slot_of;  // counter -> slot
  std::vector<CounterId> counters;     // slot -> counter
  std::vector<double> sums;
  std::vector<std::int32_t> counts;

  static constexpr std::size_t kSums = 6, kCounts = 5;

  static std::size_t find_n_counts(const GroupOrder& order) { return kCounts * order.groups.size() + order.begin.size(); }

  std::uint32_t find_slot(CounterId c, const GroupOrder& order) {
    std::uint32_t& slot = slot_of[c.v];
    if (slot == kNoSlot) {
      slot = static_cast<std::uint32_t>(counters.size());
      counters.push_back(c);
      sums.resize(counters.size() * kSums * order.groups.size(), 0.0);
      counts.resize(counters.size() * find_n_counts(order), 0);
    }
    return slot;
  }
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

// Persons of a row of groups, by car and without. `order` is empty where groups stand in their own order.
#if defined(__x86_64__)
__attribute__((target_clones("avx2", "default")))
#endif
void split_persons(std::size_t n, const double* __restrict persons, const double* __restrict share, const std::uint32_t* __restrict order,
                   double* __restrict by_car, double* __restrict without) {
  if (order) {
    for (std::size_t i = 0; i < n; ++i) {
      by_car[i] = persons[order[i]] * share[order[i]];
      without[i] = persons[order[i]] * (1 - share[order[i]]);
    }
    return;
  }
  for (std::size_t i = 0; i < n; ++i) {
    by_car[i] = persons[i] * share[i];
    without[i] = persons[i] * (1 - share[i]);
  }
}

class BlockPass {
 public:
  BlockPass(const Ladders& ladders, const People& people, const GroupOrder& order)
      : ladders_(ladders), people_(people), order_(order), n_groups_(order.groups.size()), n_counts_(Tally::find_n_counts(order)), rungs_(ladders.n_ladders()),
        persons_(people.parts().population->persons.values.data()),
        share_(people.parts().population->car_share.values.data()), by_car_(n_groups_), without_(n_groups_) {
    tally_.slot_of.assign(ladders.territory()->parts().counters->n_counters(), kNoSlot);
  }

  void add(PlaceId p) {
    ladders_.read(p, rungs_);
    const std::size_t row = p.v * n_groups_;
    split_persons(n_groups_, persons_ + row, share_ + row, order_.is_own ? nullptr : order_.groups.data(), by_car_.data(), without_.data());
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
    const std::uint32_t slot = tally_.find_slot(rungs_[0].first.counter, order_);
    bool anyone = false;
    for (std::size_t w = 0; 2 * w < rungs_.size(); ++w) {
      Detour car = find_detour(rungs_[2 * w]), walk = find_detour(rungs_[2 * w + 1]);
      car.slot = walk.slot = slot;
      anyone |= add_both(car, walk, w);
      add_losses(car, p, w, by_car_.data());
      add_losses(walk, p, w, without_.data());
    }
    counts(slot)[Tally::kCounts * n_groups_] += anyone;
  }

  void add_to_several(PlaceId p) {
    counted_.clear();
    for (std::size_t w = 0; 2 * w < rungs_.size(); ++w) {
      Detour car = find_detour(rungs_[2 * w]), walk = find_detour(rungs_[2 * w + 1]);
      for (Detour* d : {&car, &walk})
        if (d->exists) d->slot = tally_.find_slot(d->counter, order_);
      if (car.exists && walk.exists && car.slot == walk.slot) {
        if (add_both(car, walk, w)) count_place(car.slot);
      } else {
        if (car.exists) add_one(car, w, by_car_.data());
        if (walk.exists) add_one(walk, w, without_.data());
      }
      if (car.exists) add_losses(car, p, w, by_car_.data());
      if (walk.exists) add_losses(walk, p, w, without_.data());
    }
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
  void add_one(const Detour& d, std::size_t w, const double* __restrict persons) {
    double* __restrict moved = sums(d.slot);
    double* __restrict ms = moved + n_groups_;
    std::int32_t* __restrict places = counts(d.slot);
    bool anyone = false;
    for (std::size_t i = order_.begin[w]; i < order_.begin[w + 1]; ++i) {
      const bool is_there = persons[i] > 0;
      moved[i] += persons[i];
      ms[i] += persons[i] * d.ms;
      places[i] += is_there;
      anyone |= is_there;
    }
    if (anyone) count_place(d.slot);
  }

  // The same where all of them go there, by car or without. Is there anybody?
  bool add_both(const Detour& car, const Detour& walk, std::size_t w) {
    const double* __restrict by_car = by_car_.data();
    const double* __restrict without = without_.data();
    double* __restrict moved = sums(car.slot);
    double* __restrict ms = moved + n_groups_;
    std::int32_t* __restrict places = counts(car.slot);
    bool anyone = false;
    for (std::size_t i = order_.begin[w]; i < order_.begin[w + 1]; ++i) {
      const double n = by_car[i] + without[i];
      moved[i] += n;
      ms[i] += by_car[i] * car.ms + without[i] * walk.ms;
      places[i] += n > 0;
      anyone |= n > 0;
    }
    return anyone;
  }

  // Once for everybody, whoever of the place goes to the counter.
  void count_place(std::uint32_t slot) {
    if (std::find(counted_.begin(), counted_.end(), slot) != counted_.end()) return;
    counted_.push_back(slot);
    ++counts(slot)[Tally::kCounts * n_groups_];
  }

  void add_losses(const Detour& d, PlaceId p, std::size_t w, const double* persons) {
    const std::size_t begin = order_.begin[w], end = order_.begin[w + 1];
    double* s = sums(d.slot);
    if (d.is_lost) add_far(p, begin, end, persons, s + 3 * n_groups_);
    if (d.is_gone)
      for (std::size_t i = begin; i < end; ++i) s[2 * n_groups_ + i] += persons[i];
    std::int32_t* c = counts(d.slot);
    std::int32_t& least = c[Tally::kCounts * n_groups_ + 1 + w];
    if (d.growth < least) return;
    least = std::numeric_limits<std::int32_t>::max();
    for (std::size_t i = begin; i < end; ++i) {
      if (d.growth >= c[n_groups_ + i] && persons[i] > 0) note_worst(d, p, c + i);
      least = std::min(least, c[n_groups_ + i]);
    }
  }

  // Those who had a counter within the limit and have none any more.
  void add_far(PlaceId p, std::size_t begin, std::size_t end, const double* persons, double* far) {
    if (people_.parts().abilities) {
      for (std::size_t i = begin; i < end; ++i) {
        const Ability a = find_ability(people_.parts(), p, order_.groups[i]);
        far[i] += persons[i] * a.autonomous;
        far[n_groups_ + i] += persons[i] * a.needs_help;
        far[2 * n_groups_ + i] += persons[i] * a.cannot;
      }
      return;
    }
    const double shift = people_.find_shift(p);
    for (std::size_t i = begin; i < end; ++i) {
      far[i] += persons[i];
      far[n_groups_ + i] += persons[i] * shift;
    }
  }

  // Places come in order, so an equal growth is worse only for the other class of the same place.
  void note_worst(const Detour& d, PlaceId p, std::int32_t* c) {
    const auto place = static_cast<std::int32_t>(p.v);
    const bool is_worse = d.growth > c[n_groups_] || (d.growth > 0 && c[2 * n_groups_] == place && d.before.ms < c[3 * n_groups_]);
    if (!is_worse) return;
    c[n_groups_] = d.growth;
    c[2 * n_groups_] = place;
    c[3 * n_groups_] = d.before.ms;
    c[4 * n_groups_] = d.after.ms;
  }

  double* sums(std::uint32_t slot) { return tally_.sums.data() + slot * Tally::kSums * n_groups_; }
  std::int32_t* counts(std::uint32_t slot) { return tally_.counts.data() + slot * n_counts_; }

  const Ladders& ladders_;
  const People& people_;
  const GroupOrder& order_;
  std::size_t n_groups_, n_counts_;
  std::vector<Rungs> rungs_;
  const double *persons_, *share_;        // of the first place
  std::vector<double> by_car_, without_;  // persons of the place, in the order of the groups
  std::vector<std::uint32_t> counted_;    // slots that count the place already
  Tally tally_;
};

// The far ones of a group by ability, from its sums.
Ability find_far(const TerritoryParts& parts, std::uint32_t g, double first, double second, double third) {
  if (parts.abilities) return {first, second, third};
  const double far = first, shifted = second, p_b = parts.groups->p_b[g], p_c = parts.groups->p_c[g];
  const double p_a = 1 - p_b - p_c;
  return {p_a * (far - shifted), p_b * (far - shifted) + p_a * shifted, p_c * far + p_b * shifted};
}

// One block's part of a counter's change.
void add_tally(const Tally& tally, std::uint32_t slot, const GroupOrder& order, const TerritoryParts& parts, std::span<Change> columns) {
  const std::size_t n = columns.size() - 1;
  const double* s = tally.sums.data() + slot * Tally::kSums * n;
  const std::int32_t* c = tally.counts.data() + slot * Tally::find_n_counts(order);
  for (std::size_t i = 0; i < n; ++i) {
    const std::uint32_t g = order.groups[i];
    const Ability far = find_far(parts, g, s[3 * n + i], s[4 * n + i], s[5 * n + i]);
    Change add;
    add.states = {-far.autonomous, -(far.needs_help + far.cannot), far.autonomous, far.needs_help, far.cannot};
    add.moved = s[i];
    add.person_ms = s[n + i];
    add.unreachable = s[2 * n + i];
    add.n_places = static_cast<std::uint32_t>(c[i]);
    if (c[n + i] > 0) add.worst = {PlaceId(static_cast<std::uint32_t>(c[2 * n + i])), {c[3 * n + i]}, {c[4 * n + i]}};
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
  const GroupOrder order(people, territory.parts().n_walk_classes);
  std::vector<Tally> tallies((n_places + block - 1) / block);
  context.begin("closing each counter alone", n_places);
  for_blocks(n_places, block, context, [&](std::size_t begin, std::size_t end) {
    BlockPass pass(ladders, people, order);
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
        add_tally(tallies[b], slot, order, territory.parts(), {out.changes.data() + c * out.n_columns, out.n_columns});
  });
  return out;
}

}  // namespace maillage
