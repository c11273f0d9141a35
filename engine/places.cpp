#include "engine/places.h"

#include <cmath>

namespace maillage {

double find_adequate_share(double wired, double mobile) {
  if (wired == 1 || mobile == 1) return 1;  // whatever the other is
  return 1 - (1 - wired) * (1 - mobile);    // NaN when either is
}

Ability find_ability(double p_b, double p_c, double adequate, double shift) {
  const double moved = std::isnan(adequate) ? 0 : (1 - adequate) * shift;
  const double p_a = 1 - p_b - p_c;
  return {p_a * (1 - moved), p_b * (1 - moved) + p_a * moved, p_c + p_b * moved};
}

}  // namespace maillage
