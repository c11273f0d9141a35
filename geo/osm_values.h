// Values of OSM tags as people write them: speed limits, durations, measures.
#pragma once

#include <optional>
#include <string_view>

#include "geo/speeds.h"

namespace maillage {

// A speed limit in km/h. `kmh` 0 says nothing about the speed: no limit, signals, or not understood.
struct SpeedLimit {
  double kmh = 0;
  bool is_understood = true;
};

// Reads a limit: `50`, `30 mph`, `10 knots`, `walk`, `FR:urban`, `DE:zone:30`, `none`, `signals`.
// Of a list (`50;70`, `50|70`) the lowest counts. Words are looked up in `zones` first, then in the
// built-in legal limits, both without regard to case; an unknown country falls back to its word
// (urban 50, rural 90, trunk 110, motorway 130 km/h). Numbers must lie in 1 .. 300 km/h.
SpeedLimit to_speed_limit(std::string_view value, const ValueByName& zones);

// Reads a duration in seconds: `35` (minutes), `00:35`, `1:10:00` (hours first), `PT35M`, `PT1H30M`,
// `P1DT2H`. Nothing for what is not understood, not above 0, or longer than 7 days.
std::optional<double> to_duration_s(std::string_view value);

// Reads a length in metres (`3`, `3.2 m`, `2,5`, `6'7"`, `6 ft`) or a weight in tonnes (`3.5`, `3.5 t`,
// `900 kg`). Nothing for words and for what is not understood.
std::optional<double> to_metres(std::string_view value);
std::optional<double> to_tonnes(std::string_view value);

}  // namespace maillage
