#include "engine/parallel.h"

#include <tbb/global_control.h>
#include <tbb/info.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <optional>

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
  const int n_processors = tbb::info::default_concurrency();
  const int threads = context.n_threads > 0 ? context.n_threads : n_processors;
  // without this TBB prints a warning and gives no more threads than processors
  std::optional<tbb::global_control> more;
  if (threads > n_processors) more.emplace(tbb::global_control::max_allowed_parallelism, threads);
  tbb::task_arena arena(threads);
  arena.execute([&] {
    tbb::parallel_for(std::size_t{0}, n_blocks, run, tbb::simple_partitioner());
  });
}

}  // namespace maillage
