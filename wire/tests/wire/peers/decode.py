"""Reads XML-RPC responses with Python's own client: base64 a line in, one JSON object a line out.

The value as it was read, and what Python writes of it, or the exception."""

import base64, json, sys, xmlrpc.client


def show(value):
    if value is None:
        return {"nil": True}
    if isinstance(value, bool):
        return {"boolean": value}
    if isinstance(value, int):
        return {"int": str(value)}
    if isinstance(value, float):
        return {"double": repr(value)}
    if isinstance(value, str):
        return {"string": value}
    if isinstance(value, xmlrpc.client.DateTime):
        return {"dateTime": value.value}
    if isinstance(value, xmlrpc.client.Binary):
        return {"base64": base64.b64encode(value.data).decode()}
    if isinstance(value, list):
        return {"array": [show(item) for item in value]}
    return {"struct": sorted([name, show(item)] for name, item in value.items())}


for line in sys.stdin:
    try:
        (value,), _ = xmlrpc.client.loads(base64.b64decode(line))
        answer = {"value": show(value)}
        try:
            again = xmlrpc.client.dumps((value,), methodresponse=True, allow_none=True)
            answer["again"] = base64.b64encode(again.encode()).decode()
        except OverflowError:
            pass
    except xmlrpc.client.Fault as fault:
        answer = {"fault": [fault.faultCode, fault.faultString]}
    except Exception as error:
        answer = {"rejected": repr(error)}
    print(json.dumps(answer), flush=True)
