// Which counter a person turns to, and which one next when that one closes.
//
// A ladder is the list of a place for one person class and walking class: the best of every mode that
// they may use, with the counters of the place's own area at 0 minutes where the territory counts so.
// It is never stored: it is read off the lists of the networks, which the territory keeps anyway.
// Counters that close are a set beside it; where all listed ones close although more stand beyond,
// the place is *dry* on that network and `CounterSearch` finds the next one exactly.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "engine/csr.h"
#include "engine/dijkstra.h"
#include "engine/parallel.h"
#include "engine/place_lists.h"
#include "engine/territory.h"

namespace maillage {

// Counters that close together.
class ClosedSet {
 public:
  explicit ClosedSet(std::size_t n_counters) : words_((n_counters + 63) / 64, 0) {}
  bool contains(CounterId c) const { return words_[c.v / 64] >> (c.v % 64) & 1; }
  void insert(CounterId c) { words_[c.v / 64] |= std::uint64_t{1} << (c.v % 64); }
  void erase(CounterId c) { words_[c.v / 64] &= ~(std::uint64_t{1} << (c.v % 64)); }

 private:
  std::vector<std::uint64_t> words_;
};

// The first two steps of a ladder: the nearest counter, and the one that follows when it closes.
// Absent when there is none.
struct Rungs {
  Label first, second;
};

// All ladders of a territory for one service and level: ladder 2 w is that of people with a car who
// walk as class w, ladder 2 w + 1 that of people without.
class Ladders {
 public:
  // `n_needed` = 1 serves `first` alone, kDefaultK all else.
  Ladders(std::shared_ptr<const Territory> territory, ServiceId service, int level, int n_needed,
          const Context& context = {});

  static bool is_car(std::size_t ladder) { return ladder % 2 == 0; }
  static std::size_t walk_class(std::size_t ladder) { return ladder / 2; }
  std::size_t n_ladders() const { return networks_.size(); }
  const std::shared_ptr<const Territory>& territory() const { return territory_; }
  ServiceId service() const { return service_; }
  int level() const { return level_; }

  // The rungs of every ladder of a place (n_ladders). O(networks).
  void read(PlaceId p, std::span<Rungs> rungs) const;
  Rungs read(PlaceId p, std::size_t ladder) const;

  // The nearest counter that stays open, as far as the lists say. Networks on which the place is dry
  // and could do better than that are added to `dry`; find_nearest_open answers for them.
  Label find_open(std::size_t ladder, PlaceId p, const ClosedSet& closed, std::vector<std::uint32_t>& dry) const;

  // Places whose rungs may differ from those of `before`, ascending. The two have the same places.
  std::vector<PlaceId> find_changed(const Ladders& before) const;

  const NearestView* view(std::size_t network) const { return views_[network].get(); }
  std::size_t n_networks() const { return views_.size(); }
  // The networks that people of a ladder may use.
  std::span<const std::uint32_t> networks_of(std::size_t ladder) const { return networks_[ladder]; }
  // Do counters of a place's own area count as 0 minutes away? They are `inside` then, ascending.
  bool counts_inside() const { return territory_->parts().place_area != nullptr; }
  std::span<const CounterId> inside(PlaceId p) const;

 private:
  std::span<const Label> list(std::size_t network, PlaceId p) const {
    const NearestView& v = *views_[network];
    return v.touched().empty() ? (*v.base())[p] : v[p];
  }

  std::shared_ptr<const Territory> territory_;
  ServiceId service_;
  int level_;
  std::size_t n_needed_;
  std::vector<std::shared_ptr<const NearestView>> views_;  // of every network
  std::vector<std::vector<std::uint32_t>> networks_;       // ladder -> networks it may use
  Ragged<CounterId> inside_;                               // area -> open counters there (zero-inside convention)
};

// Finds the nearest open counter on one network when the lists do not name it: by a search from the
// place, or, when very many places ask, by one sweep from all open counters.
class CounterSearch {
 public:
  CounterSearch(std::shared_ptr<const Territory> territory, std::size_t network, ServiceId service, int level);

  // One label a place of `places` (ascending); absent where no open counter can be reached. Exact: the
  // nearest by time, then by counter.
  std::vector<Label> find_nearest_open(std::span<const PlaceId> places, const ClosedSet& closed, const Context& context) const;

 private:
  Label look_from(PlaceId p, const ClosedSet& closed) const;
  std::vector<Label> look_up(std::span<const PlaceId> places, const ClosedSet& closed, const Context& context) const;
  Label search_from(Dijkstra& search, PlaceId p, const ClosedSet& closed, std::size_t& n_settled) const;
  void sweep(std::span<const PlaceId> places, const ClosedSet& closed, std::span<Label> found, const Context& context) const;

  std::shared_ptr<const Territory> territory_;
  const ModeNetwork& network_;
  CounterSet counters_;                                   // open ones that offer the service
  std::vector<std::pair<EdgeId, std::uint32_t>> on_edge_; // sorted: edge -> rows of counters
  std::vector<std::pair<NodeId, Label>> entered_at_;      // sorted: node -> counters entered there
  mutable Pool<Dijkstra> searches_;
};

}  // namespace maillage
