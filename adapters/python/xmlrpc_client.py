"""Python's own xmlrpc.client as a subject: it reads, writes and calls.

Install: nothing, Python 3.8 or later has it.
Run:     xend-harness test -- python3 adapters/python/xmlrpc_client.py
"""
import base64
import decimal
import json
import socket
import ssl
import sys
import threading
import xmlrpc.client

HELLO = {"name": "Python xmlrpc.client", "version": sys.version.split()[0],
         "decodes": {"xmlrpc": ["spec", "extended"]}, "encodes": {"xmlrpc": ["spec", "extended"]},
         "calls_over": ["tcp", "tls"],
         "features": ["nil", "i8", "small-ints", "ex", "encodings", "struct-order", "calls"]}
TAGS = [
    (type(None), lambda value: {"nil": True}),
    (bool, lambda value: {"boolean": str(int(value))}),
    (int, lambda value: {"int": str(value)}),
    (float, lambda value: {"double": repr(value)}),
    (decimal.Decimal, lambda value: {"double": f"{value:f}"}),
    (str, lambda value: {"string": value}),
    (xmlrpc.client.DateTime, lambda value: {"dateTime": value.value}),
    (xmlrpc.client.Binary, lambda value: {"base64": base64.b64encode(value.data).decode()}),
    (dict, lambda value: {"struct": [[str(name), tagged(member)] for name, member in value.items()]}),
    ((list, tuple), lambda value: {"array": [tagged(item) for item in value]}),
    (object, lambda value: {"odd": repr(value)}),
]
KINDS = {
    "nil": lambda _: None, "boolean": lambda text: text == "1", "int": int, "i8": int, "double": float, "string": str,
    "dateTime": xmlrpc.client.DateTime, "base64": lambda text: xmlrpc.client.Binary(base64.b64decode(text)),
    "struct": lambda members: {name: native(value) for name, value in members},
    "array": lambda items: [native(item) for item in items],
}


def tagged(value):
    return next(tag(value) for kind, tag in TAGS if isinstance(value, kind))


def native(value):
    (kind, content), = value.items()
    return KINDS[kind](content)


def told(fault):
    return {"values": [{"fault": {"code": tagged(fault.faultCode), "string": tagged(fault.faultString)}}]}


def read(document):
    try:
        params, method = xmlrpc.client.loads(document)
    except xmlrpc.client.Fault as fault:
        return told(fault)
    if method is not None:
        return {"values": [{"call": {"method": method, "params": [tagged(param) for param in params]}}]}
    # ServerProxy takes what has one parameter apart, and the whole list otherwise.
    return {"values": [{"response": tagged(params[0] if len(params) == 1 else params)}]}


def write(value, allow_none):
    (kind, content), = value.items()
    if kind == "call":
        params, how = tuple(map(native, content["params"])), {"methodname": content["method"]}
    elif kind == "fault":
        params, how = xmlrpc.client.Fault(native(content["code"]), native(content["string"])), {}
    else:
        params, how = (native(content),), {"methodresponse": True}
    document = xmlrpc.client.dumps(params, allow_none=allow_none, **how)
    return {"document": base64.b64encode(document.encode()).decode()}


def call(uri, method, params, ca_file=None, **_others):
    try:
        context = ssl.create_default_context(cafile=ca_file) if ca_file else None
        with xmlrpc.client.ServerProxy(uri, context=context) as proxy:
            return {"values": [{"response": tagged(getattr(proxy, method)(*map(native, params)))}]}
    except xmlrpc.client.Fault as fault:
        return told(fault)
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


def answer(ask):
    try:
        if "call" in ask:
            # The library has no time-out of its own.
            socket.setdefaulttimeout(ask["call"]["deadline_ms"] / 1000)
            return call(**ask["call"])
        return write(ask["value"], ask["rules"] == "extended") if "value" in ask else read(base64.b64decode(ask["input"]))
    except RecursionError:
        return {"accept": True} if "input" in ask else {"unsupported": "nested too deeply for this adapter"}
    except Exception as error:
        return {"reject": f"{type(error).__name__}: {error}"}


def main():
    for line in sys.stdin:
        ask = json.loads(line)
        reply = {"hello": HELLO} if "hello" in ask else dict(answer(ask), id=ask["id"])
        try:
            line = json.dumps(reply)
        except RecursionError:
            line = json.dumps({"id": ask["id"], "accept": True})
        print(line, flush=True)


def start():
    # The library reads any depth, so that this adapter must print as much as it can.
    sys.setrecursionlimit(50_000)
    threading.stack_size(1 << 29)
    threading.Thread(target=main).start()


if __name__ == "__main__":
    start()
