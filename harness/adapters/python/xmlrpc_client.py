"""Python's own xmlrpc.client as a subject: xend-harness parser --codec xmlrpc -- python3 xmlrpc_client.py"""
import base64
import json
import sys
import xmlrpc.client

DECODES = {"xmlrpc": ["spec", "extended"]}
FEATURES = ["nil", "i8", "small-ints", "ex", "encodings", "struct-order"]


def tagged(value):
    match value:
        case None: return {"nil": True}
        case bool(): return {"boolean": str(int(value))}
        case int(): return {"int": str(value)}
        case float(): return {"double": repr(value)}
        case str(): return {"string": value}
        case xmlrpc.client.DateTime(): return {"dateTime": value.value}
        case xmlrpc.client.Binary(): return {"base64": base64.b64encode(value.data).decode()}
        case dict(): return {"struct": [[str(name), tagged(member)] for name, member in value.items()]}
        case _: return {"array": [tagged(item) for item in value]}


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
    hello = {"hello": {"name": "xmlrpc.client", "version": sys.version.split()[0], "decodes": DECODES, "features": FEATURES}}
    print(json.dumps(hello if "hello" in ask else {"id": ask["id"], **answer(ask)}), flush=True)
