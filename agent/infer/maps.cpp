// Which objects are maps, whose keys are data: find_maps() and split_maps() of lists.h.
#include <algorithm>

#include "infer/inside.h"
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
double likeness(const std::vector<const Shape*>& values) {
  std::unordered_map<std::string_view, std::size_t> often;
  std::size_t all = 0;
  for (const Shape* value : values)
    for (const Shape::Member& member : value->members) {
      ++often[member.name];
      ++all;
    }
  return often.empty() ? 0 : static_cast<double>(all) / static_cast<double>(often.size() * values.size());
}

double likeness(const Shape& shape) {
  std::vector<const Shape*> values;
  for (const Shape::Member& member : shape.members) values.push_back(member.shape.get());
  return likeness(values);
}

// Texts that are states of workers or tasks.
bool is_state(const Shape& s) {
  return s.only(s.texts) && std::all_of(s.different.begin(), s.different.end(), [](const std::string& word) {
           return !worker_state_of(word).empty() || !task_state_of(word).empty();
         });
}

// What a figure, a state or a time is called, and no worker or queue.
bool names_figure(std::string_view key) {
  const std::string name = plain(key);
  const auto named = [&](const std::vector<Field>& fields) {
    return std::any_of(fields.begin(), fields.end(), [&](const Field& f) { return in_list(name, f.names); });
  };
  return named(worker_fields()) || named(queue_fields()) || !task_state_of(key).empty() ||
         !worker_state_of(key).empty() || names_time(name) || names_counter(name) || names_identifier(name) ||
         names_state(name);
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
    if (n == 1)  // `nodes: {"data": {..}}` is no map of one
      return names_things(name) && shape.members[0].shape->members.size() >= 2 &&
             !is_envelope(plain(shape.members[0].name));
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
  const auto known = std::count_if(shape.members.begin(), shape.members.end(),
                                   [](const Shape::Member& member) { return names_figure(member.name); });
  return static_cast<std::size_t>(known) * 2 < n;
}

// w1, node07: a word and a number, of which there are several.
bool is_numbered(std::string_view key) {
  const std::size_t end = key.find_last_not_of("0123456789");
  return end != std::string_view::npos && end + 1 < key.size() && end < 32 &&
         key.substr(0, end + 1).find_first_of("0123456789") == std::string_view::npos;
}

// A member of all of the objects by which a query tells them from what stands beside them; null if there is none.
const Shape::Member* common_member(const std::vector<const Shape::Member*>& objects) {
  const Shape::Member* any = nullptr;
  for (const Shape::Member& member : objects[0]->shape->members) {
    const bool everywhere = std::all_of(objects.begin(), objects.end(), [&](const Shape::Member* one) {
      const Shape* const found = one->shape->member(member.name);
      return found && found->seen >= one->shape->objects;
    });
    if (!everywhere || member.name == inside_mark) continue;
    if (names_state(plain(member.name))) return &member;
    if (!any) any = &member;
  }
  return any;
}

// How many figures of workers or queues an object has.
std::size_t vocabulary_of(const Shape& object) {
  return static_cast<std::size_t>(
      std::count_if(object.members.begin(), object.members.end(), [](const Shape::Member& member) {
        const std::string name = plain(member.name);
        const auto named = [&](const std::vector<Field>& fields) {
          return std::any_of(fields.begin(), fields.end(),
                             [&](const Field& f) { return f.weight >= 2 && in_list(name, f.names); });
        };
        return names_state(name) || named(worker_fields()) || named(queue_fields());
      }));
}

// `{"total": 2, "a": {"load": 1, ..}, "b": {"load": 0, ..}}`: a map with some figures of the whole beside it. Parts
// of one thing are alike too, `{"uptime": 1, "heap": {..}, "stack": {..}}`: so it takes names that somebody gave, or
// figures of workers under names that are no words of ours.
bool split_map(Shape& shape) {
  constexpr std::size_t most_beside = 12;
  if (shape.objects != 1 || shape.is_map || shape.seen != 1) return false;
  std::vector<const Shape::Member*> objects;
  std::size_t given = 0, words = 0;
  for (const Shape::Member& member : shape.members) {
    const Shape& s = *member.shape;
    if (s.objects == 0 || s.is_map) continue;
    objects.push_back(&member);
    given += looks_given(member.name) || is_numbered(member.name);
    const std::string name = plain(member.name);
    words += names_figure(member.name) || may_hold_fields(name) || is_envelope(name) || !guesses_of_list(name).empty();
  }
  const std::size_t n = objects.size(), beside = shape.members.size() - n;
  if (n == 0 || beside == 0 || beside > most_beside || beside > 2 * n + 1) return false;
  const bool all_given = given == n;
  if (n < 2 && !all_given) return false;
  std::vector<const Shape*> shapes;
  std::size_t least_known = most_members;
  for (const Shape::Member* object : objects) {
    shapes.push_back(object->shape.get());
    least_known = std::min(least_known, vocabulary_of(*object->shape));
  }
  const double alike = likeness(shapes);
  if (all_given ? alike < 0.5 || least_known < 1 : alike < 0.75 || least_known < 2 || words > 0) return false;
  const Shape::Member* const common = common_member(objects);
  if (!common) return false;
  shape.map_mark = common->name;
  shape.element = std::make_unique<Shape>();
  std::vector<Shape::Member> rest;
  for (Shape::Member& member : shape.members)
    if (member.shape->objects == 0 || member.shape->is_map)
      rest.push_back(std::move(member));
    else
      merge(*shape.element, std::move(*member.shape));
  shape.elements = shape.members_left_out ? shape.member_nodes - beside : n;
  shape.members = std::move(rest);
  shape.index.clear();
  for (std::size_t i = 0; i < shape.members.size(); ++i) shape.index.emplace(shape.members[i].name, i);
  find_maps(*shape.element, "");
  return true;
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

void split_maps(Shape& shape) {
  if (shape.is_map || shape.arrays > 0) return;
  split_map(shape);
  for (Shape::Member& member : shape.members) split_maps(*member.shape);
}

}  // namespace tallyman::infer
