// Strong ids: 32-bit indices that cannot be mixed up, and vectors indexed only by their own id.
//
// An id has no arithmetic. `kNone` is the absent id; it never indexes anything.
#pragma once

#include <cassert>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <vector>

#include "engine/buffer.h"

namespace maillage {

template <class Tag>
struct Id {
  std::uint32_t v = std::numeric_limits<std::uint32_t>::max();

  constexpr Id() = default;
  explicit constexpr Id(std::size_t index) : v(static_cast<std::uint32_t>(index)) {}
  constexpr bool is_none() const { return v == std::numeric_limits<std::uint32_t>::max(); }
  friend constexpr auto operator<=>(Id, Id) = default;
};

using NodeId = Id<struct NodeTag>;        // a vertex of the search graph
using RawNodeId = Id<struct RawNodeTag>;  // a point of the road data, before chains are contracted
using ArcId = Id<struct ArcTag>;          // a directed arc of the search graph
using EdgeId = Id<struct EdgeTag>;        // an undirected chain between two junctions
using SegmentId = Id<struct SegmentTag>;  // a straight piece of road between two raw nodes
using PlaceId = Id<struct PlaceTag>;
using GroupId = Id<struct GroupTag>;
using CounterId = Id<struct CounterTag>;
using ServiceId = Id<struct ServiceTag>;

// A vector that only its own kind of id can index.
template <class I, class T>
class IdVector {
 public:
  IdVector() = default;
  explicit IdVector(std::size_t n, const T& value = T()) : items_(n, value) {}
  explicit IdVector(Buffer<T> items) : items_(std::move(items)) {}

  decltype(auto) operator[](I id) {
    assert(id.v < items_.size());
    return items_[id.v];
  }
  decltype(auto) operator[](I id) const {
    assert(id.v < items_.size());
    return items_[id.v];
  }
  std::size_t size() const { return items_.size(); }
  bool empty() const { return items_.empty(); }
  void reserve(std::size_t n) { items_.reserve(n); }
  void assign(std::size_t n, const T& value) { items_.assign(n, value); }
  I push_back(T item) {
    items_.push_back(std::move(item));
    return I(items_.size() - 1);
  }
  const Buffer<T>& items() const { return items_; }
  Buffer<T>& items() { return items_; }
  auto begin() const { return items_.begin(); }
  auto end() const { return items_.end(); }

 private:
  Buffer<T> items_;
};

}  // namespace maillage

template <class Tag>
struct std::hash<maillage::Id<Tag>> {
  std::size_t operator()(maillage::Id<Tag> id) const { return std::hash<std::uint32_t>()(id.v); }
};
