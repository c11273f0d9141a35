#include "engine/segment_grid.h"

#include <algorithm>
#include <cmath>
#include <tuple>

namespace maillage {
namespace {

constexpr double kTargetCellM = 120;         // about a block in town, a field in the country
constexpr double kMaxCellsPerSegment = 4;    // keeps the grid of a sparse or stretched territory small

auto find_tie_key(const RoadSegments& s, SegmentId id) {
  const LatLon a = s.node_point[s.from[id]];
  const LatLon b = s.node_point[s.to[id]];
  const auto ka = std::tuple(a.lat, a.lon);
  const auto kb = std::tuple(b.lat, b.lon);
  const bool drawn = ka <= kb;
  return std::tuple(std::min(ka, kb), std::max(ka, kb), s.flags[id], drawn ? s.forward_s[id] : s.backward_s[id],
                    drawn ? s.backward_s[id] : s.forward_s[id], !drawn);
}

// Always from the same end, so that segments between the same points, drawn either way, are equally
// far to the last digit.
NearestPoint project(const RoadSegments& s, SegmentId id, LatLon p, double cos_lat) {
  LatLon a = s.node_point[s.from[id]];
  LatLon b = s.node_point[s.to[id]];
  const bool is_turned = b.lat < a.lat || (b.lat == a.lat && b.lon < a.lon);
  if (is_turned) std::swap(a, b);
  const double ax = (a.lon - p.lon) * cos_lat, ay = a.lat - p.lat;
  const double dx = (b.lon - a.lon) * cos_lat, dy = b.lat - a.lat;
  const double length2 = dx * dx + dy * dy;
  double f = length2 > 0 ? -(ax * dx + ay * dy) / length2 : 0;
  f = std::clamp(f, 0.0, 1.0);
  const double x = ax + f * dx, y = ay + f * dy;
  return {id, is_turned ? 1 - f : f, std::sqrt(x * x + y * y) * kMetresPerDegree,
          {a.lat + f * (b.lat - a.lat), a.lon + f * (b.lon - a.lon)}};
}

}  // namespace

SegmentGrid::SegmentGrid(const RoadSegments& s, std::span<const SegmentId> members) {
  if (members.empty()) return;
  double max_lat = -90, max_lon = -180;
  min_lat_ = 90;
  min_lon_ = 180;
  for (SegmentId id : members) {
    for (RawNodeId n : {s.from[id], s.to[id]}) {
      const LatLon p = s.node_point[n];
      min_lat_ = std::min(min_lat_, p.lat);
      max_lat = std::max(max_lat, p.lat);
      min_lon_ = std::min(min_lon_, p.lon);
      max_lon = std::max(max_lon, p.lon);
    }
  }
  const double cos_mid = std::max(0.01, std::cos((min_lat_ + max_lat) / 2 * std::numbers::pi / 180));
  const double height_m = (max_lat - min_lat_) * kMetresPerDegree;
  const double width_m = (max_lon - min_lon_) * kMetresPerDegree * cos_mid;
  const double max_cells = std::max(1.0, kMaxCellsPerSegment * static_cast<double>(members.size()));
  double cell_m = kTargetCellM;
  while ((width_m / cell_m + 1) * (height_m / cell_m + 1) > max_cells) cell_m *= 1.25;
  cell_lat_ = cell_m / kMetresPerDegree;
  cell_lon_ = cell_lat_ / cos_mid;
  n_x_ = static_cast<std::int64_t>((max_lon - min_lon_) / cell_lon_) + 1;
  n_y_ = static_cast<std::int64_t>((max_lat - min_lat_) / cell_lat_) + 1;

  std::vector<std::pair<std::uint32_t, SegmentId>> pairs;
  pairs.reserve(members.size() + members.size() / 2);
  for (SegmentId id : members) {
    const LatLon a = s.node_point[s.from[id]];
    const LatLon b = s.node_point[s.to[id]];
    const Cell ca = find_cell(a), cb = find_cell(b);
    for (std::int64_t y = std::min(ca.y, cb.y); y <= std::max(ca.y, cb.y); ++y) {
      // the part of the segment inside this row of cells bounds the columns it crosses
      double lo = a.lon, hi = b.lon;
      if (ca.y != cb.y) {
        auto lon_at = [&](double lat) {
          const double f = std::clamp((lat - a.lat) / (b.lat - a.lat), 0.0, 1.0);
          return a.lon + f * (b.lon - a.lon);
        };
        lo = lon_at(min_lat_ + static_cast<double>(y) * cell_lat_);
        hi = lon_at(min_lat_ + static_cast<double>(y + 1) * cell_lat_);
      }
      if (lo > hi) std::swap(lo, hi);
      const std::int64_t x0 = find_cell({a.lat, lo}).x, x1 = find_cell({a.lat, hi}).x;
      for (std::int64_t x = x0; x <= x1; ++x) pairs.emplace_back(static_cast<std::uint32_t>(y * n_x_ + x), id);
    }
  }
  cells_ = build_ragged<SegmentId>(static_cast<std::size_t>(n_x_ * n_y_), pairs);
}

SegmentGrid::SegmentGrid(const SegmentGrid& before, std::span<const SegmentId> members, std::size_t n_segments)
    : SegmentGrid(before) {
  std::vector<std::uint8_t> stays(n_segments, 0);
  for (SegmentId id : members) stays[id.v] = 1;
  std::vector<std::uint32_t> offset;
  std::vector<SegmentId> kept;
  offset.reserve(cells_.offset.size());
  kept.reserve(cells_.values.size());
  offset.push_back(0);
  for (std::size_t cell = 0; cell < cells_.n_rows(); ++cell) {
    for (SegmentId id : cells_[cell])
      if (stays[id.v]) kept.push_back(id);
    offset.push_back(static_cast<std::uint32_t>(kept.size()));
  }
  cells_.offset = std::move(offset);
  cells_.values = std::move(kept);
}

SegmentGrid::Cell SegmentGrid::find_cell(LatLon p) const {
  auto clamp_to = [](double v, std::int64_t n) {
    return std::clamp(static_cast<std::int64_t>(std::floor(std::clamp(v, -1.0, 1e9))), std::int64_t{0}, n - 1);
  };
  return {clamp_to((p.lon - min_lon_) / cell_lon_, n_x_), clamp_to((p.lat - min_lat_) / cell_lat_, n_y_)};
}

std::optional<NearestPoint> SegmentGrid::find_nearest(const RoadSegments& s, LatLon p, double max_m) const {
  if (n_x_ == 0 || !std::isfinite(p.lat) || !std::isfinite(p.lon)) return std::nullopt;
  const double cos_lat = std::max(0.01, std::cos(p.lat * std::numbers::pi / 180));
  // columns and rows by which a distance in metres reaches, from the query's own latitude
  const double cell_w = cell_lon_ * cos_lat * kMetresPerDegree;
  const double cell_h = cell_lat_ * kMetresPerDegree;
  const double fx = (p.lon - min_lon_) / cell_lon_, fy = (p.lat - min_lat_) / cell_lat_;

  std::optional<NearestPoint> best;
  // between a coordinate (in cells) and a column or row
  auto gap = [](double f, std::int64_t i) { return std::max({0.0, static_cast<double>(i) - f, f - static_cast<double>(i + 1)}); };
  auto look_at = [&](std::int64_t x, std::int64_t y) {
    if (x < 0 || y < 0 || x >= n_x_ || y >= n_y_) return;
    if (best) {  // a cell that lies farther than the best so far holds nothing better
      const double dx = gap(fx, x) * cell_w, dy = gap(fy, y) * cell_h;
      if (dx * dx + dy * dy > best->distance_m * best->distance_m * (1 + 1e-9)) return;
    }
    for (SegmentId id : cells_[static_cast<std::size_t>(y * n_x_ + x)]) {
      const NearestPoint c = project(s, id, p, cos_lat);
      if (c.distance_m > max_m) continue;
      if (!best || c.distance_m < best->distance_m ||
          (c.distance_m == best->distance_m && c.segment != best->segment &&
           find_tie_key(s, c.segment) < find_tie_key(s, best->segment)))
        best = c;
    }
  };
  const auto cx = static_cast<std::int64_t>(std::floor(std::clamp(fx, -1e9, 1e9)));
  const auto cy = static_cast<std::int64_t>(std::floor(std::clamp(fy, -1e9, 1e9)));
  for (std::int64_t ring = 0;; ++ring) {
    // everything inside the rings done so far is nearer than this
    const double left = (fx - static_cast<double>(cx - ring + 1)) * cell_w;
    const double right = (static_cast<double>(cx + ring) - fx) * cell_w;
    const double down = (fy - static_cast<double>(cy - ring + 1)) * cell_h;
    const double up = (static_cast<double>(cy + ring) - fy) * cell_h;
    const double done_m = ring == 0 ? 0 : std::min({left, right, down, up});
    if (done_m > max_m || (best && best->distance_m < done_m)) break;
    for (std::int64_t x = cx - ring; x <= cx + ring; ++x) {
      look_at(x, cy - ring);
      if (ring > 0) look_at(x, cy + ring);
    }
    for (std::int64_t y = cy - ring + 1; y < cy + ring; ++y) {
      look_at(cx - ring, y);
      look_at(cx + ring, y);
    }
  }
  return best;
}

}  // namespace maillage
