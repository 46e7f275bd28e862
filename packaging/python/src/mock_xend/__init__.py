"""A mock of Xend, the control daemon of Xen 3 and 4, for tests in Python.

>>> import xmlrpc.client
>>> from mock_xend import MockXend
>>> with MockXend(release="4.1") as mock:
...     xend = xmlrpc.client.ServerProxy(mock.url("xmlrpc"))
...     xend.xend.domain.pause("vm1")

With pytest, the fixture ``mock_xend`` starts mocks that end with the test:

>>> def test_pause(mock_xend):
...     mock = mock_xend(release="4.1", scenario="outage.toml")
...     ...
"""

from mock_xend._mock import Exchange, MockXend, NotStarted, UnexpectedRequests

__all__ = ["Exchange", "MockXend", "NotStarted", "UnexpectedRequests"]
