// Quantities with their unit: travel times in integer milliseconds, points in degrees.
//
// Integer times make sums exact and independent of their order. `unreachable()` is a value of its
// own: it absorbs every sum and is greater than every time.
#pragma once

#include <cmath>
#include <compare>
#include <cstdint>
#include <limits>
#include <numbers>

namespace maillage {

// A travel time in whole milliseconds, 0 .. 24.8 days, or unreachable.
struct Duration {
  std::int32_t ms = 0;

  constexpr bool is_reachable() const { return ms != std::numeric_limits<std::int32_t>::max(); }
  friend constexpr auto operator<=>(Duration, Duration) = default;

  // Sums that leave the range are unreachable, as is any sum with an unreachable part.
  friend constexpr Duration operator+(Duration a, Duration b) {
    if (!a.is_reachable() || !b.is_reachable()) return {std::numeric_limits<std::int32_t>::max()};
    const std::int64_t sum = std::int64_t{a.ms} + b.ms;
    return {sum >= std::numeric_limits<std::int32_t>::max() ? std::numeric_limits<std::int32_t>::max()
                                                            : static_cast<std::int32_t>(sum)};
  }
};

constexpr Duration unreachable() { return {std::numeric_limits<std::int32_t>::max()}; }

// Within a limit, the limit included. Unreachable is within no limit, not even an unlimited one.
constexpr bool is_within(Duration time, Duration limit) { return time.is_reachable() && time <= limit; }

// Rounds to the nearest millisecond, half to even, so that sums of many times have no bias;
// infinity, NaN and overflow are unreachable.
inline Duration to_duration(double seconds) {
  const double ms = seconds * 1000.0;
  if (!(ms < std::numeric_limits<std::int32_t>::max())) return unreachable();
  return {static_cast<std::int32_t>(std::nearbyint(ms))};
}

// Minutes for people; unreachable is NaN.
inline double to_minutes(Duration time) {
  return time.is_reachable() ? time.ms / 60000.0 : std::numeric_limits<double>::quiet_NaN();
}

// A WGS84 point in degrees.
struct LatLon {
  double lat = 0;
  double lon = 0;
  friend constexpr bool operator==(LatLon, LatLon) = default;
};

inline constexpr double kEarthRadiusM = 6371008.8;  // mean radius, IUGG
inline constexpr double kMetresPerDegree = kEarthRadiusM * std::numbers::pi / 180.0;

// Great-circle distance in metres (haversine on the mean sphere; error under 0.6 % of WGS84).
inline double find_distance_m(LatLon a, LatLon b) {
  const double to_rad = std::numbers::pi / 180.0;
  const double s = std::sin((b.lat - a.lat) * to_rad / 2);
  const double t = std::sin((b.lon - a.lon) * to_rad / 2);
  const double h = s * s + std::cos(a.lat * to_rad) * std::cos(b.lat * to_rad) * t * t;
  return 2 * kEarthRadiusM * std::asin(std::sqrt(h < 1 ? h : 1));
}

}  // namespace maillage
