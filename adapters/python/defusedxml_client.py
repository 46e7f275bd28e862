"""defusedxml as a subject: Python's own xmlrpc.client, whose reader it guards against entities and DOCTYPEs.

Install: pip install defusedxml==0.7.1
Run:     xend-harness test -- python3 adapters/python/defusedxml_client.py
"""
import defusedxml
import defusedxml.xmlrpc
import xmlrpc_client as stdlib

defusedxml.xmlrpc.monkey_patch()
stdlib.HELLO = dict(stdlib.HELLO, name="Python defusedxml.xmlrpc", version=defusedxml.__version__)
stdlib.start()
