"""Answers that look honest, are within every limit of size, and take more than they weigh: what test_local_large.py
serves. Each gives a script of a server (fakes.Server) for the collector that reads it."""
import functools
import itertools
import json
import re
import xmlrpc.client

from .fakes import answer, crew


def once(make):
    """The body is made when it is first asked for, and then kept."""
    made = functools.cache(make)
    return lambda _: made()


def in_turn(*scripts):
    """Another answer at each poll."""
    turns = itertools.cycle(scripts)
    return lambda request: next(turns)(request)


# --- collector crew

def fresh_workers(count):
    """Workers that nobody heard of before, at each poll."""
    polls = itertools.count()
    return lambda _: crew_of(f"worker-{next(polls)}", count)


def workers(prefix, count):
    return once(lambda: crew_of(prefix, count))


def crew_of(prefix, count):
    return answer(crew({f"{prefix}-{i}-".ljust(60, "x"): 1 for i in range(count)}, {}))


# --- collector uwsgi

def uwsgi(workers, name):
    """uWSGI's statistics, of workers whose ids are texts of `name` bytes."""
    def make():
        one = {"status": "idle", "accepting": 1, "requests": 5, "exceptions": 0, "rss": 1, "last_spawn": 1, "respawn_count": 1, "avg_rt": 3, "cores": []}
        return answer(json.dumps({"version": "2", "workers": [{"id": f"{i:08d}".ljust(name, "x"), **one} for i in range(workers)], "sockets": []}))
    return once(make)


# --- collector prometheus

def text(make):
    return once(lambda: answer("".join(make())))


def series_of_many_labels(series, labels):
    rest = ",".join(f'l{i}="v"' for i in range(labels - 1))
    return text(lambda: (f'm{{{rest},n="{i}"}} 1\n' for i in range(series)))


def families(count):
    """Of 300 bytes each: a name, a HELP, a TYPE and one sample."""
    def one(i):
        name = f"family_{i}_" + "n" * 60
        return f"# HELP {name} {'h' * 80}\n# TYPE {name} gauge\n{name} 1\n"
    return text(lambda: map(one, range(count)))


def helps(count, size):
    return text(lambda: (f"# HELP f{i} {'h' * size}\n# TYPE f{i} gauge\nf{i} 1\n" for i in range(count)))


def long_values(series, size):
    return text(lambda: (f'm{{a="{str(i).rjust(size, "x")}"}} 1\n' for i in range(series)))


def family_name(size):
    return text(lambda: [f"ok 1\n{'n' * size} 1\n"])


def ordinary(series):
    """What an exporter has: lines of about 100 bytes."""
    return text(lambda: (f'http_server_requests_total{{method="GET",path="/api/v1/items/{i:06d}",instance="web-{i % 40:02d}",code="200"}} {i}\n' for i in range(series)))


def named(family, series):
    """So that two such pages differ in every line."""
    return text(lambda: (f'{family}_requests_total{{method="GET",path="/api/v1/items/{i:06d}",instance="web-{i % 40:02d}",code="200"}} {i}\n' for i in range(series)))


def rock(series):
    """What prometheusrock has: the text of a client's headers is a label, which is dropped."""
    return text(lambda: ["# TYPE requests_total counter\n", *(
        f'requests_total{{app_name="shop",headers="client {i:06d}{"h" * 50}",method="GET",path="/items/{i:06d}",status_code="200"}} {i}\n' for i in range(series))])


def rock_histograms(count):
    def one(i):
        labels = f'app_name="shop",headers="client {i:06d}{"h" * 50}",method="GET",path="/items/{i:06d}"'
        buckets = "".join(f'request_processing_time_bucket{{{labels},le="{le}"}} {n}\n' for n, le in enumerate((0.1, 0.5, 1.0, 5.0, 10.0, 60.0)))
        return f'{buckets}request_processing_time_bucket{{{labels},le="+Inf"}} 9\nrequest_processing_time_sum{{{labels}}} 3.5\nrequest_processing_time_count{{{labels}}} 9\n'
    return text(lambda: ["# TYPE request_processing_time histogram\n", *map(one, range(count))])


def histograms(count):
    def one(i):
        labels = f'path="/api/v1/items/{i:06d}",method="GET"'
        buckets = "".join(f'took_bucket{{{labels},le="{le}"}} {n}\n' for n, le in enumerate((0.1, 0.5, 1.0, 5.0, 10.0, 60.0)))
        return f'{buckets}took_bucket{{{labels},le="+Inf"}} 9\ntook_sum{{{labels}}} 3.5\ntook_count{{{labels}}} 9\n'
    return text(lambda: ["# TYPE took histogram\n", *map(one, range(count))])


# --- collector kobo

def hub_of_names(workers, size):
    """A kobo hub of so many workers with names of `size` bytes, most of which are five as XML. It says little of them.
    Put together from text: Python's reader would need seconds for as many entities."""
    value = "<value><struct><member><name>id</name><value><int>1</int></value></member><member><name>name</name><value><string>%s</string></value></member><member><name>enabled</name><value><boolean>1</boolean></value></member></struct></value>"
    every = "".join(f"<value><string>{f'w{i}'.ljust(size, '&').replace('&', '&amp;')}</string></value>" for i in range(workers))

    def response(inside):
        return answer("<?xml version='1.0'?><methodResponse><params><param>" + inside + "</param></params></methodResponse>")

    def listed(values):
        return "<value><array><data>" + values + "</data></array></value>"

    def script(request):
        body = request.body.decode()
        if "client.list_workers" in body:
            return response(listed(every if "<boolean>1<" in body else ""))
        if "client.get_worker_info" not in body:
            return response(listed(""))
        names = re.findall(r"<string>(w\d[^<]*)</string>", body)
        return response(listed("".join(listed(value % name) for name in names)) if "system.multicall" in body else value % names[0])
    return script


def hub(workers, size):
    """A kobo hub of so many workers; each answer about one has a text of `size` bytes that nobody reads."""
    junk = "y" * size
    one = xmlrpc.client.dumps(({"id": 7, "name": "NAME", "enabled": True, "ready": True, "current_load": 0, "max_load": 1, "task_count": 0,
                                "last_seen": "2026-11-25 13:30:00", "version": "1", "arches": [{"id": 1, "name": "noarch"}],
                                "channels": [{"id": 1, "name": "default"}], "junk": junk},))
    value = re.search("<value>.*</value>", one, re.S)[0]

    def script(request):
        arguments, method = xmlrpc.client.loads(request.body)
        if method == "client.list_workers":
            return reply([f"w{i}" for i in range(workers)] if arguments[0] else [])
        if method == "system.multicall":
            names = [call["params"][0] for call in arguments[0]]
            values = "".join("<value><array><data>" + value.replace("NAME", n) + "</data></array></value>" for n in names)
            return answer("<?xml version='1.0'?><methodResponse><params><param><value><array><data>" + values + "</data></array></value></param></params></methodResponse>")
        if method == "client.get_worker_info":
            return answer("<?xml version='1.0'?><methodResponse><params><param>" + value.replace("NAME", arguments[0]) + "</param></params></methodResponse>")
        return reply([])
    return script


def reply(value):
    return answer(xmlrpc.client.dumps((value,), methodresponse=True))
