"""A caller over plain sockets in twenty lines, the place to start from for a library with an HTTP of its own."""
import json, socket, sys, urllib.parse
from starter import library, native, told

def call(uri, method, params, deadline_ms):
    at = urllib.parse.urlsplit(uri)
    body = library.dumps(tuple(map(native, params)), method).encode()
    head = (f"POST {uri.split(at.netloc)[1]} HTTP/1.0\r\nHost: {at.netloc}\r\nUser-Agent: sockets\r\n"
            f"Content-Type: text/xml\r\nContent-Length: {len(body)}\r\n\r\n")
    with socket.create_connection((at.hostname, at.port), deadline_ms / 1000) as server:
        server.sendall(head.encode() + body)
        head, _, document = b"".join(iter(lambda: server.recv(65536), b"")).partition(b"\r\n\r\n")
    return told(library.loads, document) if head.split()[1] == b"200" else {"error": head.decode("latin-1").split("\r\n")[0]}

for line in map(json.loads, sys.stdin):
    try: answer = call(**line["call"]) if "call" in line else {"hello": {"name": "sockets", "calls_over": ["tcp"]}}
    except Exception as error: answer = {"error": repr(error)}
    print(json.dumps(answer if "hello" in line else dict(answer, id=line["id"])), flush=True)
