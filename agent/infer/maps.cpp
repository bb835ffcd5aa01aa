// Which objects are maps, whose keys are data: find_maps() of lists.h.
#include <algorithm>

#include "infer/lists.h"

namespace tallyman::infer {
namespace {

// Shapes of one place become one.
void merge(Shape& into, Shape&& from) {
  if (into.seen == 0) {
    into = std::move(from);
    return;
  }
  if (from.numbers + from.number_texts > 0) {
    const bool first = into.numbers + into.number_texts == 0;
    into.least = first ? from.least : std::min(into.least, from.least);
    into.most = first ? from.most : std::max(into.most, from.most);
    if (from.least_above_zero > 0)
      into.least_above_zero =
          into.least_above_zero == 0 ? from.least_above_zero : std::min(into.least_above_zero, from.least_above_zero);
  }
  for (auto [sum, part] : {std::pair(&into.seen, from.seen),
                           {&into.nulls, from.nulls},
                           {&into.booleans, from.booleans},
                           {&into.numbers, from.numbers},
                           {&into.texts, from.texts},
                           {&into.arrays, from.arrays},
                           {&into.objects, from.objects},
                           {&into.integers, from.integers},
                           {&into.said_counters, from.said_counters},
                           {&into.said_gauges, from.said_gauges},
                           {&into.zeros, from.zeros},
                           {&into.words, from.words},
                           {&into.empties, from.empties},
                           {&into.number_texts, from.number_texts},
                           {&into.times, from.times},
                           {&into.durations, from.durations},
                           {&into.sizes, from.sizes},
                           {&into.percents, from.percents},
                           {&into.elements, from.elements},
                           {&into.member_nodes, from.member_nodes}})
    *sum += part;
  into.huge |= from.huge;
  into.minus_one |= from.minus_one;
  into.members_left_out |= from.members_left_out;
  into.longest = std::max(into.longest, from.longest);
  into.most_of_one = std::max(into.most_of_one, from.most_of_one);
  for (std::string& word : from.different)
    if (into.different.size() < most_words &&
        std::find(into.different.begin(), into.different.end(), word) == into.different.end())
      into.different.push_back(std::move(word));
  into.known.merge(from.known);
  if (from.element) {
    if (into.element)
      merge(*into.element, std::move(*from.element));
    else
      into.element = std::move(from.element);
  }
  for (Shape::Member& member : from.members) {
    const auto found = into.index.find(member.name);
    if (found != into.index.end()) {
      merge(*into.members[found->second].shape, std::move(*member.shape));
    } else if (into.members.size() < most_members) {
      into.index.emplace(member.name, into.members.size());
      into.members.push_back(std::move(member));
    }
  }
}

// How alike the members of a map's values are: 1 when all have the same.
double likeness(const Shape& shape) {
  std::unordered_map<std::string_view, std::size_t> often;
  std::size_t all = 0;
  for (const Shape::Member& value : shape.members)
    for (const Shape::Member& member : value.shape->members) {
      ++often[member.name];
      ++all;
    }
  return often.empty() ? 0 : static_cast<double>(all) / static_cast<double>(often.size() * shape.members.size());
}

// Texts that are states of workers or tasks.
bool is_state(const Shape& s) {
  return s.only(s.texts) && std::all_of(s.different.begin(), s.different.end(), [](const std::string& word) {
           return !worker_state_of(word).empty() || !task_state_of(word).empty();
         });
}

bool is_map(const Shape& shape, std::string_view name) {
  if (shape.objects == 0 || shape.arrays > 0 || shape.members.empty() || shape.is_row) return false;
  std::size_t given = 0, dotted = 0, objects = 0, figures = 0, flags = 0, states = 0, lists = 0;
  for (const Shape::Member& member : shape.members) {
    given += looks_given(member.name);
    dotted += member.name.find('.') != std::string::npos && member.name.find(' ') == std::string::npos;
    objects += member.shape->objects > 0 && member.shape->objects + member.shape->nulls == member.shape->seen;
    figures += member.shape->numeric();
    flags += member.shape->only(member.shape->booleans);
    states += is_state(*member.shape);
    lists += member.shape->only(member.shape->arrays) &&
             (!member.shape->element || member.shape->element->seen == member.shape->element->objects);
  }
  const std::size_t n = shape.members.size();
  const bool all_given = given == n || (dotted == n && n > 1);
  if (objects == n) {
    const double alike = likeness(shape);
    if (all_given) return alike >= 0.3;
    if (n == 1) return names_things(name) && shape.members[0].shape->members.size() >= 2;
    std::size_t widest = 0;
    for (const Shape::Member& member : shape.members) {
      const std::vector<Shape::Member>& own = member.shape->members;
      // `{status: {name, state, tasks}}` is as wide as what is in it.
      const bool wrapped = own.size() == 1 && alike == 1 && !own[0].shape->is_map;
      widest = std::max(widest, wrapped ? own[0].shape->members.size() : own.size());
      // `{workers: [..]}` in each.
      const Shape* const list =
          wrapped && own[0].shape->only(own[0].shape->arrays) ? own[0].shape->element.get() : nullptr;
      if (list && list->objects > 0) return true;
    }
    return (alike >= 0.6 && widest >= 3) || (names_things(name) && alike >= 0.5);
  }
  if (lists == n) return all_given;
  if (figures != n && flags != n && states != n) return false;
  if (all_given) return true;
  // `queues: {default: 30, low: 3}`; not `queues: {ready: 30, active: 3}`, nor `workers: {idle: 3}`.
  if (!names_things(name) || (n < 2 && states == 0)) return false;
  const auto known = std::count_if(shape.members.begin(), shape.members.end(), [](const Shape::Member& member) {
    const std::string plain_name = plain(member.name);
    const auto named = [&](const std::vector<Field>& fields) {
      return std::any_of(fields.begin(), fields.end(), [&](const Field& f) { return in_list(plain_name, f.names); });
    };
    return named(worker_fields()) || named(queue_fields()) || !task_state_of(member.name).empty() ||
           !worker_state_of(member.name).empty() || names_time(plain_name) || names_counter(plain_name) ||
           names_identifier(plain_name) || names_state(plain_name);
  });
  return static_cast<std::size_t>(known) * 2 < n;
}

}  // namespace

void find_maps(Shape& shape, std::string_view name) {
  for (Shape::Member& member : shape.members) {
    const std::string own = plain(member.name);
    find_maps(*member.shape, is_envelope(own) ? name : std::string_view(own));
  }
  // An item of a list of workers is one, and no map of workers.
  if (shape.element) find_maps(*shape.element, shape.element->objects > 0 ? std::string_view() : name);
  if (!is_map(shape, name)) return;
  shape.is_map = true;
  shape.elements = shape.member_nodes;
  shape.element = std::make_unique<Shape>();
  for (Shape::Member& member : shape.members) {
    shape.known.insert(member.name);
    if (shape.different.size() < most_words) shape.different.push_back(member.name);
    merge(*shape.element, std::move(*member.shape));
  }
  shape.members.clear();
  shape.index.clear();
  find_maps(*shape.element, "");  // what was not alike in one may be a map in all
}

}  // namespace tallyman::infer
