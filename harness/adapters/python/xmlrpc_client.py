"""Python's own xmlrpc.client as a subject: xend-harness parser --codec xmlrpc -- python3 xmlrpc_client.py"""
import base64
import decimal
import json
import sys
import xmlrpc.client

FEATURES = ["nil", "i8", "small-ints", "ex", "encodings", "struct-order"]
HELLO = {"name": "xmlrpc.client", "version": sys.version.split()[0], "decodes": {"xmlrpc": ["spec", "extended"]}, "features": FEATURES}
KINDS = [
    (type(None), lambda value: {"nil": True}),
    (bool, lambda value: {"boolean": str(int(value))}),
    (int, lambda value: {"int": str(value)}),
    ((float, decimal.Decimal), lambda value: {"double": repr(float(value))}),
    (str, lambda value: {"string": value}),
    (xmlrpc.client.DateTime, lambda value: {"dateTime": value.value}),
    (xmlrpc.client.Binary, lambda value: {"base64": base64.b64encode(value.data).decode()}),
    (dict, lambda value: {"struct": [[str(name), tagged(member)] for name, member in value.items()]}),
    ((list, tuple), lambda value: {"array": [tagged(item) for item in value]}),
]


def tagged(value):
    return next(tag(value) for kind, tag in KINDS if isinstance(value, kind))


def answer(question):
    try:
        # As ServerProxy reads a reply: it does not look whether it is one, and unpacks a single parameter.
        params, _ = xmlrpc.client.loads(base64.b64decode(question["input"]))
        return {"values": [{"response": tagged(params[0] if len(params) == 1 else params)}]}
    except xmlrpc.client.Fault as fault:
        return {"values": [{"fault": {"code": tagged(fault.faultCode), "string": tagged(fault.faultString)}}]}
    except Exception as error:
        return {"reject": f"{type(error).__name__}: {error}"}


for line in sys.stdin:
    ask = json.loads(line)
    print(json.dumps({"hello": HELLO} if "hello" in ask else dict(answer(ask), id=ask["id"])), flush=True)
