// tallyman: reads the command line and calls the command. What a command does is in cli/.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "cli/commands.h"
#include "core/diagnostic.h"

namespace {

// What was printed may not have come out: a full disk, a reader that is gone.
int printed(int code) {
  errno = 0;
  const bool flushed = std::fflush(stdout) == 0;
  if (flushed && std::ferror(stdout) == 0) return code;
  std::fprintf(stderr, "standard output cannot be written%s%s\n", flushed ? "" : ": ",
               flushed ? "" : std::strerror(errno));
  return code == 0 ? 1 : code;
}

std::vector<std::string> options_of(const CLI::App& command) {
  std::vector<std::string> out;
  for (const CLI::Option* option : command.get_options())
    for (const std::string& name : option->get_lnames()) out.push_back("--" + name);
  return out;
}

std::string suggestion(const std::string& word, const std::vector<std::string>& known, const std::string& help) {
  const std::string near = tallyman::nearest(word, known);
  return near.empty() ? "; `" + help + "` lists them" : "; did you mean `" + near + "`?";
}

int unknown_option(const std::string& given, const CLI::App& command, const std::string& help) {
  const std::string name = given.substr(0, given.find('='));
  std::fprintf(stderr, "unknown option `%s`%s\n", name.c_str(), suggestion(name, options_of(command), help).c_str());
  return 2;
}

// CLI11 names a word it does not know only when nothing else is wrong, such as what that word was to be.
int wrong_use(const CLI::App& app, const CLI::ParseError& e) {
  for (const CLI::App* command : app.get_subcommands()) {
    const std::string help = "tallyman " + command->get_name() + " --help";
    const std::vector<std::string> left = command->remaining();
    for (const std::string& word : left)
      if (word.size() > 1 && word[0] == '-') return unknown_option(word, *command, help);
    std::fprintf(stderr, "%s; `%s` says what is expected\n",
                 left.empty() ? e.what() : ("one argument too many: `" + left.front() + "`").c_str(), help.c_str());
  }
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  namespace cli = tallyman::cli;
  CLI::App app(
      "Tallyman polls the admin APIs of many services and serves labelled metrics per worker on one Prometheus "
      "endpoint.",
      "tallyman");
  app.set_version_flag("--version", "tallyman " TALLYMAN_VERSION);
  app.require_subcommand(1);
  app.footer("Exit codes: 0 well, 1 failed, 2 wrong use or configuration.");
  const char* const collectors_help = "folder with collectors of your own (*.yaml); may be repeated";
  int code = 0;

  cli::RunOptions run;
  auto* run_command = app.add_subcommand("run", "poll the targets and serve /metrics");
  run_command->add_option("--config", run.config, "targets.yaml [./targets.yaml, then /etc/tallyman/targets.yaml]");
  run_command->add_option("--listen", run.listen, "ADDR:PORT to serve on, instead of the file's `listen` [:10780]")
      ->check([](const std::string& text) { return text.empty() ? "expected ADDR:PORT or :PORT" : ""; });
  run_command->add_option("--collectors", run.collectors, collectors_help)->allow_extra_args(false);
  const char* const modules_help =
      "json_exporter's configuration: /probe?target=URL&module=NAME answers as json_exporter does, where `probe` in "
      "targets.yaml allows it";
  run_command->add_option("--json-exporter.config", run.json_exporter, modules_help);
  auto* auto_reload =
      run_command->add_flag("--config.auto-reload", run.auto_reload,
                            "reload when a file of the configuration says something else (SIGHUP reloads at any time)");
  run_command
      ->add_option("--config.auto-reload-interval", run.auto_reload_interval,
                   "how often --config.auto-reload looks at the files")
      ->needs(auto_reload)
      ->capture_default_str();
  run_command->add_flag("--web.enable-lifecycle", run.enable_lifecycle, "let POST /-/reload reload the configuration");
  run_command->callback([&] { code = cli::run(run); });

  cli::CheckOptions check;
  auto* check_command = app.add_subcommand("check", "find every error of targets files and collectors");
  check_command->add_option("FILE", check.files, "targets.yaml or a collector")->required();
  check_command->add_option("--collectors", check.collectors, collectors_help)->allow_extra_args(false);
  check_command->add_option("--json-exporter.config", check.json_exporter, modules_help);
  check_command->callback([&] { code = cli::check(check); });

  const auto asks_as = [](CLI::App* command, cli::AccessOptions& of) {
    const auto group = "Access, as `auth`, `headers` and `tls` of targets.yaml";
    const auto add = [&](const char* name, std::string& to, const char* help) {
      command->add_option(name, to, help)->group(group);
    };
    add("--user", of.user, "user of Basic authentication");
    add("--password", of.password, "of the user: env:NAME, file:PATH or the value, which others can see in `ps`");
    add("--bearer", of.bearer, "token: env:NAME, file:PATH or the value");
    command
        ->add_option("--header", of.headers, "\"Name: value\", the value also env:NAME or file:PATH; may be repeated")
        ->allow_extra_args(false)
        ->group(group);
    add("--ca", of.ca, "PEM file of the authorities that are trusted, instead of the system's");
    add("--cert", of.cert, "PEM file with our certificate");
    add("--key", of.key, "PEM file with its key");
    add("--server-name", of.server_name, "that the certificate must have [the url's host]");
    command->add_flag("--insecure", of.insecure, "do not verify the certificate")->group(group);
  };
  const auto polls_once = [&](CLI::App* command, cli::ProbeOptions& of) {
    command->add_option("--collector", of.collector, "name of a collector, see `tallyman collectors`")->required();
    command->add_option("SOURCE", of.source, "url (http://, https://, unix:, tcp://, file:, dummy:) or file")
        ->required();
    command->add_option("--with", of.with, "parameter of the collector, NAME=VALUE or NAME=[A, B]; may be repeated")
        ->allow_extra_args(false);
    command->add_option("--collectors", of.collectors, collectors_help)->allow_extra_args(false);
    command->add_option("--timeout", of.timeout, "of each request")->capture_default_str();
    asks_as(command, of.access);
  };
  cli::ProbeOptions probe;
  auto* probe_command = app.add_subcommand("probe", "poll once: metrics on stdout, what went wrong on stderr");
  polls_once(probe_command, probe);
  probe_command->add_flag("--openmetrics", probe.openmetrics, "print OpenMetrics 1.0 instead of text 0.0.4");
  probe_command->callback([&] { code = cli::probe(probe); });

  cli::ProbeOptions explain;
  auto* explain_command =
      app.add_subcommand("explain", "poll once, and say of each rule what it found, what it lost, and why");
  polls_once(explain_command, explain);
  explain_command->footer(
      "A file stands for the answer to each request of the collector: explain says to which of them it is one, and "
      "shows "
      "their rules.");
  explain_command->callback([&] { code = cli::explain(explain); });

  cli::ListOptions list;
  auto* list_command = app.add_subcommand("collectors", "list the collectors that are known");
  list_command->add_option("--collectors", list.collectors, collectors_help)->allow_extra_args(false);
  list_command->add_flag("--schema", list.schema,
                         "print the JSON Schema of collectors instead: an editor checks and completes by it");
  list_command->footer(
      "  tallyman collectors --schema > my-collectors/collector.schema.json\n"
      "A collector beside it begins with `# yaml-language-server: $schema=collector.schema.json`.");
  list_command->callback([&] { code = cli::list_collectors(list); });

  cli::TestOptions test;
  auto* test_command = app.add_subcommand("test", "run the fixtures of collectors against their goldens");
  test_command->add_option("DIR", test.folder, "folder that is searched for case.yaml")->capture_default_str();
  test_command->add_option("--collectors", test.collectors, collectors_help)->allow_extra_args(false);
  test_command->add_flag("--update", test.update,
                         "write what comes out to expected.prom where it differs, and show the difference");
  test_command->footer(
      "A case is a folder with case.yaml and expected.prom (collectors/README.md section 9):\n"
      "  collector: my-service\n  now: 1795309700\n  answers: { page: [{ file: answer.json }] }\n"
      "Collectors that lie in DIR (DIR/my-service.yaml), or else in the nearest of three folders above, are known "
      "without --collectors.");
  test_command->callback([&] { code = cli::test(test); });

  cli::InferOptions infer;
  auto* infer_command =
      app.add_subcommand("infer", "print a collector that reads an unknown JSON API, to be looked through");
  infer_command
      ->add_option("SOURCE", infer.source,
                   "url (http://, https://, unix:, tcp:, file:), JSON file, or - for standard input: "
                   "curl ... | tallyman infer -")
      ->required();
  infer_command->add_option("--name", infer.name, "of the collector [from the host or the file]");
  infer_command->add_option(
      "--twice", infer.twice,
      "read the page again after so long, such as 10s: what grew is a counter, what fell is none");
  infer_command->add_option("--timeout", infer.timeout, "of each request")->capture_default_str();
  asks_as(infer_command, infer.access);
  infer_command->footer(
      "It finds the lists and maps that look like workers and queues, what they are called, states, times, capacities "
      "and counters,\nand estimates the number of series. Save what it prints as NAME.yaml, then:\n"
      "  tallyman check NAME.yaml\n  tallyman probe --collectors FOLDER --collector NAME SOURCE");
  infer_command->callback([&] { code = cli::infer(infer); });

  cli::JsonpathOptions jsonpath;
  auto* jsonpath_command = app.add_subcommand("jsonpath", "print the nodes that a JSONPath (RFC 9535) selects");
  jsonpath_command->add_option("QUERY", jsonpath.query, "such as '$.workers[*].name'")->required();
  jsonpath_command->add_option("FILE", jsonpath.file, "JSON file, or - for standard input")->capture_default_str();
  jsonpath_command->add_flag("--paths", jsonpath.paths, "print the normalized paths instead");
  jsonpath_command->callback([&] { code = cli::jsonpath(jsonpath); });

  cli::ImportOptions import;
  auto* import_command = app.add_subcommand("import", "translate another exporter's configuration into collectors");
  import_command->require_subcommand(1);
  auto* json_exporter = import_command->add_subcommand(
      "json-exporter", "a configuration of Prometheus' json_exporter: a collector per module, and targets.yaml");
  json_exporter->add_option("FILE", import.file, "json_exporter's config.yml, or - for standard input")->required();
  json_exporter->add_option("--out", import.out, "folder to write to; nothing in it is overwritten")
      ->capture_default_str();
  json_exporter->footer(
      "Exit codes: 0 all of it is translated (notes say what is not as it was), 1 something was left out, each on a "
      "line "
      "of its own\non stderr; the rest is written. 2 wrong use, no such configuration, or a file that cannot be "
      "written "
      "or is there already.\nThe files are for their owner only: a password that stands in FILE stands in "
      "targets.yaml, "
      "too, which a note says.");
  json_exporter->callback([&] { code = cli::import_json_exporter(import); });

  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(command->get_name());
  // CLI11 would only say that a subcommand is missing.
  if (argc < 2) {
    std::string all;
    for (const std::string& name : names) all += (all.empty() ? "" : ", ") + name;
    std::fprintf(stderr, "a command is missing; expected one of %s; `tallyman --help` says what each does\n",
                 all.c_str());
    return 2;
  }
  const std::string first = argv[1];
  if (first.starts_with('-')) {
    if (first != "-h" && first != "--help" && first != "--version")
      return unknown_option(first, app, "tallyman --help");
  } else if (std::find(names.begin(), names.end(), first) == names.end()) {
    std::fprintf(stderr, "unknown command `%s`%s\n", first.c_str(),
                 suggestion(first, names, "tallyman --help").c_str());
    return 2;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() != 0) return wrong_use(app, e);
    return printed(app.exit(e));  // help or the version
  }
  return printed(code);
}
