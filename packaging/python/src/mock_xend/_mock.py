"""A mock of Xend that runs as a process of its own."""

import http.client
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import weakref
from types import TracebackType
from typing import Any, Dict, List, Optional, Sequence, Type, TypedDict, Union

from xend_harness import program

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = ["Exchange", "MockXend", "NotStarted", "UnexpectedRequests"]

#: A file by its path, or TOML text: a ``str`` of several lines is text, any other is a path.
Toml = Union[str, "os.PathLike[str]"]

#: Seconds that a mock may take to end, after which it is killed, and to answer a call of its control.
_PATIENCE = 10.0


class Exchange(TypedDict, total=False):
    """A request and its reply, as the journal keeps them. A key without a value is not there."""

    #: ``"exchange"``.
    event: str
    #: Counts the exchanges of the mock, from 1.
    number: int
    #: The time of the simulated host, in seconds since the Unix epoch.
    at: float
    #: Counts the connections of all protocols, from 1.
    connection: int
    #: Grows whenever the scenario or the world is replaced.
    generation: int
    #: ``"sxp"``, ``"xmlrpc"`` or ``"xenapi"``.
    face: str
    #: What was asked for, such as ``"domain.pause"``.
    operation: str
    arguments: Dict[str, str]
    #: ``"expectation"``, ``"world"``, ``"refusal"`` or ``"face"``.
    answered_by: str
    #: Where the expectation is written: ``"line 12"``.
    expectation: str
    #: Why no expectation answered.
    why_not: str
    #: The HTTP status of the reply.
    status: int
    #: The faults that the reply was sent with.
    faults: List[str]
    #: The bytes of request and reply as text, or in base64 if they are not UTF-8.
    request: str
    request_base64: str
    reply: str
    reply_base64: str
    #: The whole lengths, if the journal keeps only the first bytes.
    request_length: int
    reply_length: int


class NotStarted(RuntimeError):
    """The mock could not start; the message is what ``mock-xend`` said, such as where a scenario has a mistake."""


class UnexpectedRequests(AssertionError):
    """The requests were not those that the scenario expects.

    :ivar lines: what is wrong, such as ``unused: line 2: domain.pause domain=vm1: 0 of 1``.
    """

    def __init__(self, lines: Sequence[str]) -> None:
        super().__init__("the requests were not those that the scenario expects:\n" + "\n".join(lines))
        self.lines = list(lines)


class MockXend:
    """A mock of Xend, which listens on loopback at ports that were free.

    Start it by ``with``, or by :meth:`start` and :meth:`stop`. At the end of a ``with`` block that raised nothing, the
    mock verifies that the requests were those that its scenario expects.

    :param release: the release of the daemon: ``"3.0.2"``, ``"3.0.3"``, ``"3.1"``, ``"3.2"``, ``"3.3"``, ``"3.4"``,
        ``"4.1"`` or ``"4.4"``; by default that of the scenario or the world, or 4.1.
    :param scenario: scripted replies: the path of a file, or its text if it has several lines.
    :param world: the simulated host: the path of a file, or its text if it has several lines.
    :param faces: the protocols: ``"sxp"`` (S-expressions over HTTP), ``"xmlrpc"``, and ``"xenapi"``, which releases
        from 3.1 on have.
    :param options: further options of ``mock-xend``, which ``mock-xend --help`` lists.
    """

    def __init__(
        self,
        release: Optional[str] = None,
        scenario: Optional[Toml] = None,
        world: Optional[Toml] = None,
        faces: Sequence[str] = ("sxp", "xmlrpc"),
        options: Sequence[str] = (),
    ) -> None:
        self._release = release
        self._scenario = scenario
        self._world = world
        self._faces = [faces] if isinstance(faces, str) else list(faces)
        self._options = list(options)
        self._addresses: Dict[str, str] = {}
        self._process: "Optional[subprocess.Popen[str]]" = None
        self._folder: "Optional[tempfile.TemporaryDirectory[str]]" = None
        self._status: Optional[int] = None
        self._said = ""
        self._journal: Optional[List[Exchange]] = None
        self._last_world: Optional[str] = None

    def start(self) -> "MockXend":
        """Starts the mock, and returns it once it listens.

        :raises NotStarted: it can't start, for instance because a file has a mistake.
        """
        if self._folder is not None:
            raise RuntimeError("a MockXend can be started only once")
        self._folder = tempfile.TemporaryDirectory(prefix="mock-xend-")
        command = [str(program("mock-xend")), "--dump-world", str(self._path("world.toml"))]
        if self._scenario is not None:
            command.append("--verify")
        if self._release is not None:
            command += ["--release", self._release]
        for option, given in [("scenario", self._scenario), ("world", self._world)]:
            if given is not None:
                command += [f"--{option}", self._file(f"given-{option}.toml", given)]
        for face in self._faces:
            command += [f"--{face}", "tcp:127.0.0.1:0"]
        command += ["--admin", "tcp:127.0.0.1:0", "--until-eof"]
        # A file takes any amount of text while nobody reads it.
        with open(self._path("stderr"), "wb") as stderr:
            self._process = subprocess.Popen(
                command + self._options,
                # The mock ends with this process, however that ends: then its standard input ends, too.
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                encoding="utf-8",
                # Ctrl-C is for the tests, which stop the mock.
                start_new_session=True,
            )
        weakref.finalize(self, self._process.kill)
        assert self._process.stdout is not None
        # The control is told last, behind whatever the options listen for.
        while "admin" not in self._addresses:
            words = self._process.stdout.readline().split()
            if len(words) != 3:
                self._end()
                raise NotStarted(self._said.strip() or f"mock-xend ended with status {self._status}")
            _, face, address = words
            self._addresses.setdefault(face, address[len("tcp:"):] if address.startswith("tcp:") else address)
        return self

    def stop(self) -> None:
        """Stops the mock. A mock that was stopped already stays as it is."""
        if self._process is None or not self._runs():
            return
        try:
            self._journal = self.journal()
        except (OSError, http.client.HTTPException, RuntimeError):
            # The mock has ended by itself just now, and its journal with it.
            pass
        self._process.terminate()
        self._end()

    def address(self, face: str = "xmlrpc") -> str:
        """Returns where the mock listens for a protocol, as ``HOST:PORT``."""
        try:
            return self._addresses[face]
        except KeyError:
            there = ", ".join(face for face in self._addresses if face != "admin") or "nothing, for it was not started"
            raise ValueError(f"the mock does not listen for {face!r}; it listens for {there}") from None

    def url(self, face: str = "xmlrpc") -> str:
        """Returns the URL for a client, such as ``http://127.0.0.1:41234/RPC2``."""
        path = "/xend/" if face == "sxp" else "/RPC2"
        return f"http://{self.address(face)}{path}"

    def uri(self, face: str = "xmlrpc") -> str:
        """Returns the address as ``xend-harness`` takes it, such as ``xmlrpc+tcp://127.0.0.1:41234``."""
        return f"{face}+tcp://{self.address(face)}"

    @property
    def admin(self) -> str:
        """The address of the mock's control, such as ``http://127.0.0.1:41235``.

        A browser shows the mock there, and ``mock-xend ctl --admin`` takes it.
        """
        return f"http://{self.address('admin')}"

    def journal(self) -> List[Exchange]:
        """Returns the latest requests with their replies, the oldest first: those since the start or :meth:`reset`.

        Of a mock that was stopped, these are the requests until then.

        :raises RuntimeError: the mock was not started, or ended by itself, so that its journal is lost.
        """
        if self._runs():
            # A control byte in a text is escaped, so that only the ends of lines are line feeds.
            return [json.loads(line) for line in self._call("GET", "/journal").split("\n") if line]
        if self._journal is None:
            raise RuntimeError(f"mock-xend ended with status {self._status} before its journal was read")
        return self._journal

    def world(self) -> Dict[str, Any]:
        """Returns the simulated host as it is now, or of a mock that was stopped as it was then.

        The keys are those of a world file: ``node``, ``domain`` (a list, in which each domain has its ``name``,
        ``state``, ``memory``, ``vcpus``, ``devices``), and so on.

        :raises RuntimeError: the mock was not started, or was killed, so that its world is lost.
        """
        if self._runs():
            return tomllib.loads(self._call("GET", "/world"))
        if self._last_world is None:
            raise RuntimeError(f"mock-xend ended with status {self._status} before it wrote its world")
        return tomllib.loads(self._last_world)

    def verify(self) -> None:
        """Checks that the requests so far were those that the scenario expects.

        Without a scenario any request is as expected.

        :raises UnexpectedRequests: an expectation was not used as often as it should be, or out of order, or a request
            came that the scenario refuses.
        """
        if self._runs():
            report = json.loads(self._call("GET", "/verify"))
            if not report["as_expected"]:
                raise UnexpectedRequests(_lines(report))
        elif self._status == 1:
            raise UnexpectedRequests(self._said.splitlines())
        elif self._status not in (None, 0):
            raise RuntimeError(f"mock-xend ended with status {self._status}: {self._said.strip()}")

    def reset(self) -> None:
        """Starts over: the scenario and the simulated host are as at the start, and the journal is empty.

        Ports stay as they are, so that one mock serves many tests.
        """
        if not self._runs():
            raise RuntimeError("only a mock that runs can be reset")
        self._call("POST", "/reset")

    @property
    def said(self) -> str:
        """What the mock has written to standard error so far."""
        if self._status is None and self._folder is not None:
            return self._path("stderr").read_text(encoding="utf-8", errors="replace")
        return self._said

    def __enter__(self) -> "MockXend":
        return self.start()

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self.stop()
        if kind is None:
            self.verify()

    def __repr__(self) -> str:
        listening = ", ".join(self.uri(face) for face in self._addresses if face != "admin")
        return f"<MockXend {listening or 'not started'}>"

    def _path(self, name: str) -> pathlib.Path:
        if self._folder is None:
            raise RuntimeError("the mock was not started")
        return pathlib.Path(self._folder.name, name)

    def _file(self, name: str, given: Toml) -> str:
        """The path of a file that was given by its path or by its text."""
        if not isinstance(given, str) or "\n" not in given:
            return os.fspath(given)
        path = self._path(name)
        path.write_text(given, encoding="utf-8")
        return str(path)

    def _runs(self) -> bool:
        """Returns whether the mock was started and has not ended."""
        if self._process is None:
            raise RuntimeError("the mock was not started")
        if self._status is None and self._process.poll() is not None:
            self._end()
        return self._status is None

    def _call(self, method: str, path: str) -> str:
        """Makes a call of the mock's control, and returns the body of the answer."""
        connection = http.client.HTTPConnection(self.address("admin"), timeout=_PATIENCE)
        try:
            connection.request(method, path)
            return connection.getresponse().read().decode("utf-8")
        finally:
            connection.close()

    def _end(self) -> None:
        """Waits for the end of the process, and keeps what it said."""
        assert self._process is not None and self._process.stdout is not None
        try:
            status = self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            status = self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()
        self._said = self.said
        world = self._path("world.toml")
        self._last_world = world.read_text(encoding="utf-8") if world.exists() else None
        self._status = status
        assert self._folder is not None
        self._folder.cleanup()


def _lines(report: Dict[str, Any]) -> List[str]:
    """The differences of a report of the mock's control, as ``mock-xend --verify`` prints them."""
    lines = []
    for found in report["findings"]:
        lines.append(f"{found['kind']}: {found['what']}")
        lines += [f"  {line}" for line in found["why"].splitlines()]
    if report["left_out"]:
        lines.append(f"and {report['left_out']} more, which are not kept")
    return lines
