#include "engine/closure_tally.h"

#include <algorithm>

#include "engine/vectors.h"

namespace maillage {
namespace {

using Four = double __attribute__((vector_size(32), aligned(8), may_alias));
using FourBits = long long __attribute__((vector_size(32), aligned(8), may_alias));
using FourCounts = std::int32_t __attribute__((vector_size(16), aligned(4), may_alias));

const Four* four(const double* p) { return reinterpret_cast<const Four*>(p); }
Four* four(double* p) { return reinterpret_cast<Four*>(p); }
const FourCounts* four(const std::int32_t* p) { return reinterpret_cast<const FourCounts*>(p); }
FourCounts* four(std::int32_t* p) { return reinterpret_cast<FourCounts*>(p); }

MAILLAGE_VECTORS
void split_persons(std::size_t n, const double* __restrict persons, const double* __restrict share, double* __restrict by_car,
                   double* __restrict without) {
  for (std::size_t i = 0; i < n; ++i) {
    by_car[i] = persons[i] * share[i];
    without[i] = persons[i] * (1 - share[i]);
  }
}

// Does anybody live at each place? Persons are never negative, so the bits of a number are those of zero or it is more.
MAILLAGE_VECTORS
void find_inhabited(std::size_t n, std::size_t n_groups, std::size_t width, const double* __restrict persons,
                    const std::uint64_t* __restrict is_wide, std::int32_t* __restrict is_inhabited) {
  std::uint64_t any[DetourTile::kPlaces * 4];
  for (std::size_t i = 0; i < n; ++i) {
    FourBits bits{};
    for (std::size_t g = 0; g < width; g += 4)
      bits |= *reinterpret_cast<const FourBits*>(persons + i * n_groups + g) & *reinterpret_cast<const FourBits*>(is_wide + g);
    *reinterpret_cast<FourBits*>(any + 4 * i) = bits;
  }
  for (std::size_t i = 0; i < n; ++i) is_inhabited[i] = (any[4 * i] | any[4 * i + 1] | any[4 * i + 2] | any[4 * i + 3]) != 0 ? 1 : 0;
}

// Eight groups of a territory.
struct Lanes {
  std::size_t n_groups, n_classes, width;
  const double* share;  // theirs in each class
};

// People of a tile by place and group, and how much longer the ways of each class get.
struct Crowd {
  const double* persons;
  const double* const* ms;
};

// The sums of eight groups in a slot, in registers while places are added: persons, their milliseconds, places with
// anybody.
class EightSums {
 public:
  [[gnu::always_inline]] EightSums(const Lanes& lanes, double* sums)
      : moved_(four(sums + Tally::kMoved * lanes.width)), ms_(four(sums + Tally::kMs * lanes.width)),
        places_(four(sums + Tally::kPlaces * lanes.width)) {
    for (int i = 0; i < 2; ++i) moved[i] = moved_[i], ms[i] = ms_[i], places[i] = places_[i];
  }
  [[gnu::always_inline]] void store() const {
    for (int i = 0; i < 2; ++i) moved_[i] = moved[i], ms_[i] = ms[i], places_[i] = places[i];
  }

  Four moved[2], ms[2], places[2];

 private:
  Four *moved_, *ms_, *places_;
};

constexpr Four kNobody{}, kOne = {1, 1, 1, 1};

// Adds places first .. last to the sums of a slot.
MAILLAGE_VECTORS
void add_everybody(const Lanes& lanes, std::size_t first, std::size_t last, const Crowd& by_car, const Crowd& without, double* sums) {
  EightSums all(lanes, sums);
  for (std::size_t i = first; i < last; ++i) {
    const Four* cars = four(by_car.persons + i * lanes.n_groups);
    const Four* others = four(without.persons + i * lanes.n_groups);
    Four car0{}, car1{}, walk0{}, walk1{};
    for (std::size_t w = 0; w < lanes.n_classes; ++w) {
      const Four* share = four(lanes.share + w * lanes.width);
      car0 += share[0] * by_car.ms[w][i];
      car1 += share[1] * by_car.ms[w][i];
      walk0 += share[0] * without.ms[w][i];
      walk1 += share[1] * without.ms[w][i];
    }
    const Four n0 = cars[0] + others[0], n1 = cars[1] + others[1];
    all.moved[0] += n0;
    all.moved[1] += n1;
    all.ms[0] += cars[0] * car0 + others[0] * walk0;
    all.ms[1] += cars[1] * car1 + others[1] * walk1;
    all.places[0] += n0 > 0 ? kOne : kNobody;
    all.places[1] += n1 > 0 ? kOne : kNobody;
  }
  all.store();
}

// The same of those who go by car, or of all others.
MAILLAGE_VECTORS
void add_some(const Lanes& lanes, std::size_t first, std::size_t last, const Crowd& crowd, double* sums) {
  EightSums all(lanes, sums);
  for (std::size_t i = first; i < last; ++i) {
    const Four* n = four(crowd.persons + i * lanes.n_groups);
    Four each0{}, each1{};
    for (std::size_t w = 0; w < lanes.n_classes; ++w) {
      const Four* share = four(lanes.share + w * lanes.width);
      each0 += share[0] * crowd.ms[w][i];
      each1 += share[1] * crowd.ms[w][i];
    }
    all.moved[0] += n[0];
    all.moved[1] += n[1];
    all.ms[0] += n[0] * each0;
    all.ms[1] += n[1] * each1;
    all.places[0] += n[0] > 0 ? kOne : kNobody;
    all.places[1] += n[1] > 0 ? kOne : kNobody;
  }
  all.store();
}

MAILLAGE_VECTORS
void add_far(std::size_t width, const double* __restrict persons, const double* __restrict share, double shift, double* __restrict far) {
  for (std::size_t g = 0; g < width; ++g) {
    const double n = persons[g] * share[g];
    far[g] += n;
    far[width + g] += n * shift;
  }
}

// Ways at a place of the tile, from those of the first ladder.
struct PlaceWays {
  const DetourTile::Ways* of_first;
  std::size_t i;
  std::int32_t place;
};

// Notes for the groups with persons how much longer their ways get, where none got worse before; those of ladders `first`,
// `first` + 2 .. before `last`. Says the least growth that any group has noted. Places come in order, so an equal growth
// is worse only for the other ladder of the same place.
MAILLAGE_VECTORS
std::int32_t note_growth(const PlaceWays& ways, std::size_t first, std::size_t last, const GroupLanes& lanes, const double* persons,
                         std::int32_t* counts) {
  constexpr std::int32_t kGreatest = std::numeric_limits<std::int32_t>::max();
  FourCounts least{kGreatest, kGreatest, kGreatest, kGreatest};
  for (std::size_t g = 0; g < lanes.width; g += 4) {
    FourCounts growth{}, before{}, after{}, theirs{}, any{};
    for (std::size_t ladder = first; ladder < last; ladder += 2) {
      const DetourTile::Ways& way = ways.of_first[ladder];
      const FourCounts mine = *four(lanes.is_member_of(Ladders::walk_class(ladder)) + g);
      growth |= mine & way.growth[ways.i];
      before |= mine & way.before[ways.i];
      after |= mine & way.after[ways.i];
      theirs |= mine;
    }
    const FourCounts inhabited = __builtin_convertvector(*four(persons + g) > 0, FourCounts);
    FourCounts* noted = four(counts + g);
    const std::size_t row = lanes.width / 4;  // from one count to the next
    FourCounts &most = noted[Tally::kGrowth * row], &place = noted[Tally::kPlace * row];
    FourCounts &was = noted[Tally::kBefore * row], &is = noted[Tally::kAfter * row];
    const FourCounts tie = (growth == most) & (growth > 0) & (place == ways.place) & (before < was);
    const FourCounts worse = theirs & inhabited & ((growth > most) | tie);
    most = worse ? growth : most;
    place = worse ? any + ways.place : place;
    was = worse ? before : was;
    is = worse ? after : is;
    const FourCounts of_group = *four(lanes.is_group.data() + g) ? most : any + kGreatest;
    least = of_group < least ? of_group : least;
  }
  return std::min(std::min(least[0], least[1]), std::min(least[2], least[3]));
}

}  // namespace

GroupLanes::GroupLanes(const People& people, std::size_t n_classes_)
    : n_groups(people.n_columns() - 1), n_classes(n_classes_), width((n_groups + kEight - 1) / kEight * kEight), share(n_classes * width),
      is_member(n_classes * width), is_group(width), is_wide(width) {
  std::fill_n(is_wide.begin(), n_groups, ~std::uint64_t{0});
  for (std::size_t w = 0; w < n_classes; ++w)
    for (std::uint32_t g : people.groups_of(w)) {
      share[w * width + g] = 1;
      is_member[w * width + g] = is_group[g] = -1;
    }
}

BlockPass::BlockPass(const Ladders& ladders, const People& people)
    : people_(people), lanes_(people, ladders.n_ladders() / 2), tile_(ladders, people), persons_(people.parts().population->persons.values.data()),
      car_share_(people.parts().population->car_share.values.data()), adequate_(people.parts().connectivity->adequate.data()),
      by_car_(DetourTile::kPlaces * lanes_.n_groups + lanes_.width), without_(by_car_.size()) {
  for (std::size_t w = 0; w < lanes_.n_classes; ++w) {
    car_ms_.push_back(tile_[2 * w].ms.data());
    walk_ms_.push_back(tile_[2 * w + 1].ms.data());
  }
  tally_.slot_of.assign(ladders.territory()->parts().counters->n_counters(), kNoSlot);
}

Tally BlockPass::finish() {
  tally_.slot_of = {};
  return std::move(tally_);
}

void BlockPass::add(std::size_t begin, std::size_t end) {
  read(begin, end);
  const std::size_t n = end - begin;
  for (std::size_t i = 0; i < n;) {
    if (tile_.turn(i) == Turn::several) {
      add_several(i++);
      continue;
    }
    const std::size_t last = find_run_end(i, n);
    const std::uint32_t by_car = find_slot(tile_.counter(0, i)), without = find_slot(tile_.counter(1, i));
    add_run({i, last, by_car, without});
    i = last;
  }
}

void BlockPass::read(std::size_t begin, std::size_t end) {
  const std::size_t n = end - begin, at = begin * lanes_.n_groups;
  begin_ = begin;
  tile_.read(begin, end);
  split_persons(n * lanes_.n_groups, persons_ + at, car_share_ + at, by_car_.data(), without_.data());
  find_inhabited(n, lanes_.n_groups, lanes_.width, by_car_.data(), lanes_.is_wide.data(), has_car_.data());
  find_inhabited(n, lanes_.n_groups, lanes_.width, without_.data(), lanes_.is_wide.data(), has_none_.data());
}

std::size_t BlockPass::find_run_end(std::size_t i, std::size_t n) const {
  const CounterId by_car = tile_.counter(0, i), without = tile_.counter(1, i);
  std::size_t last = i + 1;
  while (last < n && tile_.turn(last) != Turn::several && tile_.counter(0, last) == by_car && tile_.counter(1, last) == without) ++last;
  return last;
}

void BlockPass::add_run(const Run& run) {
  const bool is_one = run.by_car == run.without;
  for (std::size_t g = 0; g < lanes_.width; g += GroupLanes::kEight) {
    const Lanes lanes{lanes_.n_groups, lanes_.n_classes, lanes_.width, lanes_.share.data() + g};
    const double *car = by_car(0) + g, *none = without(0) + g;
    if (is_one) {
      add_everybody(lanes, run.first, run.last, {car, car_ms_.data()}, {none, walk_ms_.data()}, sums(run.by_car) + g);
    } else {
      add_some(lanes, run.first, run.last, {car, car_ms_.data()}, sums(run.by_car) + g);
      add_some(lanes, run.first, run.last, {none, walk_ms_.data()}, sums(run.without) + g);
    }
  }
  std::uint32_t n_by_car = 0, n_without = 0;
  for (std::size_t i = run.first; i < run.last; ++i) {
    n_by_car += is_one ? has_car_[i] | has_none_[i] : has_car_[i];
    n_without += has_none_[i];
  }
  n_places(run.by_car) += n_by_car;
  if (!is_one) n_places(run.without) += n_without;
  const std::int32_t &least_by_car = least(run.by_car), &least_without = least(run.without);
  const std::size_t n_ladders = 2 * lanes_.n_classes;
  for (std::size_t i = run.first; i < run.last; ++i) {
    prefetch(begin_ + DetourTile::kPlaces + i);
    if (tile_.most(i, true) >= least_by_car) add_losses(i, 0, n_ladders, run.by_car);
    if (tile_.most(i, false) >= least_without) add_losses(i, 1, n_ladders, run.without);
  }
}

// People of one place who turn to several counters: class by class.
void BlockPass::add_several(std::size_t i) {
  counted_.clear();
  for (std::size_t w = 0; w < lanes_.n_classes; ++w) {
    const CounterId car = tile_.counter(2 * w, i), walk = tile_.counter(2 * w + 1, i);
    add_class(i, w, car.is_none() ? kNoSlot : find_slot(car), walk.is_none() ? kNoSlot : find_slot(walk));
  }
}

void BlockPass::add_class(std::size_t i, std::size_t w, std::uint32_t by_car, std::uint32_t without) {
  const double car_ms = car_ms_[w][i], walk_ms = walk_ms_[w][i];
  const double *cars = this->by_car(i), *others = this->without(i);
  bool any_by_car = false, any_without = false;
  for (std::uint32_t g : people_.groups_of(w)) {
    if (by_car == without && by_car != kNoSlot) {
      any_by_car |= add_group(by_car, g, cars[g] + others[g], cars[g] * car_ms + others[g] * walk_ms);
      continue;
    }
    if (by_car != kNoSlot) any_by_car |= add_group(by_car, g, cars[g], cars[g] * car_ms);
    if (without != kNoSlot) any_without |= add_group(without, g, others[g], others[g] * walk_ms);
  }
  if (any_by_car) count_place(by_car);
  if (any_without) count_place(without);
  if (by_car != kNoSlot) add_losses(i, 2 * w, 2 * w + 1, by_car);
  if (without != kNoSlot) add_losses(i, 2 * w + 1, 2 * w + 2, without);
}

bool BlockPass::add_group(std::uint32_t slot, std::uint32_t g, double persons, double ms) {
  double* s = sums(slot) + g;
  s[Tally::kMoved * lanes_.width] += persons;
  s[Tally::kMs * lanes_.width] += ms;
  s[Tally::kPlaces * lanes_.width] += persons > 0;
  return persons > 0;
}

// Once for everybody, whoever of the place goes to the counter.
void BlockPass::count_place(std::uint32_t slot) {
  if (std::find(counted_.begin(), counted_.end(), slot) != counted_.end()) return;
  counted_.push_back(slot);
  ++n_places(slot);
}

// Who loses reach, and whose way grows most, on ladders `first`, `first` + 2 .. before `last`.
void BlockPass::add_losses(std::size_t i, std::size_t first, std::size_t last, std::uint32_t slot) {
  std::int32_t growth = 0;
  for (std::size_t ladder = first; ladder < last; ladder += 2) {
    if (tile_[ladder].is_gone[i]) add_gone(i, ladder, slot);
    if (tile_[ladder].is_lost[i]) add_lost(i, ladder, slot);
    growth = std::max(growth, tile_[ladder].growth[i]);
  }
  if (growth < least(slot)) return;
  const PlaceWays ways{&tile_[0], i, static_cast<std::int32_t>(place(i).v)};
  least(slot) = note_growth(ways, first, last, lanes_, persons(first, i), counts(slot));
}

void BlockPass::add_gone(std::size_t i, std::size_t ladder, std::uint32_t slot) {
  const double* who = persons(ladder, i);
  for (std::uint32_t g : people_.groups_of(Ladders::walk_class(ladder))) sums(slot)[Tally::kGone * lanes_.width + g] += who[g];
}

void BlockPass::add_lost(std::size_t i, std::size_t ladder, std::uint32_t slot) {
  const std::size_t w = Ladders::walk_class(ladder), width = lanes_.width;
  const double* who = persons(ladder, i);
  double* far = sums(slot) + Tally::kFar * width;
  if (!people_.parts().abilities) {
    add_far(width, who, lanes_.share_of(w), people_.find_shift(place(i)), far);
    return;
  }
  for (std::uint32_t g : people_.groups_of(w)) {
    const Ability a = find_ability(people_.parts(), place(i), g);
    far[g] += who[g] * a.autonomous;
    far[width + g] += who[g] * a.needs_help;
    far[2 * width + g] += who[g] * a.cannot;
  }
}

std::uint32_t BlockPass::find_slot(CounterId c) {
  std::uint32_t& slot = tally_.slot_of[c.v];
  if (slot == kNoSlot) {
    slot = static_cast<std::uint32_t>(tally_.counters.size());
    tally_.counters.push_back(c);
    tally_.sums.resize(tally_.counters.size() * Tally::n_sums(lanes_.width), 0.0);
    tally_.counts.resize(tally_.counters.size() * Tally::n_counts(lanes_.width), 0);
  }
  return slot;
}

}  // namespace maillage
