// Subjects that do the same work, run in turn in one process: CPU time of this thread, paired by round, so that what
// disturbs a machine disturbs all of them. What it prints: median, least and greatest ratio, and how noisy the
// yardstick was.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "support/cpu_time.h"

namespace tallyman::bench {

struct Subject {
  std::string name;
  std::function<void()> once;
};

struct Ratio {
  double median = 0, least = 0, greatest = 0;
};

inline Ratio spread_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return {values[values.size() / 2], values.front(), values.back()};
}

class Paired {
 public:
  static constexpr std::size_t rounds = 9;
  static constexpr double ns_per_turn = 60e6;

  // Nanoseconds per call: [subject][round]. Each turn of a subject is as many calls as take 60 ms; who begins changes
  // from round to round.
  explicit Paired(std::vector<Subject> subjects) : subjects_(std::move(subjects)), ns_(subjects_.size()) {
    std::vector<std::size_t> calls;
    for (const Subject& subject : subjects_) {
      subject.once();  // warm
      const double one = time(subject, 3);
      calls.push_back(std::max<std::size_t>(1, static_cast<std::size_t>(ns_per_turn / one)));
    }
    for (std::size_t round = 0; round < rounds; ++round)
      for (std::size_t turn = 0; turn < subjects_.size(); ++turn) {
        const std::size_t i = (round + turn) % subjects_.size();
        ns_[i].push_back(time(subjects_[i], calls[i]));
      }
  }

  // How often subject `i` fits into the time of subject `of`.
  Ratio rate(std::size_t i, std::size_t of) const {
    std::vector<double> out;
    for (std::size_t round = 0; round < rounds; ++round) out.push_back(ns_[of][round] / ns_[i][round]);
    return spread_of(std::move(out));
  }
  double median_ns(std::size_t i) const { return spread_of(ns_[i]).median; }
  // Greatest over least time of one subject: over 2 is no measurement.
  double noise(std::size_t i) const {
    const Ratio s = spread_of(ns_[i]);
    return s.greatest / s.least;
  }

 private:
  static double time(const Subject& subject, std::size_t calls) {
    const double from = test::cpu_ns();
    for (std::size_t n = 0; n < calls; ++n) subject.once();
    return (test::cpu_ns() - from) / static_cast<double>(calls);
  }

  std::vector<Subject> subjects_;
  std::vector<std::vector<double>> ns_;
};

}  // namespace tallyman::bench
