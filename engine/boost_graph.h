// Lets Boost.Graph read our arc lists in place, so that components, bridges and the Dijkstra oracle
// of the tests come from Boost. Models VertexListGraph and IncidenceGraph.
#pragma once

#include <boost/graph/graph_traits.hpp>
#include <boost/graph/properties.hpp>
#include <boost/iterator/counting_iterator.hpp>
#include <boost/property_map/property_map.hpp>
#include <cstdint>
#include <utility>

#include "engine/graph.h"

namespace maillage {

struct BoostEdge {
  std::uint32_t tail = 0;
  std::uint32_t arc = 0;  // index into ArcLists::values
  friend bool operator==(BoostEdge, BoostEdge) = default;
};

class BoostOutEdgeIterator
    : public boost::iterator_facade<BoostOutEdgeIterator, BoostEdge, boost::random_access_traversal_tag, BoostEdge> {
 public:
  BoostOutEdgeIterator() = default;
  explicit BoostOutEdgeIterator(BoostEdge edge) : edge_(edge) {}

 private:
  friend class boost::iterator_core_access;
  BoostEdge dereference() const { return edge_; }
  bool equal(const BoostOutEdgeIterator& other) const { return edge_.arc == other.edge_.arc; }
  void increment() { ++edge_.arc; }
  void decrement() { --edge_.arc; }
  void advance(std::ptrdiff_t n) { edge_.arc = static_cast<std::uint32_t>(edge_.arc + n); }
  std::ptrdiff_t distance_to(const BoostOutEdgeIterator& other) const {
    return static_cast<std::ptrdiff_t>(other.edge_.arc) - static_cast<std::ptrdiff_t>(edge_.arc);
  }
  BoostEdge edge_;
};

}  // namespace maillage

namespace boost {

template <>
struct graph_traits<maillage::ArcLists> {
  using vertex_descriptor = std::uint32_t;
  using edge_descriptor = maillage::BoostEdge;
  using directed_category = directed_tag;
  using edge_parallel_category = allow_parallel_edge_tag;
  struct traversal_category : public virtual vertex_list_graph_tag, public virtual incidence_graph_tag {};
  using vertices_size_type = std::uint32_t;
  using edges_size_type = std::uint32_t;
  using degree_size_type = std::uint32_t;
  using vertex_iterator = counting_iterator<std::uint32_t>;
  using out_edge_iterator = maillage::BoostOutEdgeIterator;
  static vertex_descriptor null_vertex() { return static_cast<std::uint32_t>(-1); }
};

template <>
struct property_map<maillage::ArcLists, vertex_index_t> {
  using type = typed_identity_property_map<std::uint32_t>;
  using const_type = type;
};

}  // namespace boost

namespace maillage {

inline std::uint32_t num_vertices(const ArcLists& g) { return static_cast<std::uint32_t>(g.n_rows()); }
inline auto vertices(const ArcLists& g) {
  return std::pair(boost::counting_iterator<std::uint32_t>(0),
                   boost::counting_iterator<std::uint32_t>(num_vertices(g)));
}
inline auto out_edges(std::uint32_t v, const ArcLists& g) {
  return std::pair(BoostOutEdgeIterator({v, g.offset[v]}), BoostOutEdgeIterator({v, g.offset[v + 1]}));
}
inline std::uint32_t out_degree(std::uint32_t v, const ArcLists& g) { return g.offset[v + 1] - g.offset[v]; }
inline std::uint32_t source(BoostEdge e, const ArcLists&) { return e.tail; }
inline std::uint32_t target(BoostEdge e, const ArcLists& g) { return g.values[e.arc].head.v; }
inline auto get(boost::vertex_index_t, const ArcLists&) {
  return boost::typed_identity_property_map<std::uint32_t>();
}

}  // namespace maillage
