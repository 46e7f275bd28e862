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


class Failed(Exception):
    """The daemon refused; nothing was changed."""


class Connection(http.client.HTTPConnection):
    """HTTP over TCP or over a Unix socket."""

    def __init__(self, uri):
        super().__init__(uri.hostname or "localhost", uri.port, timeout=2)
        self.path = uri.path if uri.scheme.endswith("unix") else None

    def connect(self):
        if self.path is None:
            return super().connect()
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Transport(xmlrpc.client.Transport):
    def __init__(self, uri):
        super().__init__()
        self.uri = uri

    def make_connection(self, host):
        return Connection(self.uri)


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


def sxp(uri, operation, args):
    path, form = "/xend/domain", None
    if operation not in ("domain.list", "domain.create"):
        path += "/" + urllib.parse.quote(args["domain"], safe="")
    if operation not in ("domain.list", "domain.info"):
        form = urllib.parse.urlencode({"op": operation[7:], **{name: args[name] for name in args if name != "domain"}})
    headers = {"Accept": "application/sxp"}
    if form is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    connection = Connection(uri)
    connection.request("GET" if form is None else "POST", path, form, headers)
    reply = connection.getresponse()
    text = reply.read().decode("utf-8", "replace")
    values = parse(text) if (reply.getheader("Content-Type") or "").startswith("application/sxp") else []
    # Releases before 3.0.3 fail with a status of success, and those after hide the reason in the body.
    if values and isinstance(values[0], list) and values[0][:1] == ["xend.err"]:
        raise Failed(" ".join(map(str, values[0][1:])))
    if reply.status not in (200, 201, 202, 204):
        raise Failed(text if reply.status == 404 and text else reply.reason)
    return values[0] if values else None


def legacy(uri, operation, args):
    proxy = xmlrpc.client.ServerProxy("http://localhost/RPC2", transport=Transport(uri), allow_none=True)
    try:
        if operation == "domain.list":
            return proxy.xend.domains(0)
        if operation == "domain.info":
            return proxy.xend.domain(args["domain"])
        if operation == "domain.create":
            return proxy.xend.domain.create(parse(args["config"])[0])
        return getattr(proxy.xend.domain, operation[7:])(*args.values())
    except xmlrpc.client.Fault as fault:
        raise Failed(fault.faultString)


def record(pairs):
    """What every record has, and the power state in the harness's words."""
    found = {pair[0]: pair[1] if len(pair) > 1 else "" for pair in pairs[1:] if isinstance(pair, list) and pair}
    state = str(found.get("state", ""))
    power = "halted" if not state else "paused" if "p" in state else "ending" if "d" in state or "s" in state else "running"
    told = {"power_state": power, **{name: str(found[name]) for name in ("name", "uuid", "memory", "vcpus") if name in found}}
    return {"done": {"record": told}}


def answer(uri, operation, args):
    if operation not in OPERATIONS:
        return {"unsupported": f"{operation} is not one of {', '.join(OPERATIONS)}"}
    reads = operation in ("domain.list", "domain.info")
    try:
        parts = urllib.parse.urlsplit(uri)
        value = (sxp if parts.scheme.startswith("sxp") else legacy)(parts, operation, args)
        if operation == "domain.list":
            return {"done": {"names": value}}
        return record(value) if operation in ("domain.info", "domain.create") else {"done": {}}
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
        reply = dict(answer(ask["operate"]["uri"], ask["operate"]["operation"], ask["operate"].get("args", {})), id=ask["id"])
    else:
        reply = {"id": ask["id"], "unsupported": "it only operates Xend"}
    print(json.dumps(reply), flush=True)
