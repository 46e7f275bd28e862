"""A whole subject in 60 lines, the place to start from: Python's xmlrpc.client reads, writes and calls.

Run: xend-harness test -- python3 adapters/python/starter.py
"""
import base64, decimal, json, socket, sys, xmlrpc.client as library

HELLO = {"name": "starter", "version": sys.version.split()[0], "decodes": {"xmlrpc": ["spec"]},
         "encodes": {"xmlrpc": ["spec"]}, "calls_over": ["tcp"], "features": ["struct-order", "encodings", "calls"]}

def tagged(value):
    if isinstance(value, bool): return {"boolean": str(int(value))}
    if isinstance(value, int): return {"int": str(value)}
    if isinstance(value, float): return {"double": repr(value)}
    if isinstance(value, decimal.Decimal): return {"double": f"{value:f}"}
    if isinstance(value, str): return {"string": value}
    if isinstance(value, library.DateTime): return {"dateTime": value.value}
    if isinstance(value, library.Binary): return {"base64": base64.b64encode(value.data).decode()}
    if isinstance(value, (list, tuple)): return {"array": [tagged(item) for item in value]}
    if isinstance(value, dict) and all(isinstance(name, str) for name in value):
        return {"struct": [[name, tagged(member)] for name, member in value.items()]}
    return {"nil": True} if value is None else {"odd": type(value).__name__}

def native(value):
    (kind, it), = value.items()
    if kind == "array": return [native(item) for item in it]
    if kind == "struct": return {name: native(member) for name, member in it}
    if kind == "base64": return library.Binary(base64.b64decode(it))
    return {"int": int, "i8": int, "boolean": "1".__eq__, "double": float, "string": str,
            "dateTime": library.DateTime, "nil": lambda _: None}[kind](it)

def told(function, *args):
    try:
        params, method = function(*args)
    except library.Fault as fault:
        return {"values": [{"fault": {"code": tagged(fault.faultCode), "string": tagged(fault.faultString)}}]}
    if method is not None:
        return {"values": [{"call": {"method": method, "params": [tagged(param) for param in params]}}]}
    return {"values": [{"response": tagged(params[0] if len(params) == 1 else params)}]}

def written(value):
    (kind, it), = value.items()
    if kind == "call": return library.dumps(tuple(map(native, it["params"])), it["method"])
    if kind == "fault": return library.dumps(library.Fault(native(it["code"]), native(it["string"])))
    return library.dumps((native(it),), methodresponse=True)

def called(uri, method, params, deadline_ms):
    socket.setdefaulttimeout(deadline_ms / 1000)
    with library.ServerProxy(uri) as server:
        return (getattr(server, method)(*map(native, params)),), None

def answer(ask):
    try:
        if "call" in ask: return told(lambda: called(**ask["call"]))
        if "value" in ask: return {"document": base64.b64encode(written(ask["value"]).encode()).decode()}
        return told(library.loads, base64.b64decode(ask["input"]))
    except Exception as error: return {"error" if "call" in ask else "reject": f"{type(error).__name__}: {error}"}

if __name__ == "__main__":
    for ask in map(json.loads, sys.stdin):
        print(json.dumps({"hello": HELLO} if "hello" in ask else dict(answer(ask), id=ask["id"])), flush=True)
