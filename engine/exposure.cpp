#include "engine/exposure.h"

#include <algorithm>

namespace maillage {
namespace {

std::vector<Label> find_first_labels(const Territory& territory, const NearestQuery& query, bool exhaustive,
                                     const Context& context) {
  const Ragged<Label> lists = find_nearest_counters(territory, query, exhaustive, context);
  std::vector<Label> first(lists.n_rows());
  for (std::size_t p = 0; p < lists.n_rows(); ++p)
    if (!lists[p].empty()) first[p] = lists[p].front();
  return first;
}

std::size_t find_row(const Grouping& grouping, std::size_t n_groups, std::int32_t row, std::size_t g) {
  return grouping.by_group ? static_cast<std::size_t>(row) * n_groups + g : static_cast<std::size_t>(row);
}

}  // namespace

Exposure build_exposure(std::shared_ptr<const Territory> territory, const ExposureQuery& query, const Context& context) {
  Exposure out;
  out.query = query;
  for (std::uint32_t w = 0; w < territory->parts().n_walk_classes; ++w) {
    NearestQuery nearest{query.service, query.level, PersonClass::car, w, 1};
    out.car.push_back(find_first_labels(*territory, nearest, query.exhaustive, context));
    nearest.person_class = PersonClass::no_car;
    out.no_car.push_back(find_first_labels(*territory, nearest, query.exhaustive, context));
  }
  out.territory = std::move(territory);
  return out;
}

States find_states(const TerritoryParts& t, PlaceId p, GroupId g, const Reach& within) {
  const double persons = t.population->persons(p.v, g.v);
  const double by_car = t.population->car_share(p.v, g.v);
  const double reach = within.by_car == within.without_car ? within.by_car : by_car * within.by_car + (1 - by_car) * within.without_car;
  const Ability a = find_ability(t, p, g.v);
  const double near = persons * reach, far = persons * (1 - reach);
  return {near * a.autonomous, near * (a.needs_help + a.cannot), far * a.autonomous, far * a.needs_help, far * a.cannot};
}

States find_states(const Exposure& exposure, PlaceId p, GroupId g) {
  const ExposureQuery& query = exposure.query;
  const Reach reach{query.decay.find_reach(exposure.label(p, g, PersonClass::car).time, query.limit),
                    query.decay.find_reach(exposure.label(p, g, PersonClass::no_car).time, query.limit)};
  return find_states(exposure.territory->parts(), p, g, reach);
}

std::vector<States> sum_states(const Exposure& exposure, const Grouping& grouping, const Context& context) {
  const std::size_t n_places = exposure.territory->n_places();
  const std::size_t n_groups = exposure.territory->n_groups();
  const std::size_t n_rows = grouping.n_rows * (grouping.by_group ? n_groups : 1);
  std::vector<States> out(n_rows);
  std::vector<States> of_place(n_places * n_groups);
  for_blocks(n_places, 8192, context, [&](std::size_t begin, std::size_t end) {
    for (std::size_t p = begin; p < end; ++p)
      for (std::size_t g = 0; g < n_groups; ++g)
        of_place[p * n_groups + g] = find_states(exposure, PlaceId(p), GroupId(g));
  });
  for (std::size_t p = 0; p < n_places; ++p) {
    const std::int32_t row = grouping.row_of_place[p];
    if (row < 0) continue;
    for (std::size_t g = 0; g < n_groups; ++g)
      out[find_row(grouping, n_groups, row, g)].add(of_place[p * n_groups + g]);
  }
  return out;
}

std::vector<double> sum_persons(const Exposure& exposure, const Grouping& grouping) {
  const Matrix<double>& persons = exposure.territory->parts().population->persons;
  const std::size_t n_groups = exposure.territory->n_groups();
  std::vector<double> out(grouping.n_rows * (grouping.by_group ? n_groups : 1), 0.0);
  for (std::size_t p = 0; p < persons.n_rows; ++p) {
    const std::int32_t row = grouping.row_of_place[p];
    if (row < 0) continue;
    for (std::size_t g = 0; g < n_groups; ++g) out[find_row(grouping, n_groups, row, g)] += persons(p, g);
  }
  return out;
}

}  // namespace maillage
