// Errors and findings: what stops the work, and what the user must see although it does not.
//
// `InputError`: input that cannot be used; the message names file, row, field, value and what was
// expected. `IoError`: the file system said no. `NotFound`: an unknown name; the message carries
// the near names. `Findings`: doubtful data, counted per kind with the first five kept.
#pragma once

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace maillage {

struct InputError : std::runtime_error {
  using std::runtime_error::runtime_error;
};
struct IoError : std::runtime_error {
  using std::runtime_error::runtime_error;
};
struct NotFound : std::runtime_error {
  using std::runtime_error::runtime_error;
};
// Thrown out of a long step when the caller asked to stop.
struct Cancelled : std::runtime_error {
  Cancelled() : std::runtime_error("cancelled") {}
};

class Findings {
 public:
  static constexpr std::size_t kExamplesKept = 5;

  struct Kind {
    std::int64_t count = 0;
    std::vector<std::string> examples;  // the first kExamplesKept
  };

  // Counts one finding of `kind` (a snake_case word such as "off_network").
  void add(const std::string& kind, std::string example) {
    Kind& k = kinds_[kind];
    ++k.count;
    if (k.examples.size() < kExamplesKept) k.examples.push_back(std::move(example));
  }
  void add(const std::string& kind, std::int64_t count, std::string example) {
    if (count == 0) return;
    Kind& k = kinds_[kind];
    k.count += count;
    if (k.examples.size() < kExamplesKept) k.examples.push_back(std::move(example));
  }
  const std::map<std::string, Kind>& kinds() const { return kinds_; }

 private:
  std::map<std::string, Kind> kinds_;
};

}  // namespace maillage
