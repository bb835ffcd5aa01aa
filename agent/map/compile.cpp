#include "map/compile.h"

#include "map/mapper.h"

namespace tallyman::map {
namespace {

// The target's limit if it set one (it is not the default), else the collector's.
void set_limit(std::size_t& limit, const std::optional<std::size_t>& collectors, std::size_t standard) {
  if (limit == standard && collectors) limit = *collectors;
}

void set_limits(Compiling& c) {
  const Limits standard;
  Limits& l = c.program.limits;
  if (c.target) l = c.target->limits;
  const config::CollectorLimits& file = c.file.limits;
  set_limit(l.body_bytes, file.body, standard.body_bytes);
  set_limit(l.samples, file.samples, standard.samples);
  set_limit(l.label_value_bytes, file.label, standard.label_value_bytes);
  set_limit(l.depth, file.depth, standard.depth);
  set_limit(l.pages, file.pages, standard.pages);
  set_limit(l.follow_ups, file.follow_ups, standard.follow_ups);
}

void add_vocabulary(std::vector<Family>& out) {
  for (const Word& word : worker_words) out.push_back(family_of(word));
  for (const Word& word : queue_words) out.push_back(family_of(word));
  for (const Word& word : service_words) out.push_back(family_of(word));
  for (const Word* word : {&worker_info_word, &worker_state_word, &workers_word, &queue_tasks_word, &service_tasks_word,
                           &target_info_word})
    out.push_back(family_of(*word));
}

}  // namespace

std::optional<std::size_t> Compiling::request(const config::Text& name) const {
  if (name.empty() && file.requests.size() == 1) return 0;
  for (std::size_t i = 0; i < file.requests.size(); ++i)
    if (file.requests[i].name.text == name.text) return i;
  return std::nullopt;  // config/ has refused it
}

const std::vector<std::string>& Compiling::variables(std::optional<std::size_t> request) {
  if (request) return program.requests[*request].variables;
  if (any_variables.empty())
    for (const config::Request& r : file.requests)
      if (r.for_each)
        for (const config::ForEach::As& as : r.for_each->as) any_variables.push_back(as.name.text);
  return any_variables;
}

bool compile_program(const config::CollectorFile& file, const config::Target* target, Diagnostics& out,
                     Program& program) {
  Diagnostics found;
  program.name = file.name.text;
  program.system = file.system.empty() ? file.name.text : file.system.text;
  program.worker_column.fill(-1);
  program.queue_column.fill(-1);
  add_vocabulary(program.families);
  Compiling c{file, target, found, program, {}, {}, {}, {}};
  if (target) {
    auto zone = Zone::find(target->timezone.text);
    if (zone)
      c.zone = *zone;
    else
      c.fail(target->timezone.at, zone.error().detail);
  }
  set_limits(c);
  bind_parameters(c);
  compile_requests(c);
  compile_login(c);
  compile_tables(c);
  compile_rules(c);
  compile_passthrough(c);
  program.names_from_answers = !program.passthrough.empty();
  for (const RulePlan& rule : program.rules) program.names_from_answers |= rule.flatten.has_value();
  const bool failed = has_errors(found);
  out.insert(out.end(), std::make_move_iterator(found.begin()), std::make_move_iterator(found.end()));
  return !failed;
}

}  // namespace tallyman::map
