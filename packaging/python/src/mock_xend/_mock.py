"""A mock of Xend that runs as a process of its own."""

import os
import pathlib
import subprocess
import sys
import tempfile
import weakref
from types import TracebackType
from typing import Any, Dict, List, Optional, Sequence, Type, Union

from xend_harness import program

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = ["MockXend", "NotStarted", "UnexpectedRequests"]

#: A file by its path, or TOML text: a ``str`` of several lines is text, any other is a path.
Toml = Union[str, "os.PathLike[str]"]

#: Seconds that a mock may take to end, after which it is killed.
_PATIENCE = 10.0


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
        # A file takes any amount of text while nobody reads it.
        with open(self._path("stderr"), "wb") as stderr:
            self._process = subprocess.Popen(
                command + self._options,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=stderr,
                encoding="utf-8",
            )
        # The mock ends with this process, even if nobody stops it.
        weakref.finalize(self, self._process.kill)
        assert self._process.stdout is not None
        for _ in self._faces:
            words = self._process.stdout.readline().split()
            if len(words) != 3:
                self._end()
                raise NotStarted(self._said.strip() or f"mock-xend ended with status {self._status}")
            _, face, address = words
            self._addresses[face] = address[len("tcp:"):]
        return self

    def stop(self) -> None:
        """Stops the mock. A mock that was stopped already stays as it is."""
        if self._process is None or self._status is not None:
            return
        self._process.terminate()
        self._end()

    def address(self, face: str = "xmlrpc") -> str:
        """Returns where the mock listens for a protocol, as ``HOST:PORT``."""
        try:
            return self._addresses[face]
        except KeyError:
            there = ", ".join(self._addresses) or "nothing, for it was not started"
            raise ValueError(f"the mock does not listen for {face!r}; it listens for {there}") from None

    def url(self, face: str = "xmlrpc") -> str:
        """Returns the URL for a client, such as ``http://127.0.0.1:41234/RPC2``."""
        path = "/xend/" if face == "sxp" else "/RPC2"
        return f"http://{self.address(face)}{path}"

    def uri(self, face: str = "xmlrpc") -> str:
        """Returns the address as ``xend-harness`` takes it, such as ``xmlrpc+tcp://127.0.0.1:41234``."""
        return f"{face}+tcp://{self.address(face)}"

    def world(self) -> Dict[str, Any]:
        """Returns the simulated host as the test left it, and stops the mock.

        The keys are those of a world file: ``node``, ``domain`` (a list, in which each domain has its ``name``,
        ``state``, ``memory``, ``vcpus``, ``devices``), and so on.
        """
        self.stop()
        return tomllib.loads(self._path("world.toml").read_text(encoding="utf-8"))

    def verify(self) -> None:
        """Stops the mock, and checks that the requests were those that the scenario expects.

        Without a scenario any request is as expected.

        :raises UnexpectedRequests: an expectation was not used as often as it should be, or out of order, or a request
            came that the scenario refuses.
        """
        self.stop()
        if self._status == 1:
            raise UnexpectedRequests(self._said.splitlines())
        if self._status not in (None, 0):
            raise RuntimeError(f"mock-xend ended with status {self._status}: {self._said.strip()}")

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
        listening = ", ".join(self.uri(face) for face in self._addresses)
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

    def _end(self) -> None:
        """Waits for the end of the process, and keeps what it said."""
        assert self._process is not None and self._process.stdout is not None
        try:
            status = self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            status = self._process.wait()
        self._process.stdout.close()
        self._said = self.said
        self._status = status
