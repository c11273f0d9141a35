// What makes loops over rows of numbers fast, by compiler.
#pragma once

// Before a function: it is compiled for AVX2 too, and the processor takes the form that it knows. AVX2 alone, as
// multiplying and adding in one step would round otherwise than other processors do. Not under sanitizers, which
// are not awake yet when the form is chosen.
#if defined(__x86_64__) && defined(__gnu_linux__) && !defined(__clang__) && !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
#define MAILLAGE_VECTORS __attribute__((target_clones("avx2", "default")))
#else
#define MAILLAGE_VECTORS
#endif

// Before a function that only has memory fetched: without it g++ takes the function for one without an effect and
// leaves out calls of it.
#define MAILLAGE_PREFETCHES [[gnu::always_inline]] inline
