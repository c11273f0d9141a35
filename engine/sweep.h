// The k nearest counters of every node in two linear passes over a hierarchy: no queue, no search.
//
//   up    from the least important node on, every node that holds labels hands them to the more
//         important ends of its incoming arcs: counters reach their ancestors
//   down  from the most important node on, every node merges the lists of the heads of its outgoing
//         arcs into its own
//
// Keeping only k labels a node is safe: k better ones stay better all the way down. The result equals
// `find_k_nearest` label by label (time, then counter), for any number of threads.
//
//   k <= 8   a node's list is one cache line: | 8 times | 8 counters |, merged by vector instructions
//            where the processor has them (AVX2)
//   k > 8    plain rows of k labels
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/dijkstra.h"
#include "engine/hierarchy.h"

namespace maillage {

// The k nearest counters of every node of a hierarchy, by rank.
class SweptLabels {
 public:
  static constexpr int kLine = 8;  // labels in a cache line

  int k() const { return k_; }
  std::size_t n_nodes() const { return n_; }

  // The labels of a node, in order, absent ones left out; `buffer` (k labels) may hold them.
  std::span<const Label> read(Rank rank, std::span<Label> buffer) const;

 private:
  friend class Sweep;
  struct alignas(64) Line {
    std::int32_t time[kLine];
    std::uint32_t counter[kLine];
  };
  int k_ = 0;
  std::size_t n_ = 0;
  std::vector<Line> lines_;    // k <= 8
  std::vector<Label> labels_;  // k > 8: n x k
};

// As find_k_nearest, on the hierarchy of the same graph; `entries` are nodes of the graph.
SweptLabels sweep_k_nearest(const Hierarchy& hierarchy, std::span<const CounterId> counters,
                            const Ragged<LinkEnd>& entries, int k, const Context& context = {});

}  // namespace maillage
