#include "tests/support/random_territory.h"

#include <cmath>
#include <limits>

#include "tests/support/random_town.h"

namespace maillage::test {
namespace {

constexpr int kLastArea = 3;  // of the convention that a counter in the place's own area is 0 minutes away

std::vector<LatLon> build_points(std::size_t n, const RoadSegments& roads, const std::vector<LatLon>& others, Dice& dice) {
  std::vector<LatLon> points;
  for (std::size_t i = 0; i < n; ++i) {
    const double kind = dice.uniform();
    if (kind < 0.1 && !points.empty())
      points.push_back(dice.pick(points));
    else if (kind < 0.2 && !others.empty())
      points.push_back(dice.pick(others));
    else
      points.push_back(pick_point(roads, dice));
  }
  return points;
}

Matrix<double> build_persons(std::size_t n_places, std::size_t n_groups, Dice& dice) {
  Matrix<double> persons(n_places, n_groups);
  for (double& value : persons.values) value = dice.chance(0.2) ? 0 : dice.uniform(0, 100);
  return persons;
}

double draw_share(Dice& dice) { return dice.chance(0.3) ? (dice.chance(0.5) ? 1.0 : 0.0) : dice.uniform(); }

std::vector<std::uint8_t> draw_levels(std::size_t n_services, Dice& dice) {
  std::vector<std::uint8_t> level(n_services);
  for (std::uint8_t& l : level) l = static_cast<std::uint8_t>(dice.below(3));
  return level;
}

std::shared_ptr<const RoadNetwork> build_network(RoadSegments roads) {
  return std::make_shared<RoadNetwork>(build_road_network(std::make_shared<RoadSegments>(std::move(roads))));
}

std::vector<ModeNetwork> build_networks(const RoadSegments& car_roads, std::uint32_t n_walk_classes, Dice& dice) {
  LinkOptions options;
  if (dice.chance(0.3)) options.max_snap_m = 150;
  if (dice.chance(0.3)) options.access_speed_kmh = 20;
  const bool with_hierarchies = dice.chance(0.5);  // nearest counters by sweeps, or by search
  std::vector<ModeNetwork> networks;
  auto add = [&](RoadSegments roads, std::uint32_t walk_class, bool serves_no_car) {
    ModeNetwork m;
    m.mode = roads.mode;
    m.walk_class = walk_class;
    m.serves_no_car = serves_no_car;
    m.network = build_network(std::move(roads));
    m.place_options = m.counter_options = options;
    if (with_hierarchies) m.hierarchy = std::make_shared<Hierarchy>(build_hierarchy(m.network->out, m.network->in));
    networks.push_back(std::move(m));
  };
  add(car_roads, kEveryWalkClass, false);
  if (dice.chance(0.3)) networks.back().counter_options.extra = {30000};  // parking
  if (dice.chance(0.8))
    for (std::uint32_t w = 0; w < n_walk_classes; ++w) add(build_walk_roads(car_roads, w == 0 ? 4.5 : 3), w, true);
  if (dice.chance(0.3)) {
    TownOptions bike;
    bike.mode = Mode::bike;
    bike.max_seconds = 300;
    add(build_random_town(dice, bike), kEveryWalkClass, dice.chance(0.5));
  }
  return networks;
}

// Keeps what edits so far have made of the counters, so that the next one can be applied.
class EditDice {
 public:
  EditDice(const Territory& territory, Dice& dice) : territory_(territory), dice_(dice), open_(territory.parts().counters->open) {}

  std::size_t n_counters() const { return open_.size(); }
  std::size_t n_services() const { return territory_.parts().counters->level.n_columns; }
  LatLon draw_point() { return pick_point(*territory_.parts().networks[0].network->segments, dice_); }

  std::int32_t draw_area() { return dice_.between(-1, kLastArea); }

  // A counter whose state is `open`, or none.
  CounterId draw_counter(bool open) {
    std::vector<CounterId> found;
    for (std::size_t c = 0; c < open_.size(); ++c)
      if ((open_[c] != 0) == open) found.push_back(CounterId(c));
    return found.empty() ? CounterId() : dice_.pick(found);
  }

  void add_close(std::vector<Edit>& edits) {
    const CounterId c = draw_counter(true);
    if (c.is_none()) return;
    if (dice_.chance(0.3)) {
      edits.push_back(CloseCounter{c, ServiceId(dice_.below(n_services()))});
    } else {
      edits.push_back(CloseCounter{c, std::nullopt});
      open_[c.v] = 0;
    }
  }
  void add_open(std::vector<Edit>& edits) {
    const CounterId c = draw_counter(false);
    if (!c.is_none() && dice_.chance(0.5)) {
      edits.push_back(ReopenCounter{c});
      open_[c.v] = 1;
    } else {
      edits.push_back(OpenCounter{draw_point(), draw_levels(n_services(), dice_), draw_area()});
      open_.push_back(1);
    }
  }
  void add_move(std::vector<Edit>& edits) {
    if (n_counters() > 0) edits.push_back(MoveCounter{CounterId(dice_.below(n_counters())), draw_point(), draw_area()});
  }
  void add_convert(std::vector<Edit>& edits) {
    if (n_counters() > 0)
      edits.push_back(ConvertCounter{CounterId(dice_.below(n_counters())), draw_levels(n_services(), dice_)});
  }
  void add_people(std::vector<Edit>& edits) {
    const PlaceId p(dice_.below(territory_.n_places()));
    if (dice_.chance(0.5))
      edits.push_back(SetPersons{p, GroupId(dice_.below(territory_.n_groups())), dice_.uniform(0, 50)});
    else
      edits.push_back(SetAdequate{p, dice_.uniform()});
  }
  void add_roads(std::vector<Edit>& edits) {
    const ModeNetwork& m = dice_.pick(territory_.parts().networks);
    EditRoads edit{m.mode, {}, std::nullopt, std::nullopt};
    for (int i = dice_.between(1, 4); i > 0; --i) edit.segments.push_back(SegmentId(dice_.below(m.network->segments->n_segments())));
    if (dice_.chance(0.3))
      edit.speed_kmh = dice_.uniform(1, 90);
    else if (dice_.chance(0.5))
      edit.factor = dice_.uniform(0.5, 2);
    edits.push_back(edit);
  }

 private:
  const Territory& territory_;
  Dice& dice_;
  std::vector<std::uint8_t> open_;
};

}  // namespace

RandomTerritory build_random_territory(Dice& dice) {
  RandomTerritory out;
  out.n_services = static_cast<std::size_t>(dice.between(1, 3));
  const RoadSegments roads = build_random_town(dice);
  const std::size_t n_places = static_cast<std::size_t>(dice.between(1, 25));
  const std::size_t n_groups = static_cast<std::size_t>(dice.between(1, 4));
  const std::size_t n_counters = dice.chance(0.05) ? 0 : static_cast<std::size_t>(dice.between(1, 20));

  TerritoryParts parts;
  parts.n_walk_classes = static_cast<std::uint32_t>(dice.between(1, 2));
  parts.connectivity_shift = dice.chance(0.5) ? 1 : dice.uniform();
  const std::vector<LatLon> places = build_points(n_places, roads, {}, dice);
  parts.place_points = places;

  Population population;
  population.persons = build_persons(n_places, n_groups, dice);
  population.car_share = Matrix<double>(n_places, n_groups);
  for (double& share : population.car_share.values) share = draw_share(dice);
  parts.population = std::make_shared<Population>(std::move(population));

  Groups groups;
  for (std::size_t g = 0; g < n_groups; ++g) {
    groups.p_b.push_back(dice.uniform(0, 0.6));
    groups.p_c.push_back(dice.uniform(0, 1 - groups.p_b.back()));
    groups.walk_class.push_back(static_cast<std::uint32_t>(dice.below(parts.n_walk_classes)));
  }
  parts.groups = std::make_shared<Groups>(std::move(groups));
  if (dice.chance(0.3)) {
    Abilities abilities{Matrix<double>(n_places, n_groups), Matrix<double>(n_places, n_groups)};
    for (std::size_t i = 0; i < n_places * n_groups; ++i) {
      abilities.p_b.values[i] = dice.uniform(0, 0.6);
      abilities.p_c.values[i] = dice.uniform(0, 1 - abilities.p_b.values[i]);
    }
    parts.abilities = std::make_shared<Abilities>(std::move(abilities));
  }

  Connectivity connectivity;
  for (std::size_t p = 0; p < n_places; ++p)
    connectivity.adequate.push_back(dice.chance(0.1) ? std::numeric_limits<double>::quiet_NaN() : draw_share(dice));
  parts.connectivity = std::make_shared<Connectivity>(std::move(connectivity));

  Counters counters;
  counters.point = build_points(n_counters, roads, places, dice);
  counters.level = Matrix<std::uint8_t>(0, out.n_services);
  for (std::size_t c = 0; c < n_counters; ++c) {
    counters.open.push_back(dice.chance(0.85));
    const std::vector<std::uint8_t> level = draw_levels(out.n_services, dice);
    counters.level.values.insert(counters.level.values.end(), level.begin(), level.end());
    ++counters.level.n_rows;
  }
  if (dice.chance(0.15)) {
    auto area = std::make_shared<std::vector<std::int32_t>>();
    for (std::size_t p = 0; p < n_places; ++p) area->push_back(dice.between(-1, kLastArea));
    for (std::size_t c = 0; c < n_counters; ++c) counters.area.push_back(dice.between(-1, kLastArea));
    parts.place_area = area;
  }
  parts.counters = std::make_shared<Counters>(std::move(counters));
  parts.networks = build_networks(roads, parts.n_walk_classes, dice);
  out.territory = Territory::build(std::move(parts));
  return out;
}

std::vector<Edit> build_random_edits(const Territory& territory, Dice& dice, const ScenarioOptions& options) {
  EditDice draw(territory, dice);
  std::vector<Edit> edits;
  for (int i = 0; i < options.n_edits; ++i) {
    switch (dice.below(9)) {
      case 0: case 1: case 2: if (options.closes) draw.add_close(edits); break;
      case 3: case 4: if (options.opens) draw.add_open(edits); break;
      case 5: if (options.moves) draw.add_move(edits); break;
      case 6: if (options.converts) draw.add_convert(edits); break;
      case 7: if (options.edits_people) draw.add_people(edits); break;
      default: if (options.edits_roads && dice.chance(0.3)) draw.add_roads(edits); break;
    }
  }
  return edits;
}

std::vector<Edit> build_closing_of_everything(const Territory& territory) {
  std::vector<Edit> edits;
  for (std::size_t c = 0; c < territory.parts().counters->n_counters(); ++c)
    if (territory.parts().counters->open[c]) edits.push_back(CloseCounter{CounterId(c), std::nullopt});
  return edits;
}

std::vector<NearestQuery> build_all_queries(const Territory& territory, int k) {
  std::vector<NearestQuery> queries;
  for (std::size_t s = 0; s < territory.parts().counters->level.n_columns; ++s)
    for (int level : {1, 2})
      for (PersonClass c : {PersonClass::car, PersonClass::no_car})
        for (std::uint32_t w = 0; w < territory.parts().n_walk_classes; ++w)
          queries.push_back({ServiceId(s), level, c, w, k});
  return queries;
}

ExposureQuery build_random_query(const Territory& territory, Dice& dice) {
  ExposureQuery query;
  query.service = ServiceId(dice.below(territory.parts().counters->level.n_columns));
  query.level = dice.between(1, 2);
  query.limit = {dice.between(0, 600) * 1000};
  return query;
}

std::vector<std::int32_t> build_random_areas(const Territory& territory, std::size_t n_rows, Dice& dice) {
  std::vector<std::int32_t> rows;
  for (std::size_t p = 0; p < territory.n_places(); ++p) rows.push_back(dice.between(-1, static_cast<int>(n_rows) - 1));
  return rows;
}

std::vector<std::int32_t> build_place_rows(const Territory& territory) {
  std::vector<std::int32_t> rows;
  for (std::size_t p = 0; p < territory.n_places(); ++p) rows.push_back(static_cast<std::int32_t>(p));
  return rows;
}

}  // namespace maillage::test
