#include "serve/routes.h"

#include "fixture.h"
#include "serve/page.h"
#include "support/catch.h"

using namespace tallyman::serve;
using tallyman::serve::test::handlers;

namespace {

Reply asked(const std::string& line, const Handlers& all) {  // "GET /path?query"
  const auto parsed = parse_request(line + " HTTP/1.0\r\n\r\n");
  return route(std::get<Parsed>(parsed).request, all);
}

}  // namespace

TEST_CASE("routes: small answers") {
  struct Row {
    std::string request;
    int status;
    std::string body;
  };
  const std::string near = "no target `alpa`; did you mean `alpha`?\nall targets: /\n";
  const Row rows[] = {
      {"GET /livez", 200, "ok\n"},
      {"HEAD /livez", 200, "ok\n"},
      {"GET /-/healthy", 200, "ok\n"},
      {"GET /livez?verbose", 200, "[+]loop-0 ok\nlivez check passed\n"},
      {"GET /readyz", 503, "[-]targets failed: 3 of 4 not yet tried\n[+]config ok\nreadyz check failed\n"},
      {"GET /-/ready", 503, "[-]targets failed: 3 of 4 not yet tried\n[+]config ok\nreadyz check failed\n"},
      {"GET /readyz?exclude=targets", 200, "ok\n"},
      {"GET /readyz?exclude=targets&verbose", 200, "[+]targets excluded: ok\n[+]config ok\nreadyz check passed\n"},
      {"GET /readyz?verbose&exclude=x&exclude=targets", 200,
       "[+]targets excluded: ok\n[+]config ok\nwarn: no check `x` to exclude\nreadyz check passed\n"},
      {"GET /healthz/alpha", 200, "ok\n"},
      {"GET /healthz/alpha?verbose", 200, "[+]alpha ok\nhealthz check passed\n"},
      {"GET /healthz/b%26w%20%3C2%3E", 503, "[-]b&w <2> failed: connect: refused\nhealthz check failed\n"},
      {"GET /healthz/alpa", 404, near},
      {"GET /healthz/quite-another", 404, "no target `quite-another`\nall targets: /\n"},
      {"GET /healthz/%zz", 400, "the target's name has a broken percent escape\n"},
      {"GET /api/v1/targets/alpha/explain", 202, "armed alpha\n"},
      {"GET /api/v1/targets/alpha/explain?again", 202, "armed anew alpha\n"},
      {"GET /api/v1/targets/b%26w%20%3C2%3E/explain", 202, "armed b&w <2>\n"},
      {"GET /api/v1/targets/alpa/explain", 404, near},
      {"GET /api/v1/targets/%zz/explain", 400, "the target's name has a broken percent escape\n"},
      {"GET /api/v1/targets/explain", 404, "no target is named: /api/v1/targets/NAME/explain\n"},
      {"POST /api/v1/targets/alpha/explain", 405, "POST is not answered here, only GET and HEAD\n"},
      {"GET /metrics?target=alpa", 404, near},
      {"GET /metrics?target=", 404, "?target= names no target; without it /metrics shows all\n"},
      {"GET /metricz", 404,
       "nothing at /metricz\nthere are: / /metrics /metrics?target=NAME /livez /readyz /healthz/NAME "
       "/api/v1/targets/NAME/explain /probe?target=URL&collector=NAME\n"},
      {"GET /healthz/", 404,
       "nothing at /healthz/\nthere are: / /metrics /metrics?target=NAME /livez /readyz /healthz/NAME "
       "/api/v1/targets/NAME/explain /probe?target=URL&collector=NAME\n"},
      {"POST /metrics", 405, "POST is not answered here, only GET and HEAD\n"},
      {"OPTIONS /", 405, "OPTIONS is not answered here, only GET and HEAD\n"},
      {"POST /-/reload", 403, "POST /-/reload is not enabled: start with --web.enable-lifecycle, or send SIGHUP\n"},
      {"GET /-/reload", 405, "reloading changes something: POST /-/reload\n"},
  };
  const Handlers all = handlers(false);
  for (const Row& row : rows) {
    INFO(row.request);
    const Reply reply = asked(row.request, all);
    CHECK(reply.status == row.status);
    CHECK(reply.body == row.body);
    const bool json = reply.status < 300 && std::string(row.request).find("/explain") != std::string::npos;
    CHECK(reply.content_type == (json ? "application/json" : "text/plain; charset=utf-8"));
    CHECK(!reply.scrape);
  }
}

TEST_CASE("routes: readyz is ok when each check is") {
  CHECK(asked("GET /readyz", handlers()).body == "ok\n");
  CHECK(asked("GET /readyz?verbose", handlers()).body == "[+]targets ok\n[+]config ok\nreadyz check passed\n");
}

TEST_CASE("routes: metrics are ordered by target, the agent's own only among all") {
  struct Row {
    std::string request;
    std::vector<std::string> targets;
    bool all;
  };
  const Row rows[] = {
      {"GET /metrics", {"alpha", "b&w <2>", ""}, true},
      {"GET /metrics?other=1", {"alpha", "b&w <2>", ""}, true},
      {"GET /metrics?target=alpha", {"alpha"}, false},
      {"HEAD /metrics?target=b%26w+%3C2%3E", {"b&w <2>"}, false},
  };
  for (const Row& row : rows) {
    INFO(row.request);
    const Reply reply = asked(row.request, handlers());
    REQUIRE(reply.scrape);
    std::vector<std::string> targets;
    for (const auto& snapshot : reply.scrape->snapshots) targets.push_back(snapshot->target);
    CHECK(targets == row.targets);
    CHECK(reply.scrape->all == row.all);
    CHECK(reply.status == 200);
  }
}

TEST_CASE("routes: the head of a reply") {
  Request request;
  const Reply reply = text_reply(503, "no\n");
  const std::string head =
      "HTTP/1.1 503 Service Unavailable\r\nDate: D\r\nContent-Type: text/plain; charset=utf-8\r\n"
      "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n";
  CHECK(head_text(reply, request, 3, true, "D") == head + "Content-Length: 3\r\n\r\n");
  CHECK(head_text(reply, request, 3, false, "D") == head + "Content-Length: 3\r\nConnection: close\r\n\r\n");
  CHECK(head_text(reply, request, std::nullopt, true, "D") == head + "Transfer-Encoding: chunked\r\n\r\n");
  request.http_1_1 = false;
  CHECK(head_text(reply, request, 3, true, "D") == head + "Content-Length: 3\r\nConnection: keep-alive\r\n\r\n");
  CHECK(head_text(reply, request, std::nullopt, false, "D") == head + "Connection: close\r\n\r\n");
}

TEST_CASE("page: names of targets are escaped, and links percent-encoded") {
  const Reply reply = asked("GET /", handlers());
  CHECK(reply.status == 200);
  CHECK(reply.content_type == "text/html; charset=utf-8");
  CHECK(reply.body.find("<h1>Tallyman <small>1.2.3</small></h1>") != std::string::npos);
  CHECK(reply.body.find("<tr><td>b&amp;w &lt;2&gt;<br><small>connect: refused</small></td>"
                        "<td><a href=\"/metrics?target=b%26w%20%3C2%3E\">metrics</a></td>"
                        "<td><a href=\"/healthz/b%26w%20%3C2%3E\">health</a></td>"
                        "<td><a href=\"/api/v1/targets/b%26w%20%3C2%3E/explain\">explain</a></td></tr>") !=
        std::string::npos);
  CHECK(reply.body.find("<2>") == std::string::npos);
  for (const char* link : {"\"/metrics\"", "\"/livez\"", "\"/livez?verbose\"", "\"/readyz\"", "\"/readyz?verbose\"",
                           "\"/-/healthy\"", "\"/-/ready\"", "\"/metrics?target=alpha\"", "\"/healthz/alpha\""}) {
    INFO(link);
    CHECK(reply.body.find(link) != std::string::npos);
  }
}

TEST_CASE("page: no target, and more than are shown") {
  CHECK(landing_page("1", {}, {}).find("<p>None is configured.</p>") != std::string::npos);
  const std::string page = landing_page("1", {}, std::vector<Check>(max_listed + 7, Check{"t", true, ""}));
  CHECK(page.find("<small>1007</small>") != std::string::npos);
  CHECK(page.find("<p>and 7 more</p>") != std::string::npos);
}

TEST_CASE("page: targets that are not well come first, with the reason") {
  const std::vector<Check> targets = {
      {"a", true, "of no interest"}, {"b", false, "decode: <html>"}, {"c", true, ""}, {"d", false, "not polled yet"}};
  const std::string page = landing_page("1", {}, targets);
  CHECK(page.find("<small>4, 2 not well</small>") != std::string::npos);
  CHECK(page.find("<td>b<br><small>decode: &lt;html&gt;</small></td>") != std::string::npos);
  CHECK(page.find("of no interest") == std::string::npos);
  std::string order;
  for (auto at = page.find("/healthz/"); at != std::string::npos; at = page.find("/healthz/", at + 1))
    order += page[at + 9];
  CHECK(order == "bdac");

  std::vector<Check> many(max_listed, Check{"t", true, ""});
  many.push_back({"last", false, "connect: refused"});
  CHECK(landing_page("1", {}, many).find("/healthz/last") != std::string::npos);
}

TEST_CASE("page: how the last reload went") {
  const auto says = [](const Configuration& configuration, const std::string& what) {
    return landing_page("1", configuration, {}).find(what) != std::string::npos;
  };
  CHECK(says({1700000000.9, false, std::nullopt, {}, {}},
             "<p>The configuration was read at the start, 2023-11-14 22:13:20 UTC.</p>\n"));
  CHECK(says({1700000000, true, std::nullopt, {}, {}},
             "<p>The configuration was reloaded, 2023-11-14 22:13:20 UTC.</p>\n"));
  CHECK(says({1700000000, true, Configuration::Refused{1700000060, "t.yaml:1:2: <x>", 1}, {}, {}},
             "<p><strong>The configuration was not reloaded</strong>, 2023-11-14 22:14:20 UTC; that of 2023-11-14 "
             "22:13:20 UTC runs on:<br><small>t.yaml:1:2: &lt;x&gt;</small></p>\n"));
  CHECK(says({1700000000, true, Configuration::Refused{1700000060, "t.yaml:1:2: x", 3}, {}, {}},
             "<small>t.yaml:1:2: x<br>and 2 more, in the log</small>"));
}

TEST_CASE("page: html escapes") { CHECK(escape_html("a<b>&\"'") == "a&lt;b&gt;&amp;&quot;&#39;"); }

TEST_CASE("routes: a reload is an order to the connection, where it is allowed") {
  Handlers all = handlers();
  all.reload = [](const std::function<void(Reloaded)>& done) { done({true, ""}); };
  CHECK(asked("POST /-/reload", all).reload);
  CHECK(asked("PUT /-/reload?x=1", all).reload);
  for (const char* line : {"GET /-/reload", "HEAD /-/reload", "DELETE /-/reload", "POST /-/reload/"}) {
    INFO(line);
    const Reply reply = asked(line, all);
    CHECK_FALSE(reply.reload);
    CHECK(reply.status == 405);
  }
}

TEST_CASE("routes: a probe ends before its scraper gives up") {
  Handlers all = handlers();
  CHECK(asked("GET /probe?target=http://x&collector=c", all).status == 403);  // there are none
  all.probe = [](const ProbeQuestion&, const std::function<void(Probed)>&) {};
  const std::pair<const char*, int> rows[] = {
      // header, milliseconds
      {"", 10'000}, {"1", 500},      {"1.5", 1'000}, {"15", 14'500},
      {"0.2", 100}, {"600", 59'500}, {"0.001", 1},   {"nonsense", 10'000},
  };
  for (const auto& [seconds, within] : rows) {
    INFO(seconds);
    const std::string header = *seconds ? std::string("\r\nX-Prometheus-Scrape-Timeout-Seconds: ") + seconds : "";
    const auto parsed = parse_request("GET /probe?target=http%3A%2F%2Fx%2F&collector=c&target=y HTTP/1.1\r\nHost: h" +
                                      header + "\r\n\r\n");
    const Reply reply = route(std::get<Parsed>(parsed).request, all);
    REQUIRE(reply.probe);
    CHECK(reply.probe->target == "http://x/");
    CHECK(reply.probe->collector == "c");
    CHECK(reply.probe->within == std::chrono::milliseconds(within));
  }
}

TEST_CASE("routes: without a collector a probe is of a module of json_exporter") {
  Handlers all = handlers();
  all.probe = [](const ProbeQuestion&, const std::function<void(Probed)>&) {};
  CHECK(asked("GET /probe?target=http://x", all).probe->module == "default");
  CHECK(asked("GET /probe?target=http://x&collector=", all).probe->module == "default");
  CHECK(asked("GET /probe?target=http://x&module=m&module=n", all).probe->module == "m");
  CHECK(asked("GET /probe?module=m", all).probe->target.empty());
  CHECK(asked("GET /probe?target=http://x&collector=c", all).probe->module.empty());
  CHECK(asked("GET /probe?target=http://x&collector=c&module=m", all).status == 400);

  const std::string page = landing_page("1", {}, {});
  CHECK(page.find("/probe") == std::string::npos);
  Configuration configuration;
  configuration.probe_collectors = {"a", "<b>"};
  const std::string with = landing_page("1", configuration, {});
  CHECK(with.find("/probe?target=URL&amp;collector=NAME") != std::string::npos);
  CHECK(with.find("collectors: a, &lt;b&gt;<") != std::string::npos);
  CHECK(with.find("module=NAME") == std::string::npos);
}
