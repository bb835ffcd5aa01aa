#include "infer/tasks.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <string>

#include "infer/scoring.h"
#include "infer/words.h"
#include "infer/yaml.h"

namespace tallyman::infer {
namespace {

// Of tasks only; the other words may be of workers, threads or connections too.
constexpr std::string_view surely_tasks =
    "pending queued enqueued scheduled delayed deferred retry retrying in_progress submitted";
constexpr std::string_view surely_over =
    "completed complete done finished success succeeded successful cancelled canceled revoked timeout";

bool names_tasks(std::string_view name) {
  const auto all = guesses_of_list(name);
  return std::any_of(all.begin(), all.end(), [](const Guess& g) { return g.role == Role::tasks && g.weight >= 6; });
}

bool is_count(const Leaf& leaf) {
  const Shape& s = *leaf.shape;
  return !leaf.used && s.numbers > 0 && s.numbers + s.nulls == s.seen && s.integers == s.numbers && s.least >= 0 &&
         s.most < 1e15;
}

struct Counts {
  std::map<std::string, std::vector<Leaf*>, std::less<>> by_state;
  std::size_t sure = 0, named = 0;  // by a word that only tasks have; by one as `jobs` beside it
};

// Of the object at `path`.
Counts counts_in(std::vector<Leaf>& leaves, const std::vector<std::string>& path,
                 const std::function<bool(const Leaf&)>& grew) {
  Counts out;
  bool passed = false, others = false;
  Leaf* busy = nullptr;
  for (Leaf& leaf : leaves) {
    if (leaf.path.size() != path.size() + 1 || !std::equal(path.begin(), path.end(), leaf.path.begin())) continue;
    if (!is_count(leaf) || has_token(leaf.name, "slots")) continue;
    const std::string word = without_task(leaf.name);
    // Beside these the words are those of threads, workers or slots.
    others =
        others || in_list(word, "idle busy free available online offline up down reading writing accepted handled");
    if (word == "busy") busy = &leaf;
    passed = passed || in_list(leaf.name, "processed processed_total total_processed tasks_total jobs_total");
    // How many ever were.
    if (in_list(word, "submitted received created started")) {
      passed = true;
      continue;
    }
    const std::string_view state = task_state_of(word);
    if (state.empty()) continue;
    out.by_state[std::string(state)].push_back(&leaf);
    out.sure += in_list(word, surely_tasks);
    out.named += has_token(leaf.name, "job jobs task tasks app apps applications message messages");
  }
  if (others && out.sure < 2) return {};
  if (busy && !out.by_state.contains("active")) out.by_state["active"] = {busy};  // a worker each
  // What was done and failed since the service began is no state.
  for (const char* over : {"completed", "failed"}) {
    const auto found = out.by_state.find(over);
    if (found == out.by_state.end()) continue;
    // A set of those that were given up is there now.
    std::erase_if(found->second, [&](const Leaf* l) {
      return passed && !in_list(without_task(l->name), "dead discarded buried dead_letter");
    });
    if (found->second.empty() ||
        std::any_of(found->second.begin(), found->second.end(), [&](const Leaf* l) { return grew(*l); }))
      out.by_state.erase(found);
  }
  return out;
}

}  // namespace

void add_task_counts(std::vector<Leaf>& leaves, const std::function<bool(const Leaf&)>& grew, Rule& rule) {
  // The answer itself and what is named for tasks, then objects of any name.
  std::set<std::vector<std::string>> named = {{}}, others;
  for (const Leaf& leaf : leaves) {
    if (!leaf.row_name.empty() || leaf.path.size() < 2) continue;
    const std::vector<std::string> place(leaf.path.begin(), leaf.path.end() - 1);
    if (place.size() <= 2 && names_tasks(leaf.parent)) named.insert(place);
    if (place.size() == 1) others.insert(place);
  }
  std::vector<std::vector<std::string>> places(named.begin(), named.end());
  std::copy_if(others.begin(), others.end(), std::back_inserter(places),
               [&](const auto& p) { return !named.contains(p); });
  for (const std::vector<std::string>& place : places) {
    Counts counts = counts_in(leaves, place, grew);
    const std::size_t states = counts.by_state.size();
    if (states < 2 || !(counts.sure > 0 || states >= 3 || !place.empty())) continue;
    if (!named.contains(place) && (counts.sure == 0 || counts.sure + counts.named < 2)) continue;
    for (auto& [state, found] : counts.by_state) {
      std::string parts, comment;
      for (Leaf* leaf : found) {
        parts += (parts.empty() ? "" : ", ") + read(*leaf).text();
        leaf->used = true;
      }
      if (in_list(state, "completed failed")) comment = "those there are now; else it is a counter, and no state";
      rule.tasks.push_back({state, found.size() == 1 ? parts : "{ sum: [" + parts + "] }", comment, true});
    }
    return;
  }
}

bool are_tasks(const std::vector<Leaf>& leaves, std::size_t items) {
  const Leaf* const state = state_leaf(leaves, Role::tasks, items);
  if (!state || state->path.size() != 1) return false;
  const std::vector<std::string>& words = state->shape->different;
  bool sure = false, id = false;
  for (const std::string& word : words) {
    if (task_state_of(word).empty()) return false;
    sure = sure || in_list(plain(word), surely_tasks) || in_list(plain(word), surely_over);
  }
  for (const Leaf& leaf : leaves) {
    if (leaf.path.size() != 1) continue;
    if (has_token(leaf.name,
                  "hostname heartbeat heartbeats beat seen ping checkin heard capacity slots threads load "
                  "busy online connected"))
      return false;
    id = id || in_list(leaf.name, "id uuid guid jid") || leaf.name.ends_with("_id");
    sure = sure || in_list(leaf.name,
                           "started started_at start_time created created_at submitted submitted_at enqueued_at "
                           "queued_at finished finished_at ended ended_at completed_at eta priority attempts "
                           "retries args kwargs progress exit_code result");
  }
  return id && sure;
}

const Leaf* tally_leaf(const std::vector<Leaf>& leaves, std::size_t items) {
  const Leaf* count = nullptr;
  const Leaf* const state = state_leaf(leaves, Role::tasks, 0);
  if (!state || state->path.size() != 1) return nullptr;
  const auto unknown = std::count_if(state->shape->different.begin(), state->shape->different.end(),
                                     [](const std::string& word) { return task_state_of(word).empty(); });
  if (static_cast<std::size_t>(unknown) * 2 > state->shape->different.size()) return nullptr;
  for (const Leaf& leaf : leaves) {
    if (in_list(leaf.name, "id uuid guid jid pid hostname") || leaf.shape->times > 0) return nullptr;  // of one task
    if (leaf.path.size() == 1 && is_count(leaf) &&
        in_list(leaf.name,
                "count counts cnt n num number total amount jobs tasks messages items job_count task_count "
                "jobs_count tasks_count num_jobs num_tasks total_jobs total_tasks")) {
      if (count) return nullptr;
      count = &leaf;
    }
  }
  // Each state once of each queue; where each queue has one it is the queue's own.
  const Leaf* const queue = queue_leaf(leaves, Role::tasks);
  const std::size_t queues = queue ? queue->shape->known.size() : 1;
  if (!count || items <= queues || items > queues * state->shape->known.size()) return nullptr;
  const bool names = std::any_of(leaves.begin(), leaves.end(), [&](const Leaf& leaf) {
    return &leaf != queue && &leaf != state && leaf.shape->texts > 0;
  });
  return queue || !names ? count : nullptr;
}

}  // namespace tallyman::infer
