// Where people live, who they are, and whether their homes are connected.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/csr.h"
#include "engine/id.h"
#include "engine/units.h"

namespace maillage {

// Persons of every place and group, and the share of them who can travel by car.
struct Population {
  Matrix<double> persons;    // n_places x n_groups, real numbers >= 0
  Matrix<double> car_share;  // n_places x n_groups, 0 .. 1
};

// What a group brings with it, wherever it lives.
struct Groups {
  std::vector<double> p_b;                // n_groups: share that needs help online
  std::vector<double> p_c;                // n_groups: share that cannot use the online channel
  std::vector<std::uint32_t> walk_class;  // n_groups: which walking speed

  std::size_t n_groups() const { return p_b.size(); }
};

// Abilities that differ from place to place, in place of those of the groups: n_places x n_groups.
struct Abilities {
  Matrix<double> p_b, p_c;
};

// Share of a place's persons whose home has an adequate wired line or good 4G; NaN = not known.
struct Connectivity {
  Buffer<double> adequate;  // n_places
};

// Share with an adequate wired line or good 4G, when the two are independent inside a place: an
// assumption that the outputs state. With one unknown (NaN) the share lies between the other and 1: it is
// unknown (NaN) too, unless the other is 1. Unknown is never taken as 0.
double find_adequate_share(double wired, double mobile);

// The three states of a person before the online channel; they sum to 1.
struct Ability {
  double autonomous, needs_help, cannot;
};

// The ability of a group at a place: of those without adequate connectivity a share `shift` moves one
// state down (A to B, B to C). Unknown connectivity shifts nobody.
Ability find_ability(double p_b, double p_c, double adequate, double shift);

}  // namespace maillage
