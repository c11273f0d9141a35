// Random draws for tests: the same for a seed on every platform and with every library.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace maillage::test {

// Splitmix64 (Steele, Lea, Flood 2014). The standard distributions differ between libraries; these do not.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15ull + 0x1234567ull) {}

  std::uint64_t draw() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ull);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
  }
  // 0 .. n - 1; n > 0.
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(draw() % n); }
  // lo .. hi, both included.
  int between(int lo, int hi) { return lo + static_cast<int>(below(static_cast<std::size_t>(hi - lo + 1))); }
  double uniform(double lo = 0, double hi = 1) {
    return lo + (hi - lo) * (static_cast<double>(draw() >> 11) / 9007199254740992.0);
  }
  bool chance(double p) { return uniform() < p; }

  template <class T>
  const T& pick(const std::vector<T>& items) {
    return items[below(items.size())];
  }
  template <class T>
  void shuffle(std::vector<T>& items) {
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[below(i)]);
  }
  // A random order of 0 .. n - 1.
  std::vector<std::uint32_t> permutation(std::size_t n) {
    std::vector<std::uint32_t> order(n);
    for (std::size_t i = 0; i < n; ++i) order[i] = static_cast<std::uint32_t>(i);
    shuffle(order);
    return order;
  }

 private:
  std::uint64_t state_;
};

}  // namespace maillage::test
