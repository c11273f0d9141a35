// Memory that is about to be written: the labels of a sweep, the columns of a table.
//
// Blocks that are given back are kept for the next one of their size, a few of them: to have the
// system clear fresh pages costs a small question as much as its answer.
#pragma once

#include <cstddef>
#include <memory>

namespace maillage {

struct GiveBack {
  std::size_t n_bytes = 0;
  void operator()(void* p) const;
};

// Bytes that hold anything, on a cache line; nobody else writes them until they are let go.
using Block = std::unique_ptr<void, GiveBack>;
Block find_block(std::size_t n_bytes);

}  // namespace maillage
