// The nearest piece of road to a point: a grid of cells over segments, built once, then read only.
//
// Distances are metres in the plane that touches the sphere at the query point (error below 0.1 %
// at the few kilometres it is used for). Ties go to the segment whose ends come first in
// (lat, lon) order, on the same line to open roads before restricted ones and then to the faster, so
// the order of rows in the input does not matter.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/csr.h"
#include "engine/id.h"
#include "engine/road_segments.h"
#include "engine/units.h"

namespace maillage {

struct NearestPoint {
  SegmentId segment;
  double fraction = 0;    // along the segment as drawn, 0 .. 1
  double distance_m = 0;
  LatLon point;           // on the segment
};

class SegmentGrid {
 public:
  SegmentGrid() = default;
  SegmentGrid(const RoadSegments& segments, std::span<const SegmentId> members);
  // The grid before an edit of the roads without those of its segments that are no members any more; `members`
  // (ascending) hold no other. Neither the times nor the size of the cells changes an answer, so this
  // one answers as a grid built from nothing.
  SegmentGrid(const SegmentGrid& before, std::span<const SegmentId> members, std::size_t n_segments);

  // The nearest member within `max_m` metres (inclusive), or nothing.
  std::optional<NearestPoint> find_nearest(const RoadSegments& segments, LatLon point, double max_m) const;


  // Hands its fields to `visit(name, field)`, for whoever keeps a grid and brings it back.
  template <class Grid, class Visit>
  static void visit_fields(Grid& grid, Visit&& visit) {
    visit("min_lat", grid.min_lat_);
    visit("min_lon", grid.min_lon_);
    visit("cell_lat", grid.cell_lat_);
    visit("cell_lon", grid.cell_lon_);
    visit("n_x", grid.n_x_);
    visit("n_y", grid.n_y_);
    visit("cells", grid.cells_);
  }

 private:
  struct Cell {
    std::int64_t x, y;
  };
  double min_lat_ = 0, min_lon_ = 0, cell_lat_ = 1, cell_lon_ = 1;
  std::int64_t n_x_ = 0, n_y_ = 0;
  Ragged<SegmentId> cells_;

  Cell find_cell(LatLon point) const;
};

}  // namespace maillage
