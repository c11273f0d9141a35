// Numbers by counter against the known answers that their authors publish (Random123, kat_vectors).
#include "engine/random.h"

#include <gtest/gtest.h>

namespace maillage {
namespace {

TEST(Random, PhiloxGivesTheKnownAnswers) {
  EXPECT_EQ(find_philox({0, 0, 0, 0}, {0, 0}), (PhiloxBlock{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(find_philox({~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}), (PhiloxBlock{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(find_philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (PhiloxBlock{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Random, NormalsHaveMeanZeroAndVarianceOne) {
  double sum = 0, squares = 0;
  constexpr int n = 100000;
  for (std::uint32_t i = 0; i < n; ++i) {
    const double z = draw_normal({7, 11, i});
    sum += z;
    squares += z * z;
  }
  EXPECT_NEAR(sum / n, 0, 0.02);
  EXPECT_NEAR(squares / n, 1, 0.03);
}

TEST(Random, UniformsAreInsideTheirRange) {
  for (std::uint32_t i = 0; i < 1000; ++i) {
    const double u = draw_uniform({1, 2, i});
    EXPECT_TRUE(u > 0 && u < 1);
  }
  EXPECT_EQ(to_uniform(~0u, ~0u), (9007199254740991.0 + 0.5) / 9007199254740992.0);
}

}  // namespace
}  // namespace maillage
