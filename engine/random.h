// Random numbers by counter: Philox 4x32-10 (Salmon, Moraes, Dror and Shaw 2011). A number depends on its
// key and counter alone, so that draws are the same for any threads and any order.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>

namespace maillage {

using PhiloxBlock = std::array<std::uint32_t, 4>;

constexpr PhiloxBlock find_philox(PhiloxBlock counter, std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t a = std::uint64_t{0xD2511F53} * counter[0], b = std::uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<std::uint32_t>(b >> 32) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(b),
               static_cast<std::uint32_t>(a >> 32) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(a)};
    key[0] += 0x9E3779B9;
    key[1] += 0xBB67AE85;
  }
  return counter;
}

// Where a number stands: which seed, whose (a hash of a name), which draw.
struct DrawAt {
  std::uint64_t seed, stream;
  std::uint32_t draw;
};

inline PhiloxBlock find_block(const DrawAt& at) {
  return find_philox({at.draw, 0, static_cast<std::uint32_t>(at.stream), static_cast<std::uint32_t>(at.stream >> 32)},
                     {static_cast<std::uint32_t>(at.seed), static_cast<std::uint32_t>(at.seed >> 32)});
}

// Uniform in (0, 1), 53 bits.
inline double to_uniform(std::uint32_t high, std::uint32_t low) {
  const std::uint64_t bits = (std::uint64_t{high} << 32 | low) >> 11;
  return (static_cast<double>(bits) + 0.5) / 9007199254740992.0;
}

inline double draw_uniform(const DrawAt& at) {
  const PhiloxBlock block = find_block(at);
  return to_uniform(block[0], block[1]);
}

// Standard normal (Box and Muller 1958).
inline double draw_normal(const DrawAt& at) {
  const PhiloxBlock block = find_block(at);
  const double u = to_uniform(block[0], block[1]), v = to_uniform(block[2], block[3]);
  return std::sqrt(-2 * std::log(u)) * std::cos(2 * std::numbers::pi * v);
}

}  // namespace maillage
