"""What the adapters of engines share: the questions and answers of the harness, and the names of operations.

An engine is a class with a method for each operation that it has, named as the operation without "domain.", which takes
the arguments of the operation. It returns None, a list of names, or a record as a dict; it raises Refused if the engine
refuses, and any other exception if nobody knows what came of it.
"""
import json
import sys

OPERATIONS = ["create", "define", "start", "info", "list", "list_all", "list_inactive", "pause", "unpause", "suspend",
              "resume", "shutdown", "reboot", "destroy", "undefine", "set_memory", "rename"]


class Refused(Exception):
    """The engine refused, and did nothing."""


def answer(engine, operation, args):
    method = getattr(engine, operation.removeprefix("domain."), None)
    if method is None:
        return {"unsupported": f"{engine.name} has no {operation}"}
    try:
        told = method(**args)
    except Refused as refused:
        return {"error": {"message": str(refused)}}
    except Exception as failure:
        return {"unknown": f"{type(failure).__name__}: {failure}"}
    if isinstance(told, list):
        return {"done": {"names": told}}
    return {"done": {"record": {name: str(value) for name, value in told.items()}} if told else {}}


def serve(engine):
    """Answers the harness until its questions end."""
    operations = [f"domain.{name}" for name in OPERATIONS if hasattr(engine, name)]
    hello = {"name": engine.name, "version": engine.version, "engine": {"operations": operations, "codes": False}}
    for line in sys.stdin:
        ask = json.loads(line)
        if "hello" in ask:
            reply = {"hello": hello}
        elif "operate" in ask:
            reply = dict(answer(engine, ask["operate"]["operation"], ask["operate"].get("args", {})), id=ask["id"])
        else:
            reply = {"id": ask["id"], "unsupported": "it only operates domains"}
        print(json.dumps(reply), flush=True)
