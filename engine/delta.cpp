#include "engine/delta.h"

namespace maillage {

std::vector<PlaceChange> find_place_changes(const Exposure& before, const Exposure& after) {
  const TerritoryParts& t = after.territory->parts();
  std::vector<PlaceChange> changes;
  for (std::size_t p = 0; p < after.territory->n_places(); ++p) {
    for (const PersonClass person_class : {PersonClass::car, PersonClass::no_car}) {
      const bool car = person_class == PersonClass::car;
      for (std::uint32_t w = 0; w < t.n_walk_classes; ++w) {
        const Label& b = (car ? before.car : before.no_car)[w][p];
        const Label& a = (car ? after.car : after.no_car)[w][p];
        if (a == b) continue;
        double persons = 0;
        for (std::size_t g = 0; g < t.groups->n_groups(); ++g) {
          if (t.groups->walk_class[g] != w) continue;
          const double share = t.population->car_share(p, g);
          persons += t.population->persons(p, g) * (car ? share : 1 - share);
        }
        if (persons > 0) changes.push_back({PlaceId(p), person_class, w, b, a, persons});
      }
    }
  }
  return changes;
}

}  // namespace maillage
