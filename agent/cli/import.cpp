// `tallyman import json-exporter`: what the importer makes of a file, checked and written to a folder.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "app_config.h"
#include "cli/commands.h"
#include "cli/input.h"
#include "importer/json_exporter.h"

namespace tallyman::cli {
namespace {

struct File {
  std::filesystem::path path;
  std::string text;
};

// Never over a file that is there, and for its owner only: passwords may stand in it.
bool write_new(const File& file) {
  const int fd = ::open(file.path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  bool good = fd >= 0;
  for (std::size_t at = 0; good && at < file.text.size();) {
    const ssize_t n = ::write(fd, file.text.data() + at, file.text.size() - at);
    if (n < 0 && errno == EINTR) continue;
    good = n > 0;
    at += good ? static_cast<std::size_t>(n) : 0;
  }
  const int why = errno;
  if (fd >= 0) ::close(fd);
  if (!good)
    std::fprintf(stderr, "%s: cannot be written: %s%s\n", one_line(file.path.string()).c_str(), std::strerror(why),
                 why == EEXIST ? "; --out DIR names another folder" : "");
  return good;
}

std::string counted(std::size_t n, const char* one, const char* many) {
  return std::to_string(n) + " " + (n == 1 ? one : many);
}

}  // namespace

int import_json_exporter(const ImportOptions& options) {
  const std::string name = options.file == "-" ? "standard input" : options.file;
  const Result<std::string> text = read_input(options.file);
  if (!text) {
    std::fprintf(stderr, "%s: cannot be read: %s; expected a configuration of json_exporter, or - for standard input\n",
                 one_line(name).c_str(), text.error().detail.c_str());
    return 2;
  }
  Diagnostics notes;
  const importer::Imported imported = importer::import_json_exporter(*text, name, notes);
  std::size_t left_out = 0;
  for (const Diagnostic& note : notes) {
    left_out += note.warning ? 0 : 1;
    std::fprintf(stderr, "%s%s\n",
                 note.warning || !imported.readable ? "" : "left out: ", one_line(to_string(note)).c_str());
  }
  if (!imported.readable) return 2;
  if (imported.modules.empty()) {
    std::fprintf(stderr, "%s: nothing in it could be translated\n", one_line(name).c_str());
    return 1;
  }

  const std::filesystem::path folder(options.out);
  std::vector<File> files{{folder / "targets.yaml", importer::targets_yaml(imported, name)}};
  Diagnostics wrong;
  for (const importer::Module& module : imported.modules) {
    files.push_back({folder / "collectors" / (module.collector + ".yaml"), module.yaml});
    check_collector(files.back().path.string(), module.yaml, module.collector, wrong);
  }
  std::error_code ec;
  for (const File& file : files)
    if (std::filesystem::symlink_status(file.path, ec).type() != std::filesystem::file_type::not_found) {
      std::fprintf(stderr, "%s is there already, nothing was written; --out DIR names another folder\n",
                   one_line(file.path.string()).c_str());
      return 2;
    }
  std::filesystem::create_directories(folder / "collectors", ec);
  if (ec) {
    std::fprintf(stderr, "%s: the folder cannot be made: %s\n", one_line((folder / "collectors").string()).c_str(),
                 ec.message().c_str());
    return 2;
  }
  for (const File& file : files)
    if (!write_new(file)) return 2;
  for (const File& file : files) std::printf("%s\n", file.path.c_str());
  print(wrong);
  std::fprintf(stderr, "%s, %s, %s\n", counted(imported.modules.size(), "collector", "collectors").c_str(),
               counted(notes.size() - left_out, "note", "notes").c_str(),
               (std::to_string(left_out) + " left out").c_str());
  return left_out > 0 || has_errors(wrong) ? 1 : 0;
}

}  // namespace tallyman::cli
