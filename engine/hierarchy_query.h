// Travel times between points by a hierarchy: upward from both ends, until they have met for good.
//
// One pair: two searches that see a few hundred nodes each. Many pairs: every destination leaves its
// time at the nodes above it (a bucket a node), every origin collects what lies at the nodes above
// itself. Equal to Dijkstra's times.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/csr.h"
#include "engine/graph.h"
#include "engine/hierarchy.h"
#include "engine/parallel.h"
#include "engine/units.h"

namespace maillage {

// A search over arcs to more important nodes; keeps its memory. Not shared between threads.
class UpwardSearch {
 public:
  struct Item {
    Duration time;
    Rank rank;
  };

  UpwardSearch(const Hierarchy& hierarchy, const Ragged<RankedArc>& up, const Ragged<RankedArc>& down)
      : hierarchy_(hierarchy), up_(up), down_(down), time_(hierarchy.n_nodes(), unreachable()) {}

  void begin(std::span<const LinkEnd> sources);
  std::size_t n_nodes() const { return time_.size(); }
  bool is_done() const { return heap_.empty(); }
  Duration next_time() const { return heap_.front().time; }  // of what `settle` takes next, or less

  // Settles the nearest node and goes on from it. The rank is n_nodes where nothing is settled: the node was
  // come to earlier, or by a more important node, and no shortest path goes on from here.
  Item settle();

  Duration time(Rank rank) const { return time_[rank]; }
  void stop() { heap_.clear(); }

 private:
  void relax(Rank rank, Duration time);

  const Hierarchy& hierarchy_;
  const Ragged<RankedArc>& up_;
  const Ragged<RankedArc>& down_;
  std::vector<Duration> time_;
  std::vector<Rank> touched_;
  std::vector<Item> heap_;
};

// Times of single pairs.
class PairQuery {
 public:
  explicit PairQuery(const Hierarchy& h) : from_(h, h.out, h.in), to_(h, h.in, h.out) {}

  // The least time from one of `exits` to one of `entries`, the times of these included.
  Duration find_time(std::span<const LinkEnd> exits, std::span<const LinkEnd> entries);

 private:
  UpwardSearch from_, to_;
};

// n_origins x n_destinations: the least times from rows of `exits` to rows of `entries`.
Matrix<Duration> find_time_table(const Hierarchy& hierarchy, const Ragged<LinkEnd>& exits,
                                 const Ragged<LinkEnd>& entries, const Context& context = {});

}  // namespace maillage
