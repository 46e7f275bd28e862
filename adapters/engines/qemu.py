"""QEMU as an engine: a process for each domain, controlled over QMP. No guest runs in it.

Install: apt-get install qemu-system-x86
Run:     xend-harness test -- python3 adapters/engines/qemu.py

QEMU knows one domain each, so that the adapter keeps which name has which process. What QEMU lacks is not made up:
there are no definitions without a process, and a name is not changed.
"""
import atexit
import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
import uuid

from engine import Refused, serve

PROGRAM = os.environ.get("QEMU", "qemu-system-x86_64")
PATIENCE = 10
STATES = {"prelaunch": "paused", "paused": "paused", "running": "running", "shutdown": "halted",
          "suspended": "suspended", "guest-panicked": "crashed", "internal-error": "crashed"}


class Domain:
    """One process, and the connection to its monitor."""

    made = 0

    def __init__(self, folder, name, memory, vcpus):
        Domain.made += 1
        path = os.path.join(folder, f"{Domain.made}.qmp")
        words = [PROGRAM, "-machine", "pc,accel=tcg", "-m", memory, "-smp", vcpus, "-nodefaults", "-display", "none", "-S",
                 "-name", name, "-uuid", str(uuid.uuid4()), "-qmp", f"unix:{path},server=on,wait=off"]
        self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            self.connect(path)
        except OSError:
            self.process.kill()
            raise Refused(self.process.communicate()[1].decode("utf-8", "replace").strip() or "QEMU does not start")

    def connect(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(PATIENCE)
        while True:
            try:
                self.socket.connect(path)
                break
            except OSError:
                # It listens a moment after it was started, or ends because it refuses.
                try:
                    self.process.wait(timeout=0.02)
                    raise
                except subprocess.TimeoutExpired:
                    pass
        self.lines = self.socket.makefile("rb")
        self.lines.readline()
        self.ask("qmp_capabilities")

    def ask(self, command, **arguments):
        self.socket.sendall(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")
        for line in self.lines:
            reply = json.loads(line)
            if "error" in reply:
                raise Refused(reply["error"]["desc"])
            if "return" in reply:
                return reply["return"]
        raise ConnectionError("the monitor was closed")

    def end(self):
        self.process.kill()
        self.process.communicate()


class Qemu:
    name = "QEMU"

    def __init__(self):
        self.domains = {}
        self.folder = tempfile.mkdtemp()
        self.version = re.search(r"version (\S+)", subprocess.run([PROGRAM, "--version"], capture_output=True, text=True, check=True).stdout)[1]
        atexit.register(self.close)

    def close(self):
        for domain in self.domains.values():
            domain.end()
        shutil.rmtree(self.folder, ignore_errors=True)

    def find(self, name):
        if name not in self.domains:
            raise Refused(f"no process has the name {name}")
        return self.domains[name]

    def create(self, name, memory, vcpus):
        # The adapter finds a process by its name, so that a second one of that name would be lost. QEMU itself allows it.
        if name in self.domains:
            raise Refused(f"the adapter has a process for {name}")
        self.domains[name] = Domain(self.folder, name, memory, vcpus)

    def list(self):
        return [name for name in self.list_all() if self.state(name) == "running"]

    def list_all(self):
        return sorted(self.domains)

    def state(self, name):
        status = self.find(name).ask("query-status")["status"]
        return STATES.get(status, "ending")

    def info(self, domain):
        found = self.find(domain)
        memory = found.ask("query-memory-size-summary")["base-memory"] >> 20
        return {"name": found.ask("query-name")["name"], "uuid": found.ask("query-uuid")["UUID"], "memory": memory,
                "power_state": self.state(domain), "vcpus": len(found.ask("query-cpus-fast"))}

    def pause(self, domain):
        self.find(domain).ask("stop")

    def unpause(self, domain):
        self.find(domain).ask("cont")

    def shutdown(self, domain, reason):
        self.find(domain).ask("system_powerdown")

    def reboot(self, domain):
        self.find(domain).ask("system_reset")

    def destroy(self, domain):
        found = self.find(domain)
        found.ask("quit")
        found.process.wait(timeout=PATIENCE)
        found.end()
        del self.domains[domain]

    def set_memory(self, domain, memory):
        self.find(domain).ask("balloon", value=int(memory) << 20)


serve(Qemu())
