// The k nearest counters of every place, and how they change when counters close and open.
//
// The baseline is computed once for a network and a set of counters (NearestIndex). A change is an
// overlay on it (NearestView): a closing promotes the next counters of the lists that named it, an
// opening is a search bounded by what it could improve, and a list that runs dry is repaired by an
// exact search from its place, or, when many do, by one sweep from the counters that are open. `build_nearest_index` on the changed counters without a hierarchy is
// the slow, obvious form (`exhaustive`); the two agree label by label.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engine/csr.h"
#include "engine/dijkstra.h"
#include "engine/hierarchy.h"
#include "engine/id.h"
#include "engine/links.h"
#include "engine/parallel.h"
#include "engine/place_lists.h"
#include "engine/road_network.h"

namespace maillage {

inline constexpr int kDefaultK = 8;

// Which places leave the network at a node or stand on an edge: links turned round.
struct PlaceFinder {
  Ragged<std::pair<PlaceId, Duration>> at_node;   // search node -> places that exit there, with the time to it
  PlacesOnEdges on_edge;
};
PlaceFinder build_place_finder(const RoadNetwork& network, const Links& places);

// The k nearest counters of every place of a baseline. For trips from counters, over which no change is
// laid, `node_radius` and `places_of` stay empty.
struct NearestIndex {
  // Block b holds places b * kPlacesInBlock and on: where neighbours stand next to each other, naming blocks
  // takes a tenth of the memory that naming places takes.
  static constexpr std::size_t kPlacesInBlock = 16;

  int k = kDefaultK;
  std::size_t n_places = 0;
  Buffer<Label> labels;                    // n_places x k; absent labels last
  Buffer<std::uint8_t> count;              // labels present; fewer than k means: all that can be reached
  Buffer<Duration> node_radius;            // search node -> time of its k-th counter, or unreachable
  CounterSet counters;
  Ragged<std::uint32_t> blocks_of;         // row in `counters` -> blocks of places that list it, ascending
  Buffer<std::pair<NodeId, Label>> entered_at;               // sorted: node -> counters entered there
  Buffer<std::pair<EdgeId, std::uint32_t>> on_edge;          // sorted: edge -> rows of counters

  std::span<const Label> operator[](PlaceId p) const {
    return {labels.data() + static_cast<std::size_t>(p.v) * k, count[p.v]};
  }

  // Places that list counter `counters.ids[row]`, ascending.
  std::vector<PlaceId> find_places_of(std::size_t row) const;
};

// Counter row -> blocks of places that list it.
Ragged<std::uint32_t> find_blocks_of(const NearestIndex& index);

NearestIndex build_nearest_index(const AttachedPlaces& attached, CounterSet counters, int k,
                                 const Context& context = {});

// A change of the counters of one service: which close, which open (rows of `opened` in id order).
// A counter that moves stands in both.
struct CounterChange {
  std::vector<CounterId> closed;  // ascending
  CounterSet opened;
};

// A baseline with a change laid over it. Lists of touched places hold at least `n_needed` labels, or
// all that can be reached; every other list is the baseline's.
class NearestView {
 public:
  NearestView() = default;
  explicit NearestView(std::shared_ptr<const NearestIndex> base) : base_(std::move(base)) {}

  std::size_t n_places() const { return base_->n_places; }
  std::span<const Label> operator[](PlaceId p) const;
  std::span<const PlaceId> touched() const { return touched_; }
  const std::shared_ptr<const NearestIndex>& base() const { return base_; }

  // Reads the lists of all places in their order, without searching for each.
  class Reader {
   public:
    explicit Reader(const NearestView& view) : view_(view) {}
    // The list of `p`; p never less than in the call before.
    std::span<const Label> read(PlaceId p) {
      while (next_ < view_.touched_.size() && view_.touched_[next_] < p) ++next_;
      const bool is_touched = next_ < view_.touched_.size() && view_.touched_[next_] == p;
      return is_touched ? view_.lists_[next_] : (*view_.base_)[p];
    }

   private:
    const NearestView& view_;
    std::size_t next_ = 0;
  };

 private:
  friend class NearestUpdate;
  std::shared_ptr<const NearestIndex> base_;
  std::vector<PlaceId> touched_;  // ascending
  Ragged<Label> lists_;           // of touched places
};

NearestView update_nearest(std::shared_ptr<const NearestIndex> base, const AttachedPlaces& attached,
                           const PlaceFinder& finder, const CounterChange& change, int n_needed,
                           const Context& context = {});

}  // namespace maillage
