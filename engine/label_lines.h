// Up to eight labels in one cache line, and what sweeps do with such lines in a few vector
// instructions.
//
//   | time 0 .. time 7 | counter 0 .. counter 7 |     64 bytes, in order (time, then counter)
//
// Absent labels are (unreachable, none) and stand last. The vector code needs AVX2; who calls it asks
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

inline bool has_line_kernel() { return __builtin_cpu_supports("avx2"); }

#pragma GCC push_options
#pragma GCC target("avx2,popcnt,bmi")

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

// Takes over the time of the same counter in the other list, turned by `n` lanes, where it is better.
template <int n>
inline void match(Ints& t, Ints c, Ints times, Ints counters, Ints& matched) {
  const Ints same = c == rotate<n>(counters);
  const Ints other = rotate<n>(times);
  t = same & (other < t) ? other : t;
  matched |= rotate<(8 - n) % 8>(same);
}

// Swaps neighbours that stand in the wrong order; lanes in `right` look at the lane before them, others at
// the lane behind.
inline void swap_neighbours(Ints& t, Ints& c, Ints partner_t, Ints partner_c, Ints right) {
  const Ints is_less = (partner_t < t) | ((partner_t == t) & (partner_c < c));
  const Ints is_more = (t < partner_t) | ((t == partner_t) & (c < partner_c));
  const Ints swaps = right ? is_more : is_less;
  t = swaps ? partner_t : t;
  c = swaps ? partner_c : c;
}

inline unsigned find_unsorted(Ints t, Ints c) {
  const Ints next_t = rotate<7>(t), next_c = rotate<7>(c);
  return to_mask((next_t < t) | ((next_t == t) & (next_c < c))) & 0x7f;
}

inline void sort(Ints& t, Ints& c) {
  constexpr Ints kOdd = {0, -1, 0, -1, 0, -1, 0, -1}, kEven = {0, 0, -1, 0, -1, 0, -1, 0};
  while (find_unsorted(t, c)) {
    const Ints swap1 = {1, 0, 3, 2, 5, 4, 7, 6}, swap2 = {0, 2, 1, 4, 3, 6, 5, 7};
    swap_neighbours(t, c, __builtin_shuffle(t, swap1), __builtin_shuffle(c, swap1), kOdd);
    swap_neighbours(t, c, __builtin_shuffle(t, swap2), __builtin_shuffle(c, swap2), kEven);
  }
}

// Merges `from`, `time` later, into `to`: the eight best of both, each counter once.
inline void merge(LabelLine& to, const LabelLine& from, std::int32_t time) {
  const std::int32_t last = to.time[LabelLine::kWidth - 1];
  if (from.time[0] > last - time) return;  // its best is worse than our last
  Ints t = load(to.time), c = load(to.counter);
  const Ints times = add_time(load(from.time), time), counters = load(from.counter);
  Ints matched = {};
  match<0>(t, c, times, counters, matched);
  match<1>(t, c, times, counters, matched);
  match<2>(t, c, times, counters, matched);
  match<3>(t, c, times, counters, matched);
  match<4>(t, c, times, counters, matched);
  match<5>(t, c, times, counters, matched);
  match<6>(t, c, times, counters, matched);
  match<7>(t, c, times, counters, matched);
  sort(t, c);
  unsigned left = to_mask(~matched & (times <= last) & (times != kFar));
  if (left) {
    alignas(32) std::int32_t candidate[LabelLine::kWidth];
    store(candidate, times);
    do {
      const int i = std::countr_zero(left);
      left &= left - 1;
      put(t, c, candidate[i], static_cast<std::int32_t>(from.counter[i]));
    } while (left);
    store(to.counter, c);
  }
  store(to.time, t);
  store(to.counter, c);
}

}  // namespace lines

#pragma GCC pop_options

#else

inline bool has_line_kernel() { return false; }

#endif

}  // namespace maillage
