// Up to eight labels in one cache line, and what sweeps do with such lines in a few vector
// instructions.
//
//   | time 0 .. time 7 | counter 0 .. counter 7 |     64 bytes, in order (time, then counter)
//
// Absent labels are (unreachable, none) and stand last. The vector code needs AVX2 and FMA; who calls it asks
// `has_line_kernel` first.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>

#include "engine/units.h"

namespace maillage {

struct alignas(64) LabelLine {
  static constexpr int kWidth = 8;
  std::int32_t time[kWidth];
  std::uint32_t counter[kWidth];

  bool is_empty() const { return time[0] == unreachable().ms; }
  // Labels present.
  int size() const {
    int n = 0;
    while (n < kWidth && time[n] != unreachable().ms) ++n;
    return n;
  }
};

// Puts a label into its place, in plain code: unless its counter stands there as well or better, or all
// eight are better.
inline void add_label(LabelLine& line, Duration time, std::uint32_t counter) {
  auto is_before = [&](int i) { return line.time[i] < time.ms || (line.time[i] == time.ms && line.counter[i] < counter); };
  if (!time.is_reachable()) return;
  int at = 0;
  for (; at < LabelLine::kWidth && is_before(at); ++at)
    if (line.counter[at] == counter) return;
  if (at == LabelLine::kWidth) return;
  int last = at;  // the one that falls away: this counter's old label, or the last
  while (last < LabelLine::kWidth - 1 && line.counter[last] != counter) ++last;
  for (; last > at; --last) {
    line.time[last] = line.time[last - 1];
    line.counter[last] = line.counter[last - 1];
  }
  line.time[at] = time.ms;
  line.counter[at] = counter;
}

#if defined(__x86_64__)

inline bool has_line_kernel() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }

#pragma GCC push_options
#pragma GCC target("avx2,fma,popcnt,bmi")

namespace lines {

using Ints = std::int32_t __attribute__((vector_size(32)));
using Floats = float __attribute__((vector_size(32)));

inline constexpr std::int32_t kFar = unreachable().ms;
inline constexpr std::int32_t kNoCounter = -1;  // the absent id, read as a signed number

inline Ints load(const void* p) {
  Ints v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
inline void store(void* p, Ints v) { std::memcpy(p, &v, sizeof v); }
inline unsigned to_mask(Ints lanes) { return static_cast<unsigned>(__builtin_ia32_movmskps256((Floats)lanes)); }

inline void clear(LabelLine& line) {
  store(line.time, Ints{} + kFar);
  store(line.counter, Ints{} + kNoCounter);
}

// Times later by `time`; what leaves the range is absent. Times are never negative, so the sum wraps at most once.
inline Ints add_time(Ints times, std::int32_t time) {
  const Ints sum = (Ints)((__attribute__((vector_size(32))) std::uint32_t)times + static_cast<std::uint32_t>(time));
  const Ints is_far = (sum < times) | (times == kFar) | (sum == kFar);
  return is_far ? Ints{} + kFar : sum;
}

// Writes `from`, `time` later, over `to`.
inline void copy(LabelLine& to, const LabelLine& from, std::int32_t time) {
  const Ints times = add_time(load(from.time), time);
  store(to.time, times);
  store(to.counter, load(from.counter) | (times == kFar));
}

// Lanes `n` to the right, round the end.
template <int n>
inline Ints rotate(Ints lanes) {
  const Ints from = {(8 - n) % 8, (9 - n) % 8, (10 - n) % 8, (11 - n) % 8, (12 - n) % 8, (13 - n) % 8, (14 - n) % 8, (15 - n) % 8};
  return __builtin_shuffle(lanes, from);
}

// Puts a label into its place in the list (t, c), unless its counter stands there as well or better, or
// all eight are better. Counters are below 2^31, so that they compare as signed numbers.
inline void put(Ints& t, Ints& c, std::int32_t time, std::int32_t counter) {
  const Ints new_t = Ints{} + time, new_c = Ints{} + counter;
  const Ints same = c == new_c;
  const Ints before = (t < new_t) | ((t == new_t) & (c < new_c));  // the lanes up to its place
  if (to_mask(same & before)) return;
  // lanes behind the counter's old label stay
  const Ints not0 = {0, -1, -1, -1, -1, -1, -1, -1}, not1 = {0, 0, -1, -1, -1, -1, -1, -1}, not3 = {0, 0, 0, 0, -1, -1, -1, -1};
  Ints stays = rotate<1>(same) & not0;
  stays |= rotate<1>(stays) & not0;
  stays |= rotate<2>(stays) & not1;
  stays |= rotate<4>(stays) & not3;
  stays |= before;
  const Ints here = rotate<1>(before) | ~not0;  // or later: all others take their left neighbour's label
  t = stays ? t : (here ? new_t : rotate<1>(t));
  c = stays ? c : (here ? new_c : rotate<1>(c));
}

inline void add(LabelLine& line, std::int32_t time, std::uint32_t counter) {
  Ints t = load(line.time), c = load(line.counter);
  put(t, c, time, static_cast<std::int32_t>(counter));
  store(line.time, t);
  store(line.counter, c);
}

// Which of the labels lose against the same counter's label in the other list, turned by `n` lanes.
template <int n>
inline void match(Ints t, Ints c, Ints other_t, Ints other_c, Ints& loses, Ints& other_loses) {
  const Ints same = c == rotate<n>(other_c);
  const Ints later = t > rotate<n>(other_t);
  loses |= same & later;
  other_loses |= rotate<(8 - n) % 8>(same & ~later);
}

// For every set of lanes (a bit each): its lanes in order, then lanes that are not in it.
struct Packings {
  alignas(32) std::int32_t lanes[256][8];
};
constexpr Packings build_packings() {
  Packings p{};
  for (int set = 0; set < 256; ++set) {
    int n = 0;
    for (int in = 1; in >= 0; --in)
      for (int lane = 0; lane < 8; ++lane)
        if ((set >> lane & 1) == in) p.lanes[set][n++] = lane;
  }
  return p;
}
inline constexpr Packings kPackings = build_packings();

// The times of a line in minutes, NaN where absent. Compilers do not find this in plain code: a division
// that only some lanes need must not be done for all. The division is a product, mended by what is left
// over: without rounding between (fma), that is the nearest number, as a division gives it.
inline void write_minutes(const LabelLine& line, double* out) {
  using Half = std::int32_t __attribute__((vector_size(16)));
  using Doubles = double __attribute__((vector_size(32)));
  using Longs = std::int64_t __attribute__((vector_size(32)));
  const Doubles divisor = Doubles{} + 60000.0, inverse = Doubles{} + 1 / 60000.0;
  for (int i = 0; i < LabelLine::kWidth; i += 4) {
    Half ms;
    std::memcpy(&ms, line.time + i, sizeof ms);
    const Doubles times = __builtin_convertvector(ms, Doubles), product = times * inverse;
    const Doubles rest = __builtin_ia32_vfnmaddpd256(product, divisor, times);
    const Doubles minutes = __builtin_ia32_vfmaddpd256(rest, inverse, product);
    const Longs is_far = __builtin_convertvector(ms == kFar, Longs);
    const Doubles shown = is_far ? Doubles{} + std::numeric_limits<double>::quiet_NaN() : minutes;
    std::memcpy(out + i, &shown, sizeof shown);
  }
}

// Moves the labels that stay to the front; the rest are absent.
inline void pack(Ints& t, Ints& c, Ints loses) {
  t = loses ? Ints{} + kFar : t;
  c |= loses;
  const Ints lanes = load(kPackings.lanes[~to_mask(loses) & 0xff]);
  t = __builtin_shuffle(t, lanes);
  c = __builtin_shuffle(c, lanes);
}

// One stage of a bitonic merge: lanes in `upper` take the greater of themselves and their partner.
inline void order(Ints& t, Ints& c, Ints partner, Ints upper) {
  const Ints pt = __builtin_shuffle(t, partner), pc = __builtin_shuffle(c, partner);
  const Ints is_greater = (t > pt) | ((t == pt) & (c > pc));
  const Ints takes = is_greater ^ upper;  // of equal labels (both absent) either will do
  t = takes ? pt : t;
  c = takes ? pc : c;
}

// Merges `from`, `time` later, into `to`: the eight best of both, each counter once.
inline void merge(LabelLine& to, const LabelLine& from, std::int32_t time) {
  const std::int32_t last = to.time[LabelLine::kWidth - 1];
  if (from.time[0] > last - time) return;  // its best is worse than our last
  Ints t = load(to.time), c = load(to.counter);
  Ints other_t = add_time(load(from.time), time);
  Ints other_c = load(from.counter) | (other_t == kFar);
  if (to_mask(c == other_c) == 0xff) {  // the same counters in the same order: the better times are in order too
    store(to.time, other_t < t ? other_t : t);
    return;
  }
  Ints loses = {}, other_loses = {};
  match<0>(t, c, other_t, other_c, loses, other_loses);
  match<1>(t, c, other_t, other_c, loses, other_loses);
  match<2>(t, c, other_t, other_c, loses, other_loses);
  match<3>(t, c, other_t, other_c, loses, other_loses);
  match<4>(t, c, other_t, other_c, loses, other_loses);
  match<5>(t, c, other_t, other_c, loses, other_loses);
  match<6>(t, c, other_t, other_c, loses, other_loses);
  match<7>(t, c, other_t, other_c, loses, other_loses);
  pack(t, c, loses);
  pack(other_t, other_c, other_loses);
  // both in order: the better of first and last, second and last but one, ... are the eight best
  const Ints reversed = {7, 6, 5, 4, 3, 2, 1, 0};
  other_t = __builtin_shuffle(other_t, reversed);
  other_c = __builtin_shuffle(other_c, reversed);
  const Ints is_greater = (t > other_t) | ((t == other_t) & (c > other_c));
  t = is_greater ? other_t : t;
  c = is_greater ? other_c : c;
  order(t, c, Ints{4, 5, 6, 7, 0, 1, 2, 3}, Ints{0, 0, 0, 0, -1, -1, -1, -1});
  order(t, c, Ints{2, 3, 0, 1, 6, 7, 4, 5}, Ints{0, 0, -1, -1, 0, 0, -1, -1});
  order(t, c, Ints{1, 0, 3, 2, 5, 4, 7, 6}, Ints{0, -1, 0, -1, 0, -1, 0, -1});
  store(to.time, t);
  store(to.counter, c);
}

}  // namespace lines

#pragma GCC pop_options

#else

inline bool has_line_kernel() { return false; }

#endif

}  // namespace maillage
