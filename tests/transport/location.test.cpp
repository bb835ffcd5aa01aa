// Where requests go and what references mean; the bytes of a request; base64.
#include "transport/location.h"

#include "shown.h"
#include "transport/credentials.h"

namespace tallyman::test {
namespace {

using namespace transport;

TEST_CASE("location: the endpoint's path, the request's, the endpoint's query") {
  struct Row {
    const char *url, *path, *target;
  };
  const Row rows[] = {
      {"http://a", "", "/"},
      {"http://a", "/x", "/x"},
      {"http://a/base", "", "/base"},
      {"http://a/base", "/x?q=1", "/base/x?q=1"},
      {"http://a/base?k=v", "", "/base?k=v"},
      {"http://a/base?k=v", "/x", "/base/x?k=v"},
      {"http://a/base?k=v", "/x?q=1", "/base/x?q=1&k=v"},
      {"http://a", "?q=1", "/?q=1"},
      {"http://a/page/", "", "/page/"},
      {"http://a/page/", "/", "/page/"},
      {"http://a/page", "/", "/page"},
      {"http://a/page/?k=v", "/?q=1", "/page/?q=1&k=v"},
      {"http://a/base/", "/x/", "/base/x/"},
      {"http://a/base//", "/x", "/base/x"},
      {"http://a/", "/", "/"},
      {"unix:/s:/page/", "/", "/page/"},
      {"unix:/s", "", "/"},
      {"unix:/s:/stats", "?q=1", "/stats?q=1"},
  };
  for (const Row& row : rows) CHECK(location_of(parse_url(row.url).value(), row.path).target == row.target);
}

TEST_CASE("location: references (RFC 3986 section 5.4, as far as http uses them)") {
  struct Row {
    const char *reference, *origin, *target;
  };
  const Row rows[] = {
      {"g", "http://a", "/b/c/g"},
      {"./g", "http://a", "/b/c/g"},
      {"g/", "http://a", "/b/c/g/"},
      {"/g", "http://a", "/g"},
      {"//g", "http://g", "/"},
      {"?y", "http://a", "/b/c/d;p?y"},
      {"g?y", "http://a", "/b/c/g?y"},
      {"g#s", "http://a", "/b/c/g"},
      {"#s", "http://a", "/b/c/d;p?q"},
      {"", "http://a", "/b/c/d;p?q"},
      {".", "http://a", "/b/c/"},
      {"..", "http://a", "/b/"},
      {"../g", "http://a", "/b/g"},
      {"../..", "http://a", "/"},
      {"../../../g", "http://a", "/g"},
      {"/./g", "http://a", "/g"},
      {"/../g", "http://a", "/g"},
      {"g;x=1/../y", "http://a", "/b/c/y"},
      {"https://h:1/x/?y", "https://h:1", "/x/?y"},
      {"http://h?y", "http://h", "/?y"},
      {"/a:b", "http://a", "/a:b"},
      {"x?u=http://h/../z", "http://a", "/b/c/x?u=http://h/../z"},
  };
  const Location base{parse_url("http://a").value(), "/b/c/d;p?q"};
  for (const Row& row : rows) {
    INFO(row.reference);
    const Result<Location> got = resolve_reference(base, row.reference);
    REQUIRE(got);
    CHECK(same_origin(got->url, parse_url(row.origin).value()));
    CHECK(got->target == row.target);
  }
}

TEST_CASE("location: references that cannot be followed") {
  struct Row {
    const char *reference, *failure;
  };
  const Row rows[] = {
      {"ftp://a/", "redirect: `ftp://a/`: expected http://, https://, unix:, tcp://, file: or dummy:"},
      {"dummy:kobo", "redirect: `dummy:kobo`: expected http or https"},
      {"unix:/run/x.sock", "redirect: `unix:/run/x.sock`: expected http or https"},
      {"http://a:0/", "redirect: `http://a:0/`: `0` is not a port; expected 1 to 65535"},
      {"/a b", "redirect: an address with blanks or control characters"},
      {"/a\r\nb", "redirect: an address with blanks or control characters"},
  };
  const Location base{parse_url("http://a").value(), "/"};
  for (const Row& row : rows) CHECK(outcome(resolve_reference(base, row.reference)) == row.failure);
  // A password in a url is not repeated.
  CHECK(outcome(resolve_reference(base, "http://me:pw@h/")).find("pw@") == std::string::npos);
}

TEST_CASE("location: origins") {
  struct Row {
    const char *a, *b;
    bool same;
  };
  const Row rows[] = {
      {"http://a", "http://a:80/x", true}, {"http://a", "http://A", true},  {"http://a", "https://a", false},
      {"http://a", "http://a:81", false},  {"http://a", "http://b", false}, {"https://a", "https://a:443", true},
      {"unix:/s:/x", "unix:/s:/y", true},  {"unix:/s", "unix:/t", false},
  };
  for (const Row& row : rows) CHECK(same_origin(parse_url(row.a).value(), parse_url(row.b).value()) == row.same);
}

TEST_CASE("location: query parameters are added once and taken out") {
  const auto added = [](std::string target, const char* parameter) {
    add_query(target, parameter);
    return target;
  };
  CHECK(added("/", "t=1") == "/?t=1");
  CHECK(added("/?a=2", "t=1") == "/?a=2&t=1");
  CHECK(added("/?t=2", "t=1") == "/?t=2");
  CHECK(added("/?at=2", "t=1") == "/?at=2&t=1");
  CHECK(added("/", "") == "/");
  const auto removed = [](std::string target) {
    remove_query(target, "t");
    return target;
  };
  CHECK(removed("/x") == "/x");
  CHECK(removed("/x?t=1") == "/x");
  CHECK(removed("/x?a=2&t=1&b=3&t=4") == "/x?a=2&b=3");
  CHECK(removed("/x?at=1&t") == "/x?at=1");
}

TEST_CASE("base64: RFC 4648 section 10") {
  const std::pair<const char*, const char*> rows[] = {{"", ""},
                                                      {"f", "Zg=="},
                                                      {"fo", "Zm8="},
                                                      {"foo", "Zm9v"},
                                                      {"foob", "Zm9vYg=="},
                                                      {"fooba", "Zm9vYmE="},
                                                      {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, coded] : rows) CHECK(base64(plain) == coded);
  CHECK(base64("\xff\xfe\xfd") == "//79");
}

}  // namespace
}  // namespace tallyman::test
