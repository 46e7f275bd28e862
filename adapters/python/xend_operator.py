"""A small client of Xend, written for this, as a subject: it operates a daemon over S-expressions or legacy XML-RPC.

Install: nothing, Python 3.8 or later.
Run:     xend-harness test -- python3 adapters/python/xend_operator.py
"""
import http.client
import json
import re
import socket
import sys
import urllib.parse
import xmlrpc.client

OPERATIONS = ["domain.list", "domain.info", "domain.create", "domain.pause", "domain.unpause", "domain.shutdown", "domain.destroy"]
HELLO = {"name": "xend_operator", "version": "1", "operates": {
    "schemes": ["sxp+tcp", "sxp+unix", "xmlrpc+tcp", "xmlrpc+unix"], "operations": OPERATIONS, "codes": False,
    "releases": ["3.0.2", "3.0.3", "3.1", "3.2", "3.3", "3.4", "4.1", "4.4"]}}
TOKEN = re.compile(r"""\s*(?:([()])|'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|([^\s()'"]+))""", re.S)


# Statuses by which a server says that it did nothing. A 500 of the XML-RPC face says so of 3.0.2 only.
REFUSED = {"sxp": (400, 401, 403, 404, 405, 406, 411, 413, 414, 500, 501, 505),
           "xmlrpc": (400, 401, 403, 404, 405, 411, 413, 414, 501, 505)}


class Failed(Exception):
    """The daemon refused; nothing was changed."""


class Connection(http.client.HTTPConnection):
    """HTTP over TCP or over a Unix socket."""

    def __init__(self, uri, deadline):
        super().__init__(uri.hostname or "localhost", uri.port, timeout=deadline)
        self.path = uri.path if uri.scheme.endswith("unix") else None

    def connect(self):
        if self.path is None:
            return super().connect()
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Transport(xmlrpc.client.Transport):
    def __init__(self, uri, deadline):
        super().__init__()
        self.uri, self.deadline = uri, deadline

    def make_connection(self, host):
        return Connection(self.uri, self.deadline)

    def request(self, host, handler, request_body, verbose=False):
        # The library sends a call again if the connection is closed, though the first may have been done.
        return self.single_request(host, handler, request_body, verbose)

    def parse_response(self, response):
        # The library reads pieces, and takes a body that is cut off behind its document for a whole one.
        parser, unmarshaller = self.getparser()
        parser.feed(response.read())
        parser.close()
        return unmarshaller.close()


def parse(text):
    """The S-expressions of a text, as nested lists of strings."""
    stack, end = [[]], 0
    for match in TOKEN.finditer(text):
        if match.start() != end:
            break
        end = match.end()
        if match[1] == "(":
            stack.append([])
        elif match[1] and len(stack) > 1:
            done = stack.pop()
            stack[-1].append(done)
        else:
            stack[-1].append(re.sub(r"\\(.)", r"\1", match[2] or match[3] or match[4] or ""))
    if len(stack) > 1 or text[end:].strip():
        raise ValueError(f"this is no S-expression: {text[:80]!r}")
    return stack[0]


def sxp(uri, deadline, operation, args):
    path, form = "/xend/domain", None
    if operation not in ("domain.list", "domain.create"):
        path += "/" + urllib.parse.quote(args["domain"], safe="")
    if operation not in ("domain.list", "domain.info"):
        form = urllib.parse.urlencode({"op": operation[7:], **{name: args[name] for name in args if name != "domain"}})
    headers = {"Accept": "application/sxp"}
    if form is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    connection = Connection(uri, deadline)
    connection.request("GET" if form is None else "POST", path, form, headers)
    reply = connection.getresponse()
    text = reply.read().decode("utf-8", "replace")
    if 300 <= reply.status < 400 or reply.status in REFUSED["sxp"]:
        raise Failed(f"{reply.status} {reply.reason} {text}")
    if reply.status not in (200, 201, 202):
        raise ValueError(f"nobody knows what {reply.status} means")
    # The daemon always sends the length. Python takes the end of the connection within the head for the end of the head.
    if reply.getheader("Content-Length") is None:
        raise ValueError("the reply ends within its head")
    # Some failures stand under a status of success.
    values = parse(text)
    if values and isinstance(values[0], list) and values[0][:1] == ["xend.err"]:
        raise Failed(" ".join(map(str, values[0][1:])))
    return values[0] if values else None


def legacy(uri, deadline, operation, args):
    proxy = xmlrpc.client.ServerProxy("http://localhost/RPC2", transport=Transport(uri, deadline), allow_none=True)
    try:
        if operation == "domain.list":
            value = proxy.xend.domains(0)
        elif operation == "domain.info":
            value = proxy.xend.domain(args["domain"])
        elif operation == "domain.create":
            value = proxy.xend.domain.create(parse(args["config"])[0])
        else:
            value = getattr(proxy.xend.domain, operation[7:])(*args.values())
    except xmlrpc.client.Fault as fault:
        raise Failed(fault.faultString)
    except xmlrpc.client.ProtocolError as error:
        if 300 <= error.errcode < 400 or error.errcode in REFUSED["xmlrpc"]:
            raise Failed(f"{error.errcode} {error.errmsg}")
        raise
    # From 3.1 on the daemon answers an unknown method with a response.
    if isinstance(value, dict) and value.get("Status") == "Failure":
        raise Failed(" ".join(map(str, value.get("ErrorDescription", []))))
    return value


def record(pairs):
    """The fields of a record, and the power state in the harness's words."""
    if not isinstance(pairs, list) or pairs[:1] != ["domain"]:
        raise ValueError(f"this is no record of a domain: {pairs!r}")
    found = {pair[0]: pair[1] if len(pair) > 1 else "" for pair in pairs[1:] if isinstance(pair, list) and pair}
    state = str(found.get("state", ""))
    power = "halted" if not state else "paused" if "p" in state else "ending" if "d" in state or "s" in state else "running"
    fields = {name: str(value) for name, value in found.items() if not isinstance(value, list)}
    return {"done": {"record": {**fields, "power_state": power}}}


def names(value):
    """A list of names."""
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise ValueError(f"this is no list of names: {value!r}")
    return {"done": {"names": value}}


def answer(uri, operation, args, deadline):
    if operation not in OPERATIONS:
        return {"unsupported": f"{operation} is not one of {', '.join(OPERATIONS)}"}
    reads = operation in ("domain.list", "domain.info")
    try:
        parts = urllib.parse.urlsplit(uri)
        value = (sxp if parts.scheme.startswith("sxp") else legacy)(parts, deadline, operation, args)
        if operation == "domain.list":
            return names(value)
        if operation in ("domain.info", "domain.create"):
            return record(value)
        if value not in (None, "", "None", "0", 0):
            raise ValueError(f"this is no answer to {operation}: {value!r}")
        return {"done": {}}
    except (Failed, ConnectionRefusedError, FileNotFoundError) as failure:
        return {"error": {"message": str(failure)}}
    except Exception as failure:  # the request went out, and no whole answer came back
        why = f"{type(failure).__name__}: {failure}"
        return {"error": {"message": why}} if reads else {"unknown": why}


for line in sys.stdin:
    ask = json.loads(line)
    if "hello" in ask:
        reply = {"hello": HELLO}
    elif "operate" in ask:
        asked = ask["operate"]
        deadline = asked.get("deadline_ms", 2000) / 1000
        reply = dict(answer(asked["uri"], asked["operation"], asked.get("args", {}), deadline), id=ask["id"])
    else:
        reply = {"id": ask["id"], "unsupported": "it only operates Xend"}
    print(json.dumps(reply), flush=True)
