#include "tests/support/small_territory.h"

#include <cmath>
#include <sstream>

#include "tests/support/random_town.h"
#include "tests/support/town_times.h"

namespace maillage::test {
namespace {

ModeNetwork build_mode(RoadSegments roads, std::uint32_t walk_class, bool serves_no_car) {
  ModeNetwork m;
  m.mode = roads.mode;
  m.walk_class = walk_class;
  m.serves_no_car = serves_no_car;
  m.network = std::make_shared<RoadNetwork>(build_road_network(std::make_shared<RoadSegments>(std::move(roads))));
  m.place_options.max_snap_m = m.counter_options.max_snap_m = kStepM / 2;
  return m;
}

}  // namespace

SmallTerritory::SmallTerritory(std::string_view drawing, std::string places, std::string counters_drawn, std::size_t n_services)
    : town(build_ascii_town(drawing)), place_names(std::move(places)), counter_names(std::move(counters_drawn)) {
  population.persons = Matrix<double>(place_names.size(), 1, 100);
  population.car_share = Matrix<double>(place_names.size(), 1, 0.5);
  groups = {{0.2}, {0.1}, {0}};
  connectivity.adequate.assign(place_names.size(), 1);
  for (char c : counter_names) counters.point.push_back(town.point(c));
  counters.open.assign(counter_names.size(), 1);
  counters.level = Matrix<std::uint8_t>(counter_names.size(), n_services, 1);
  parts.networks.push_back(build_mode(town.roads, kEveryWalkClass, false));
}

void SmallTerritory::add_walking(std::uint32_t walk_class, double speed_kmh) {
  parts.networks.push_back(build_mode(build_walk_roads(town.roads, speed_kmh), walk_class, true));
}

std::shared_ptr<const Territory> SmallTerritory::build() const {
  TerritoryParts all = parts;
  std::vector<LatLon> points;
  for (char p : place_names) points.push_back(town.point(p));
  all.place_points = std::move(points);
  all.population = std::make_shared<Population>(population);
  all.groups = std::make_shared<Groups>(groups);
  all.connectivity = std::make_shared<Connectivity>(connectivity);
  all.counters = std::make_shared<Counters>(counters);
  return Territory::build(std::move(all));
}

std::string to_text(const SmallTerritory& small, std::span<const Label> labels) {
  std::ostringstream text;
  for (const Label& l : labels) {
    if (text.tellp() > 0) text << ", ";
    if (l.counter.v < small.counter_names.size())
      text << small.counter_names[l.counter.v];
    else
      text << '#' << l.counter.v;
    text << ' ' << std::round(to_minutes(l.time) * 100) / 100;
  }
  return text.str();
}

}  // namespace maillage::test
