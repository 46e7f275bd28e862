"""A parser of XML-RPC by regular expressions, as one is written in an afternoon."""
import base64
import json
import re
import sys


def value(text):
    text = text.strip()
    kind = re.match(r"<(\w+)>(.*)</\1>$", text, re.S)
    if not kind:
        return {"string": text}
    name, inside = kind.groups()
    if name in ("int", "i4"):
        return {"int": str(int(inside))}
    if name == "array":
        return {"array": [value(item) for item in re.findall(r"<value>(.*?)</value>", inside, re.S)]}
    if name == "struct":
        raise ValueError("structs come later")
    return {{"dateTime.iso8601": "dateTime"}.get(name, name): inside}


for line in sys.stdin:
    ask = json.loads(line)
    if "hello" in ask:
        answer = {"hello": {"name": "regex", "decodes": {"xmlrpc": ["spec"]}}}
    else:
        try:
            document = base64.b64decode(ask["input"]).decode()
            found = re.search(r"<param>\s*<value>(.*)</value>\s*</param>", document, re.S)
            answer = {"id": ask["id"], "values": [{"response": value(found.group(1))}]}
        except Exception as error:
            answer = {"id": ask["id"], "reject": repr(error)}
    print(json.dumps(answer), flush=True)
