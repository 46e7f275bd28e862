"""aioxmlrpc as a subject: it calls. It reads and writes by Python's own xmlrpc.client.

Install: pip install aioxmlrpc==0.10.0 (Python 3.9 or later)
Run:     xend-harness test -- python3 adapters/python/aioxmlrpc_client.py
"""
import asyncio
import logging

import aioxmlrpc.client
import xmlrpc_client as stdlib


async def send(uri, method, params):
    proxy = aioxmlrpc.client.ServerProxy(uri, timeout=2)
    return await getattr(proxy, method)(*params)


# What else a question tells of a call, the library has no use for.
def call(uri, method, params, *_, **_others):
    try:
        return {"values": [{"response": stdlib.tagged(asyncio.run(send(uri, method, map(stdlib.native, params))))}]}
    except aioxmlrpc.client.Fault as fault:
        return stdlib.told(fault)
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


logging.disable()
stdlib.HELLO = {"name": "Python aioxmlrpc", "version": "0.10.0", "calls_over": ["tcp"]}
stdlib.call = call
stdlib.start()
