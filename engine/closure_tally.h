// What a counter's closing means to the people of one block of places, added up place by place.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "engine/detour_tile.h"

namespace maillage {

inline constexpr std::uint32_t kNoSlot = std::numeric_limits<std::uint32_t>::max();

// The groups side by side, padded to whole lanes of eight. What `width` numbers say of them stands in rows.
struct GroupLanes {
  static constexpr std::size_t kEight = 8;

  std::size_t n_groups, n_classes, width;
  std::vector<double> share;             // a row a class: 1 for its groups, 0 for all others
  std::vector<std::int32_t> is_member;   // a row a class: all bits for its groups, none for all others
  std::vector<std::int32_t> is_group;    // all bits for a group, none beyond the last
  std::vector<std::uint64_t> is_wide;    // the same, as wide as persons are

  GroupLanes(const People& people, std::size_t n_classes_);
  const double* share_of(std::size_t w) const { return share.data() + w * width; }
  const std::int32_t* is_member_of(std::size_t w) const { return is_member.data() + w * width; }
};

// A slot holds a counter:
//   sums   | moved | person ms | places | gone | far | far x shift | - |  a row each;
//          | moved | person ms | places | gone | a | b | c |              where abilities are those of places
//   counts | growth | worst place | before | after |                     a row each; then places of all, and the
//          least growth of any group: what is less is nobody's worst
// `far` are the persons who had a counter within the limit; the states follow from it. Lanes beyond the groups hold
// numbers without a meaning.
struct Tally {
  std::vector<std::uint32_t> slot_of;  // counter -> slot; while places are added
  std::vector<CounterId> counters;     // slot -> counter
  std::vector<double> sums;
  std::vector<std::int32_t> counts;

  enum Sum : std::size_t { kMoved, kMs, kPlaces, kGone, kFar, kSums = kFar + 3 };
  enum Count : std::size_t { kGrowth, kPlace, kBefore, kAfter, kCounts };

  static std::size_t n_sums(std::size_t width) { return kSums * width; }
  static std::size_t n_counts(std::size_t width) { return kCounts * width + 2; }
};

// Adds up the places of a block, in their order.
class BlockPass {
 public:
  BlockPass(const Ladders& ladders, const People& people);
  BlockPass(const BlockPass&) = delete;
  BlockPass& operator=(const BlockPass&) = delete;

  void add(std::size_t begin, std::size_t end);  // at most DetourTile::kPlaces places
  Tally finish();

 private:
  // Places of the tile, one after the other, whose people turn to the same counters.
  struct Run {
    std::size_t first, last;
    std::uint32_t by_car, without;  // the slots of the counters
  };

  void read(std::size_t begin, std::size_t end);
  std::size_t find_run_end(std::size_t i, std::size_t n) const;
  // What is read of the next tile comes while this one is added up.
  MAILLAGE_PREFETCHES void prefetch(std::size_t p) const {
    tile_.prefetch(p);
    __builtin_prefetch(persons_ + p * lanes_.n_groups);
    __builtin_prefetch(car_share_ + p * lanes_.n_groups);
    __builtin_prefetch(adequate_ + p);
  }
  void add_run(const Run& run);
  void add_several(std::size_t i);
  void add_class(std::size_t i, std::size_t w, std::uint32_t by_car, std::uint32_t without);
  bool add_group(std::uint32_t slot, std::uint32_t g, double persons, double ms);
  void count_place(std::uint32_t slot);

  void add_losses(std::size_t i, std::size_t first, std::size_t last, std::uint32_t slot);
  void add_gone(std::size_t i, std::size_t ladder, std::uint32_t slot);
  void add_lost(std::size_t i, std::size_t ladder, std::uint32_t slot);

  std::uint32_t find_slot(CounterId c);
  PlaceId place(std::size_t i) const { return PlaceId(begin_ + i); }
  const double* by_car(std::size_t i) const { return by_car_.data() + i * lanes_.n_groups; }
  const double* without(std::size_t i) const { return without_.data() + i * lanes_.n_groups; }
  const double* persons(std::size_t ladder, std::size_t i) const { return Ladders::is_car(ladder) ? by_car(i) : without(i); }
  double* sums(std::uint32_t slot) { return tally_.sums.data() + slot * Tally::n_sums(lanes_.width); }
  std::int32_t* counts(std::uint32_t slot) { return tally_.counts.data() + slot * Tally::n_counts(lanes_.width); }
  std::int32_t& n_places(std::uint32_t slot) { return counts(slot)[Tally::kCounts * lanes_.width]; }
  std::int32_t& least(std::uint32_t slot) { return counts(slot)[Tally::kCounts * lanes_.width + 1]; }

  const People& people_;
  GroupLanes lanes_;
  DetourTile tile_;
  std::vector<const double*> car_ms_, walk_ms_;  // class -> how much longer the ways get at each place of the tile
  std::size_t begin_ = 0;                        // the first place of the tile
  const double *persons_, *car_share_, *adequate_;  // of the first place of all
  std::vector<double> by_car_, without_;  // persons of the tile by place and group; longer, as rows are read in whole lanes
  DetourTile::Row<std::int32_t> has_car_, has_none_;  // does anybody live there who goes by car; who does not
  std::vector<std::uint32_t> counted_;  // slots that count the place already
  Tally tally_;
};

}  // namespace maillage
