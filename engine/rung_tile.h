// The first two rungs of every ladder of some consecutive places, side by side.
//
// `Ladders::read` answers for one place. Whoever looks at all places reads tiles of them: what is the same for
// every place is looked up once, and whole vectors of places are compared at a time.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "engine/label_key.h"
#include "engine/ladders.h"
#include "engine/vectors.h"

namespace maillage {

class RungTile {
 public:
  static constexpr std::size_t kPlaces = 256;

  struct Row {
    std::array<LabelKey, kPlaces> first, second;

    void put(std::size_t i, const KeyPair& pair) {
      first[i] = pair.first;
      second[i] = pair.second;
    }
  };

  explicit RungTile(const Ladders& ladders);  // which outlive it
  RungTile(const RungTile&) = delete;
  RungTile& operator=(const RungTile&) = delete;

  // Reads places begin .. end: at most kPlaces of them, none before those read last. O(networks) each.
  void read(std::size_t begin, std::size_t end);
  // Has the lists of a place that will be read fetched meanwhile. Any place; past the last one is harmless.
  MAILLAGE_PREFETCHES void prefetch(std::size_t p) const {
    for (const Ahead& list : ahead_) __builtin_prefetch(list.labels + p * list.k);
  }
  const Row& operator[](std::size_t ladder) const { return *rows_[ladder]; }

 private:
  void read_lists(std::size_t network, std::size_t begin, std::size_t n);
  void read_inside(std::size_t begin, std::size_t n);

  struct Ahead {
    const Label* labels;
    std::size_t k;
  };

  const Ladders& ladders_;
  std::vector<Ahead> ahead_;                  // of every network: what lies under its changes
  std::vector<NearestView::Reader> readers_;  // of every network
  std::vector<Row> lists_;                    // of every network
  Row inside_;                                // counters of the places' own areas
  std::vector<Row> merged_;                   // of every ladder
  std::vector<const Row*> rows_;              // of every ladder: `merged_`, or the one list that it is made of
};

}  // namespace maillage
