// Merging two lines by AVX-512: a line as eight 64-bit keys (time, then counter) in one register.
//
// It gives what `lines::merge` gives, in half the instructions and without a branch, which a processor
// would guess wrong on every other line. Who calls it asks `has_wide_line_kernel` first.
#pragma once

#include "engine/label_lines.h"

#if defined(__x86_64__)

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"  // of which GCC 12 accuses its own header
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include <immintrin.h>
#pragma GCC diagnostic pop

namespace maillage {

inline bool has_wide_line_kernel() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512cd");
}

#pragma GCC push_options
#pragma GCC target("avx2,fma,popcnt,bmi,avx512f,avx512vl,avx512dq,avx512cd")

namespace lines {

inline __m256i load_lanes(const void* p) { return _mm256_load_si256(static_cast<const __m256i*>(p)); }

inline __m512i to_keys(__m256i times, __m256i counters) {
  return _mm512_or_si512(_mm512_slli_epi64(_mm512_cvtepu32_epi64(times), 32), _mm512_cvtepu32_epi64(counters));
}

// One stage of a bitonic merge: keys in `upper` take the greater of themselves and their partner.
inline __m512i order_keys(__m512i keys, __m512i partner, __mmask8 upper) {
  return _mm512_mask_max_epu64(_mm512_min_epu64(keys, partner), upper, keys, partner);
}

// The bits of all lanes together.
inline int join_bits(__m256i lanes) {
  __m128i bits = _mm_or_si128(_mm256_castsi256_si128(lanes), _mm256_extracti128_si256(lanes, 1));
  bits = _mm_or_si128(bits, _mm_shuffle_epi32(bits, 0x4e));
  bits = _mm_or_si128(bits, _mm_shuffle_epi32(bits, 0xb1));
  return _mm_cvtsi128_si32(bits);
}

// Merges `from`, `time` later, into `to`: the eight best of both, each counter once.
inline void merge_wide(LabelLine& to, const LabelLine& from, std::int32_t time) {
  const Ints later = add_time(load(from.time), time);
  const __m256i t = load_lanes(to.time), c = load_lanes(to.counter);
  const __m256i other_t = (__m256i)later, other_c = (__m256i)(load(from.counter) | (later == kFar));

  // the lane of `to`, a bit, that holds the counter of each lane of `from`; the later of the two loses
  const __m512i equals = _mm512_conflict_epi32(_mm512_inserti64x4(_mm512_castsi256_si512(c), other_c, 1));
  const __m256i match = _mm256_and_si256(_mm512_extracti64x4_epi64(equals, 1), _mm256_set1_epi32(0xff));
  const __mmask8 is_matched = _mm256_test_epi32_mask(match, match);
  const __m256i lane = _mm256_sub_epi32(_mm256_set1_epi32(31), _mm256_lzcnt_epi32(match));
  const __mmask8 other_loses = _mm256_mask_cmple_epi32_mask(is_matched, _mm256_permutexvar_epi32(lane, t), other_t);
  const int loses = join_bits(_mm256_maskz_mov_epi32(static_cast<__mmask8>(is_matched & ~other_loses), match));

  // the labels that stay, to the front; the best of first and last, second and last but one, ...; in order
  const __m512i absent = _mm512_set1_epi64(std::int64_t{kFar} << 32 | 0xffffffff);
  const __m512i mine = _mm512_mask_compress_epi64(absent, static_cast<__mmask8>(~loses), to_keys(t, c));
  const __m512i others = _mm512_mask_compress_epi64(absent, static_cast<__mmask8>(~other_loses), to_keys(other_t, other_c));
  __m512i keys = _mm512_min_epu64(mine, _mm512_permutexvar_epi64(_mm512_set_epi64(0, 1, 2, 3, 4, 5, 6, 7), others));
  keys = order_keys(keys, _mm512_shuffle_i64x2(keys, keys, 0x4e), 0xf0);
  keys = order_keys(keys, _mm512_permutex_epi64(keys, 0x4e), 0xcc);
  keys = order_keys(keys, _mm512_shuffle_epi32(keys, static_cast<_MM_PERM_ENUM>(0x4e)), 0xaa);
  store(to.time, (Ints)_mm512_cvtepi64_epi32(_mm512_srli_epi64(keys, 32)));
  store(to.counter, (Ints)_mm512_cvtepi64_epi32(keys));
}

}  // namespace lines

#pragma GCC pop_options

}  // namespace maillage

#else

namespace maillage {
inline bool has_wide_line_kernel() { return false; }
}  // namespace maillage

#endif
