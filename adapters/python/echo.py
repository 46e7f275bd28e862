"""A subject that judges nothing: it answers each question with itself, and so shows whether a command is wired right.

Install: nothing.
Run:     xend-harness smoke -- python3 adapters/python/echo.py
"""
import base64
import json
import sys

HELLO = {"name": "echo", "version": "1", "decodes": {"xmlrpc": ["spec"]}, "encodes": {"xmlrpc": ["spec"]}, "calls_over": ["tcp"]}

for line in sys.stdin:
    ask = json.loads(line)
    if "hello" in ask:
        reply = {"hello": HELLO}
    elif "input" in ask:
        text = base64.b64decode(ask["input"]).decode("utf-8", "replace")
        reply = {"id": ask["id"], "values": [{"response": {"string": text}}]}
    elif "value" in ask:
        reply = {"id": ask["id"], "document": base64.b64encode(json.dumps(ask["value"]).encode()).decode()}
    else:
        reply = {"id": ask["id"], "error": f"no call was made to {ask['call']['uri']}"}
    print(json.dumps(reply), flush=True)
