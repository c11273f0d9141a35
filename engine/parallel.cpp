#include "engine/parallel.h"

#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <algorithm>

namespace maillage {

void for_blocks(std::size_t n, std::size_t block, const Context& context,
                const std::function<void(std::size_t, std::size_t)>& body) {
  if (n == 0) return;
  const std::size_t n_blocks = (n + block - 1) / block;
  auto run = [&](std::size_t b) {
    context.check();
    const std::size_t begin = b * block;
    const std::size_t end = std::min(n, begin + block);
    body(begin, end);
    context.advance(end - begin);
  };
  if (n_blocks == 1 || context.n_threads == 1) {
    for (std::size_t b = 0; b < n_blocks; ++b) run(b);
    return;
  }
  const int threads = context.n_threads > 0 ? context.n_threads : tbb::task_arena::automatic;
  tbb::task_arena arena(threads);
  arena.execute([&] {
    tbb::parallel_for(std::size_t{0}, n_blocks, run, tbb::simple_partitioner());
  });
}

}  // namespace maillage
