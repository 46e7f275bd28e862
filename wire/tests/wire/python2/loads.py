# Reads a document a line, in base64, as Python 2's xmlrpclib does, and answers with a line of JSON each:
# {"params": [VALUE, ...], "method": NAME or null}, {"fault": [VALUE, VALUE]} or {"error": TEXT}.
import base64
import json
import sys
import xmlrpclib


def show(value):
    if value is None:
        return {"nil": True}
    if isinstance(value, bool):
        return {"boolean": "01"[value]}
    if isinstance(value, (int, long)):
        return {"int": str(value)}
    if isinstance(value, float):
        return {"double": repr(value)}
    if isinstance(value, basestring):
        return {"string": value}
    if isinstance(value, list):
        return {"array": [show(item) for item in value]}
    if isinstance(value, dict):
        return {"struct": dict((name, show(member)) for name, member in value.items())}
    if isinstance(value, xmlrpclib.DateTime):
        return {"dateTime": value.value}
    if isinstance(value, xmlrpclib.Binary):
        return {"base64": base64.b64encode(value.data)}


def loads(document):
    try:
        params, method = xmlrpclib.loads(document)
        return {"params": [show(param) for param in params], "method": method}
    except xmlrpclib.Fault as fault:
        return {"fault": [show(fault.faultCode), show(fault.faultString)]}
    except Exception as error:
        return {"error": repr(error)}


for line in iter(sys.stdin.readline, ""):
    sys.stdout.write(json.dumps(loads(base64.b64decode(line))) + "\n")
    sys.stdout.flush()
