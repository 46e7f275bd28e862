"""xmlrpc2 as a subject: it reads, writes calls, and calls.

Install: pip install xmlrpc2==0.3.1 (it was written for Python 3.3, so that two names are given back to it)
Run:     xend-harness test -- python3 adapters/python/xmlrpc2_client.py
"""
import base64
import collections
import collections.abc
import datetime

collections.Mapping, collections.Iterable = collections.abc.Mapping, collections.abc.Iterable
import xmlrpc_client as stdlib
from xmlrpc2 import client, exceptions, serializer

KINDS = dict(stdlib.KINDS, base64=base64.b64decode,
             dateTime=lambda text: datetime.datetime.strptime(text, "%Y%m%dT%H:%M:%S"))
TAGS = [
    (bytes, lambda value: {"base64": base64.b64encode(value).decode()}),
    (datetime.datetime, lambda value: {"dateTime": value.isoformat().replace("-", "")}),
]


def told(message):
    """What the client makes of a message."""
    reply = message["methodResponse"]
    if "params" in reply:
        params = reply["params"]
        return {"values": [{"response": stdlib.tagged(params[0] if len(params) == 1 else params)}]}
    fault = reply["fault"]
    return {"values": [{"fault": {"code": stdlib.tagged(fault["faultCode"]), "string": stdlib.tagged(fault["faultString"])}}]}


def read(document):
    message = serializer.Serializer().deserialize(document)
    if "methodCall" not in message:
        return told(message)
    call = message["methodCall"]
    return {"values": [{"call": {"method": call["methodName"] or "", "params": [stdlib.tagged(it) for it in call.get("params", [])]}}]}


def write(value, allow_none):
    if "call" not in value:
        return {"unsupported": "writes only calls"}
    call = {"methodName": value["call"]["method"], "params": [stdlib.native(param) for param in value["call"]["params"]]}
    return {"document": base64.b64encode(serializer.Serializer().serialize({"methodCall": call})).decode()}


# What else a question tells of a call, the library has no use for.
def call(uri, method, params, *_, **_others):
    try:
        return {"values": [{"response": stdlib.tagged(client.Client(uri)(method, *map(stdlib.native, params)))}]}
    except exceptions.Fault as fault:
        return {"values": [{"fault": {"code": stdlib.tagged(fault.code), "string": stdlib.tagged(str(fault))}}]}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


stdlib.HELLO = {"name": "Python xmlrpc2", "version": "0.3.1", "decodes": {"xmlrpc": ["spec"]}, "encodes": {"xmlrpc": ["spec"]},
                "calls_over": ["tcp"], "features": ["calls", "datetime-typed", "struct-order", "encodings"]}
stdlib.KINDS, stdlib.TAGS = KINDS, TAGS + stdlib.TAGS
stdlib.read, stdlib.write, stdlib.call = read, write, call
stdlib.start()
