#include "map/compile.h"

#include "map/mapper.h"

namespace tallyman::map {
namespace {

// One for all collectors.
const FamilyList& vocabulary() {
  static const FamilyList all = [] {
    FamilyList out;
    for (const Word& word : worker_words) out.add(family_of(word));
    for (const Word& word : queue_words) out.add(family_of(word));
    for (const Word& word : service_words) out.add(family_of(word));
    for (const Word* word : {&worker_info_word, &worker_state_word, &workers_word, &queue_tasks_word,
                             &service_tasks_word, &target_info_word})
      out.add(family_of(*word));
    return out;
  }();
  return all;
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
  program.kube_texts = file.kube_texts;
  program.system = file.system.empty() ? file.name.text : file.system.text;
  program.worker_column.fill(-1);
  program.queue_column.fill(-1);
  program.families = vocabulary();
  Compiling c{file, target, found, program, {}, {}, {}, {}};
  if (target) {
    auto zone = Zone::find(target->timezone.text);
    if (zone)
      c.zone = *zone;
    else
      c.fail(target->timezone.at, zone.error().detail);
  }
  program.limits = config::effective_limits(target ? target->limits_said : config::CollectorLimits{}, file.limits);
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
