"""libvirt's test driver as an engine: test:///default, a host that libvirt simulates itself.

Install: apt-get install python3-libvirt
Run:     xend-harness test -- /usr/bin/python3 adapters/engines/libvirt_test.py

Each operation is the function of libvirt that does it; none is put together of several.
"""
from xml.sax.saxutils import escape

import libvirt

from engine import Refused, serve

STATES = {libvirt.VIR_DOMAIN_RUNNING: "running", libvirt.VIR_DOMAIN_BLOCKED: "running", libvirt.VIR_DOMAIN_PAUSED: "paused",
          libvirt.VIR_DOMAIN_SHUTDOWN: "ending", libvirt.VIR_DOMAIN_SHUTOFF: "halted", libvirt.VIR_DOMAIN_CRASHED: "crashed",
          libvirt.VIR_DOMAIN_PMSUSPENDED: "suspended"}


def refuses(call):
    """Makes a refusal of what libvirt raises: the driver lives in this process, so that no answer is lost."""
    def told(*args, **named):
        try:
            return call(*args, **named)
        except libvirt.libvirtError as error:
            raise Refused(error.get_error_message())
    return told


class Libvirt:
    name = "libvirt test driver"

    def __init__(self):
        libvirt.registerErrorHandler(lambda *_: None, None)
        self.connection = libvirt.open("test:///default")
        version = libvirt.getVersion()
        self.version = f"{version // 1000000}.{version // 1000 % 1000}.{version % 1000}"
        # The driver comes with a domain of its own.
        for domain in self.connection.listAllDomains():
            domain.destroy()
            domain.undefine()

    def xml(self, name, memory, vcpus):
        return (f"<domain type='test'><name>{escape(name)}</name><memory unit='MiB'>{memory}</memory>"
                f"<vcpu>{vcpus}</vcpu><os><type>hvm</type></os></domain>")

    def find(self, name):
        return self.connection.lookupByName(name)

    def names(self, flags):
        return sorted(domain.name() for domain in self.connection.listAllDomains(flags))

    @refuses
    def create(self, name, memory, vcpus):
        self.connection.createXML(self.xml(name, memory, vcpus), 0)

    @refuses
    def define(self, name, memory, vcpus):
        self.connection.defineXML(self.xml(name, memory, vcpus))

    @refuses
    def start(self, domain):
        self.find(domain).create()

    @refuses
    def list(self):
        return self.names(libvirt.VIR_CONNECT_LIST_DOMAINS_ACTIVE)

    @refuses
    def list_all(self):
        return self.names(0)

    @refuses
    def list_inactive(self):
        return self.names(libvirt.VIR_CONNECT_LIST_DOMAINS_INACTIVE)

    @refuses
    def info(self, domain):
        found = self.find(domain)
        state, _, memory, vcpus, _ = found.info()
        power = "suspended" if found.isPersistent() and found.hasManagedSaveImage() else STATES.get(state, "running")
        return {"name": found.name(), "uuid": found.UUIDString(), "memory": memory >> 10, "vcpus": vcpus, "power_state": power}

    @refuses
    def pause(self, domain):
        self.find(domain).suspend()

    @refuses
    def unpause(self, domain):
        self.find(domain).resume()

    @refuses
    def suspend(self, domain):
        self.find(domain).managedSave()

    @refuses
    def resume(self, domain):
        self.find(domain).create()

    @refuses
    def shutdown(self, domain, reason):
        self.find(domain).shutdown()

    @refuses
    def reboot(self, domain):
        self.find(domain).reboot()

    @refuses
    def destroy(self, domain):
        self.find(domain).destroy()

    @refuses
    def undefine(self, domain):
        self.find(domain).undefine()

    @refuses
    def set_memory(self, domain, memory):
        self.find(domain).setMemory(int(memory) << 10)

    @refuses
    def rename(self, domain, name):
        self.find(domain).rename(name)


serve(Libvirt())
