//! What each operation needs, and what the daemon says otherwise (protocol reference §3.3, §3.5, §5.6, §6.3, §6.4).

use std::time::Duration;

use mock_xend::{Daemon, Face, Release};
use xend_wire::Releases;

use crate::peer::{NOW, builder, call, get, post, run, send};

/// One case a line: a range of releases, steps, and what comes of the last one.
///
/// A step is a call (`xend.domain.pause vm1`), a form posted to a path (`/xend/domain/vm1 op=pause`), a path that is read,
/// `new NAME` or `create NAME` (definition or domain with what it needs), `+N` seconds, or `guests ignore`. What comes of
/// it is `ok`, `fault CODE TEXT`, a part of a value or body, or a status with a part of the body; `silence` is no reply.
const CASES: &str = r#"
# Definitions.
3.1.. | new kept; xend.domain.start kept 0; xend.domain.start kept 0 | fault 2 Domain is already running
3.1.. | new kept; xend.domain.start kept 0; xend.domain.delete kept | fault 2 Domain is not halted.
3.1.. | new kept; xend.domain.delete kept; xend.domain kept | fault 3 kept
3.1.. | new kept; new kept | fault 2 VM name 'kept' already exists
3.1 | new kept; xend.domain.pause kept | fault 2 int() argument must be a string or a number, not 'NoneType'
3.2.. | new kept; xend.domain.pause kept | fault 2 Domain 'kept' is not started
3.2.. | new kept; xend.domain.unpause kept | fault 2 Domain 'kept' is not started
3.1.. | new kept; /xend/domain/kept op=pause | 500 (xend.err "int() argument must be a string or a number, not 'NoneType'")
3.1.. | new kept; /xend/domain/kept op=destroy | 500 (xend.err "int() argument must be a string or a number, not 'NoneType'")
3.1.. | new kept; xend.domain.destroy kept | ok
3.1.. | new kept; xend.domain.shutdown kept halt | fault 2 Domain cannot be shutdown
3.2.. | new kept; xend.domain.save kept /srv/x | fault 2 Domain is not running
3.1 | new kept; /xend/domain/kept op=save&file=/srv/x | silence
3.2.. | new kept; /xend/domain/kept op=save&file=/srv/x | silence
3.1.. | new kept; xend.domain.suspend kept | fault 2 Domain is not running
3.1.. | xend.domain.suspend vm1 | fault 2 Domain is not managed by Xend lifecycle support.
3.1..3.2 | xend.domain.suspend Domain-0 | fault 2 Cannot save privileged domain Domain-0
3.3.. | xend.domain.suspend Domain-0 | fault 2 Cannot suspend privileged domain Domain-0
3.1.. | xend.domain.resume vm1 0 | fault 2 Error occurred when resuming: Cannot resume domain that is not suspended.
3.1.. | new kept; xend.domain.start kept 0; xend.domain.suspend kept; xend.domain.resume kept 0; /xend/domain | (Domain-0 kept vm1)
3.1.. | new kept; xend.domain.start kept 0; xend.domain.suspend kept; /xend/domain?state=suspended | (kept)
3.1.. | new kept; /xend/domain?state=halted | (kept)
3.1.. | new kept; /xend/domain/kept | (status 0)
3.1.. | new kept; /xend/domain/kept op=start&paused=1; /xend/domain?state=running | (Domain-0 kept vm1)
3.1.. | new kept; xend.domain.start kept; /xend/domain?state=paused | (kept vm2)
3.1.. | new kept; xend.domain.start kept 0; xend.domain.destroy kept; /xend/domain?state=halted | (kept)
3.1.. | new kept; xend.domain.start kept 0; xend.domain.shutdown kept poweroff; /xend/domain?state=halted | (kept)
# What ends a domain, and what follows.
.. | xend.domain.shutdown vm1 poweroff; xend.domain vm1 | fault 3 vm1
.. | guests ignore; xend.domain.shutdown vm1 poweroff; +29; xend.domain vm1 | ok
..3.1 | guests ignore; xend.domain.shutdown vm1 poweroff; +30; xend.domain vm1 | fault 3 vm1
3.2.. | guests ignore; xend.domain.shutdown vm1 poweroff; +299; xend.domain vm1 | ok
3.2.. | guests ignore; xend.domain.shutdown vm1 poweroff; +300; xend.domain vm1 | fault 3 vm1
.. | +60; xend.domain.shutdown vm1 reboot; /xend/domain/vm1 | (domid 3)
3.0.3.. | xend.domain.getRestartCount vm1 | <string>0</string>
3.0.3.. | +60; xend.domain.shutdown vm1 reboot; xend.domain.getRestartCount vm1 | <string>1</string>
..3.0.3 | xend.domain.shutdown vm1 reboot; +19; xend.domain.shutdown vm1 reboot; xend.domain vm1 | fault 3 vm1
..3.1 | xend.domain.shutdown vm1 reboot; +20; xend.domain.shutdown vm1 reboot; xend.domain vm1 | ok
4.1.. | +59; xend.domain.shutdown vm1 reboot; xend.domain vm1 | fault 3 vm1
.. | xend.domain.shutdown vm2 poweroff; xend.domain vm2 | ok
.. | xend.domain.shutdown vm2 poweroff; xend.domain.unpause vm2; xend.domain vm2 | fault 3 vm2
# Pools of processors, as `XendCPUPool.pool_list` tells them and xm reads them.
4.1.. | xend.cpu_pool.list Pool-0 | <value><string>name_label</string></value><value><string>Pool-0</string></value>
4.1.. | xend.cpu_pool.list Pool-0 | <value><string>host_CPU_numbers</string></value><value><int>0</int></value><value><int>1</int></value>
4.1.. | xend.cpu_pool.list Pool-0 | <value><string>started_VM_names</string></value><value><string>Domain-0</string></value><value><string>vm1</string></value>
4.1.. | xend.cpu_pool.list Pool-0 | <value><string>auto_power_on</string></value><value><int>0</int></value>
4.1.. | xend.cpu_pool.list [7] | <value><array><data></data></array></value>
4.1.. | xend.cpu_pool.list nil: | fault 1 argument of type 'NoneType' is not iterable
# Files.
.. | xend.domain.save vm1 /srv/vm1.save; xend.domain vm1 | fault 3 vm1
.. | xend.domain.save vm1 /srv/vm1.save; xend.domain.restore /srv/vm1.save; /xend/domain/vm1 | (domid 3)
.. | xend.domain.save vm1 /srv/vm1.save; /xend/domain op=restore&file=/srv/vm1.save | 201
3.1.. | xend.domain.save vm1 /srv/vm1.save; new vm1; xend.domain.restore /srv/vm1.save | fault 2 VM name 'vm1' already exists
3.1.. | xend.domain.save vm1 /srv/vm1.save; /xend/domain op=new&config=(vm+(name+a)+(uuid+11111111-1111-1111-1111-111111111111)+(memory+64)+(vcpus+1)+(image+(linux+(kernel+/boot/vmlinuz)))); new vm1; xend.domain.restore /srv/vm1.save | fault 2 VM name 'vm1' already exists
.. | xend.domain.restore /srv/nothing-saved | fault 2 not a valid guest state file: signature read
.. | xend.domain.restore /nonexistent/x | fault 2 can't read guest state file /nonexistent/x: No such file or directory
.. | /xend/domain/vm1 op=save&file=/nonexistent/x | 202 (xend.err "can't write guest state file /nonexistent/x: No such file or directory")
3.1.. | xend.domain.save vm1 /srv/x 1; xend.domain vm1 | ok
3.1..3.3 | /xend/domain/vm1 op=dump&file=/srv/core&live=0&crash=0 | 202
3.4.. | /xend/domain/vm1 op=dump&file=/srv/core&live=0&crash=0 | 202 (xend.err 'Missing parameter: reset')
3.4.. | xend.domain.dump Domain-0 | fault 2 Cannot dump core for privileged domain Domain-0
..3.2 | xend.domain.migrate vm1 127.0.0.1 | fault 2 can't connect: Connection refused
..3.2 | xend.domain.migrate vm1 peer.example 0 0 9000; xend.domain vm1 | fault 3 vm1
3.3.. | xend.domain.migrate vm1 peer.example 0 9000; xend.domain vm1 | fault 3 vm1
3.3.. | xend.domain.migrate vm2 127.0.0.1 | fault 2 Domain is not running
..3.2 | xend.domain.migrate vm1 peer.example | fault 2 can't connect: Connection refused
3.3.. | xend.domain.migrate vm1 localhost | fault 2 can't connect: [Errno 111] Connection refused
..3.2 | xend.domain.migrate vm1 nobody.example | fault 2 can't connect: Name or service not known
3.3.. | xend.domain.migrate vm1 nobody.example | fault 2 can't connect: [Errno -2] Name or service not known
3.3.. | xend.domain.migrate vm1 300.1.1.1 | fault 2 can't connect: [Errno -2] Name or service not known
# Arguments over HTTP.
3.0.3.. | /xend/domain/Domain-0 op=pincpu&dom=99&vcpu=0&cpumap=0 | 500 (xend.err "<Fault 3: '99'>")
.. | /xend/domain/Domain-0 op=maxmem_set&dom=1&memory=200; /xend/domain/vm1 | (maxmem 200)
3.0.3.. | /xend/domain/vm1 op=maxmem_set&dom=1&dom=2&memory=200 | 500 (xend.err 'Too many values for dom')
3.0.3.. | /xend/domain/vm1 op=sysrq | 500 (xend.err "'key'")
3.0.3.. | /xend/domain/vm1 op=sysrq&key=300 | 500 (xend.err '300 is not convertible to a character')
.. | /xend/domain/vm1 op=migrate&destination=a&live=x | (xend.err
# Schedulers and CPUs.
3.0.3..3.4 | xend.domain.sched_credit_set vm1 0 0 | fault 2 weight is out of range
4.1.. | xend.domain.sched_credit_set vm1 0 0 | fault 2 Cpu weight out of range, valid values are within range from 1 to 65535
3.0.3.. | xend.domain.sched_credit_set vm1 512 50; /xend/domain/vm1 op=domain_sched_credit_get | "{'cap': 50, 'weight': 512}"
# The record of 3.1 tells what the configuration says.
3.1 | xend.domain.sched_credit_set vm1 512 50; /xend/domain/vm1 | (cpu_weight 256) (cpu_cap 0)
4.1.. | xend.domain.sched_credit_set vm1 512 50; /xend/domain/vm1 | (cpu_weight 512) (cpu_cap 50)
3.1 | xend.domain.sched_credit_set vm1 512 50; +60; xend.domain.shutdown vm1 reboot; /xend/domain/vm1 op=domain_sched_credit_get | "{'cap': 0, 'weight': 256}"
# In 3.1 the maximum of a running domain is not checked, until the daemon looks at the domain again.
3.1 | xend.domain.maxmem_set vm1 32 | ok
3.1 | xend.domain.maxmem_set vm1 32; xend.domain vm1 | fault 2 memory_dynamic_max must be less than or equal to memory_static_max
3.1 | xend.domain.maxmem_set vm1 32; xend.domain vm2 | fault 2 memory_dynamic_max must be less than or equal to memory_static_max
3.1 | xend.domain.maxmem_set vm1 32; xend.domains 1 | fault 2 memory_dynamic_max must be less than or equal to memory_static_max
3.1 | /xend/domain/vm1 op=maxmem_set&memory=32; create other | fault 2 Invalid Configuration: memory_dynamic_max must be less than or equal to memory_static_max
3.1 | /xend/domain/vm1 op=maxmem_set&memory=32; /xend/domain/vm1 | 404 Invalid Configuration: memory_dynamic_max must be less than or equal to memory_static_max
3.1 | xend.domain.maxmem_set vm1 32; /xend/node | (node
3.2.. | xend.domain.maxmem_set vm1 32 | fault 2 memory_dynamic_max must be less than or equal to memory_static_max
4.1.. | /xend/domain/vm1 op=pincpu&vcpu=0&cpumap=0; /xend/domain/vm1 | (cpus ((0)))
4.1.. | /xend/domain/vm1 op=pincpu&vcpu=all&cpumap=1; /xend/domain/vm1 op=vcpuinfo | (cpumap (1))
..3.4 | /xend/domain/vm1 op=pincpu&vcpu=0&cpumap=1; /xend/domain/vm1 op=vcpuinfo | (cpumap (0 1))
..3.0.3 | xend.domain.pincpu vm1 7 [1] | fault 2 (22, 'Invalid argument')
3.1..3.4 | xend.domain.pincpu vm1 7 [1] | fault 2 Cannot pin vcpu: 7 to cpu: [1] - (22, 'Invalid argument')
3.1..3.4 | xend.domain.pincpu vm1 0 [99] | fault 2 Cannot pin vcpu: 0 to cpu: [99] - (22, 'Invalid argument')
.. | xend.domain.pincpu vm1 0 [99]; /xend/domain/vm1 op=vcpuinfo | (cpumap (0 1))
..3.3 | xend.domain.pincpu vm1 0 5 | fault 1 'int' object is not iterable
3.4 | xend.domain.pincpu vm1 0 5 | fault 2 Cannot pin vcpu: 0 to cpu: 5 - 'int' object is not iterable
# From 4.1 on the list is a text (protocol reference §4.4), which is split before anything else.
4.1.. | xend.domain.pincpu vm1 0 5 | fault 1 'int' object has no attribute 'split'
4.1.. | /xend/domain/vm1 op=pincpu&vcpu=7&cpumap=1 | 500 (xend.err "Cannot pin vcpu: 7 to cpu: [1] - (22, 'Invalid argument')")
3.1..3.2 | new kept; xend.domain.pincpu kept 0 [0] | fault 2 Cannot pin vcpu: 0 to cpu: [0] - an integer is required
3.1..3.2 | new kept; xend.domain.getVCPUInfo kept | fault 1 an integer is required
3.3.. | new kept; /xend/domain/kept op=vcpuinfo | (online 0) (blocked 0) (running 0) (cpu_time 0.0) (cpu -1) (cpumap (0 1 2
3.1.. | /xend/domain/vm2 op=vcpuinfo | (blocked 0)
..3.0.3 | /xend/domain/vm2 op=vcpuinfo | (blocked 1)
3.1..3.2 | new kept; xend.domain.sched_credit_get kept | fault 2 an integer is required
3.3.. | new kept; /xend/domain/kept op=domain_sched_credit_get | "{'cap': 0, 'weight': 256}"
3.1.. | new kept; xend.domain.cpu_sedf_get kept | fault 2 an integer is required
3.1.. | new kept; /xend/domain/kept op=maxmem_set&memory=64; /xend/domain/kept | (maxmem 64)
3.1 | /xend/domain/vm1 op=domain_sched_credit_set&weight=512&cap=900 | 200 0
3.2..3.4 | /xend/domain/vm1 op=domain_sched_credit_set&weight=512&cap=900 | 500 (xend.err 'cap is out of range')
3.0.3..3.4 | xend.domain.sched_credit_set vm1 heavy 0 | fault 2 weight is out of range
3.1.. | /xend/domain/Domain-0 op=maxmem_set&dom=vm1&memory=200; /xend/domain/vm1 | (maxmem 200)
# Devices.
.. | xend.domain.destroyDevice vm1 vbd sda1; xend.domain.destroyDevice vm1 vbd 2049 | fault 2 Device 2049 not connected
.. | xend.domain.destroyDevice vm1 vbd 99 | fault 2 Device 99 not connected
3.3.. | xend.domain.destroyDevice vm1 vbd 99 0 1 | fault 2 Device 99 is not defined
..3.1 | xend.domain.destroyDevice vm1 vbd zzz | fault 2 Device zzz not connected
3.2..3.3 | xend.domain.destroyDevice vm1 vbd zzz | fault 1 %d format: a number is required, not NoneType
3.4.. | xend.domain.destroyDevice vm1 vbd zzz | fault 2 Device None not connected
.. | xend.domain.destroyDevice vm1 vif zzz | fault 1 invalid literal for int() with base 10: 'zzz'
3.2.. | xend.domain.getBlockDeviceClass vm1 sda1 | <string>vbd</string>
..3.1 | /xend/domain/vm1 op=device_create&config=(vbd+(uname+phy:x)+(dev+sda1)) | Device sda1 (2049, vbd) is already connected.
3.4.. | /xend/domain/vm1 op=device_create&config=(vbd+(uname+phy:x)+(dev+sda1)) | The device "sda1" is already defined
3.4.. | /xend/domain/vm1 op=device_create&config=(vbd+(uname+phy:vg/vm1)+(dev+sdb1)) | The file "/dev/vg/vm1" is already used
3.3.. | xend.domain.destroyDevice vm1 vbd sdz9 | fault 2 Device 16793 not connected
..3.1 | xend.domain.destroyDevice vm1 vbd sdz9 | fault 2 Device sdz9 not connected
.. | xend.domain.destroyDevice vm1 vif 9 | fault 2 Device 9 not connected
# What Python makes of a value of another type in each place.
.. | xend.domain.destroyDevice vm1 vbd double:2049.0; /xend/domain/vm1 | (device
.. | xend.domain.destroyDevice vm1 vbd nil: | fault 1 int() argument must be a string or a number, not 'NoneType'
.. | xend.domain.destroyDevice vm1 vbd [1] | fault 1 int() argument must be a string or a number, not 'list'
.. | xend.domain.destroyDevice vm1 vbd base64:c2RhMQ== | fault 1 Binary instance has no attribute '__trunc__'
.. | xend.domain.destroyDevice vm1 [1] sda1 | fault 1 unhashable type: 'list'
.. | xend.domain.destroyDevice vm1 base64:dmJk sda1 | fault 1 unhashable instance
.. | xend.domain.destroyDevice nobody [1] sda1 | fault 3 nobody
.. | xend.domain.getDeviceSxprs vm1 [1] | fault 1 unhashable type: 'list'
3.2.. | xend.domain.getBlockDeviceClass vm1 nil: | fault 1 int() argument must be a string or a number, not 'NoneType'
3.2.. | xend.domain.getBlockDeviceClass vm1 double:2049.5 | <string>vbd</string>
3.1.. | xend.domain.send_trigger vm1 nil: | fault 1 'NoneType' object has no attribute 'lower'
3.1.. | xend.domain.send_trigger vm1 base64:bm1p | fault 1 Binary instance has no attribute 'lower'
3.1.. | xend.domain.send_trigger vm1 NMI | ok
3.1..3.4 | xend.domain.device_create vm1 x; /xend/domain/vm1 op=device_configure&config=(vbd+(dev+sda1))&dev=5 | 500 (xend.err "Refusing to reconfigure device vbd:2049 to {'dev': 'sda1'}")
3.0.2 | /xend/domain/vm1 op=device_configure&config=(vbd+(dev+sda1))&dev=2049 | 200 (xend.err 'vbd devices may not be reconfigured')
3.1.. | /xend/domain/vm1 op=device_configure&config=(vbd+(dev+sda1))&dev=2049 | 500 (xend.err "Refusing to reconfigure device vbd:2049 to {'dev': 'sda1'}")
3.1..3.4 | /xend/domain/vm1 op=device_configure&config=(vbd+(dev+sda1))&dev=sda1 | 500 (xend.err "Refusing to reconfigure device vbd:2049 to {'dev': 'sda1'}")
4.1.. | /xend/domain/vm1 op=device_configure&config=(vbd+(dev+sda1))&dev=sda1 | 500 (xend.err 'Device sda1 not connected')
3.1.. | xend.domain.device_create vm1 x | fault
3.1.. | /xend/domain/vm1 op=device_create&config=(vbd+(dev+hdc:cdrom)+(uname+phy:a)+(mode+r)); /xend/domain/vm1 op=device_configure&config=(vbd+(dev+hdc:cdrom)+(uname+phy:b)+(mode+r))&dev=5632; /xend/domain/vm1 | (uname phy:b)
# Restarts, triggers, keys and hosts.
3.1..3.4 | xend.domain.shutdown vm1 reboot; xend.domain.shutdown vm1 reboot; /xend/domain/vm1 | (domid 4)
4.1.. | xend.domain.shutdown vm1 reboot; xend.domain vm1 | fault 3 vm1
..3.0.3 | xend.domain.shutdown vm1 reboot; xend.domain.shutdown vm1 reboot; xend.domain vm1 | fault 3 vm1
3.1 | xend.domain.send_trigger vm1 bogus | fault 1 __init__() takes exactly 2 arguments (3 given)
3.2.. | xend.domain.send_trigger vm1 bogus | fault 2 Invalid trigger: bogus
..3.1 | xend.domain.save vm2 /srv/x | ok
4.1.. | xend.domain.setName vm1 | fault 1 setName() takes at least 2 arguments (1 given)
..3.4 | xend.domain.setName vm1 | fault 1 setName() takes exactly 2 arguments (1 given)
4.1.. | xend.node.info | cpu_topology
4.1.. | xend.node.info 1 | numa_info
# No policy and no flags, which xm prints as `No policy is installed.`
3.2.. | xend.security.get_policy | <params><param><value><array><data><value><string></string></value><value><int>0</int></value></data></array></value></param></params>
# Numbers that are larger than anything.
..3.3 | xend.domain.setVCpuCount vm1 2000000000 | fault 1
3.4.. | xend.domain.setVCpuCount vm1 2000000000 | fault 2 Cannot set vcpus greater than max vcpus on running domain
# Values of other types than are meant.
.. | xend.domain dateTime:20080101T00:00:00 | fault 1 DateTime instance has no attribute '__trunc__'
.. | xend.domain base64:dm0x | ok
.. | xend.domain base64:dm05 | fault 1 Binary instance has no attribute '__trunc__'
.. | xend.domain double:1.5 | ok
.. | xend.domain nil: | fault 1 int() argument must be a string or a number, not 'NoneType'
.. | system.methodHelp dateTime:20080101T00:00:00 | fault 1 unhashable instance
.. | system.methodHelp [1] | fault 1 unhashable type: 'list'
.. | xend.domain.send_sysrq vm1 base64:dm0x | fault 1 vm1 is not convertible to a character
3.1.. | xend.domain.suspend 64 | fault 3 int 64
3.1.. | xend.domain.suspend nosuch | fault 3 nosuch
3.1.. | xend.domain.resume 64 0 | fault 2 Error occurred when resuming: &lt;Fault 3: 64&gt;
.. | xend.domain.unpause vm2; xend.domain.migrate vm2 [1] 0 | fault 1 coercing to Unicode: need string or buffer, list found
3.3.. | xend.domain.migrate vm1 peer.example 0 9000x | fault 1 an integer is required
3.3.. | xend.domain.migrate vm1 peer.example 0 70000 | fault 1 getsockaddrarg: port must be 0-65535.
3.1.. | xend.domain.setVCpuCount vm1 dateTime:20080101T00:00:00 | fault 1 Can't compare DateTime and int
3.1..3.3 | xend.domain.setVCpuCount vm1 nil: | fault 2 Invalid VCPUs
3.1.. | xend.domain.setMemoryTarget vm1 nil: | fault 1 unsupported operand type(s) for *: 'NoneType' and 'int'
3.0.3 | xend.domain.setMemoryTarget vm1 nil: | fault 2 Invalid memory size
..3.0.3 | xend.domain.setName vm1 5 | fault 1 'int' object is not iterable
3.1.. | xend.domain.setName vm1 5 | fault 1 expected string or buffer
.. | xend.domain.save vm1 5 | fault 1 coercing to Unicode: need string or buffer, int found
..3.3 | xend.domain.setVCpuCount vm1 two | fault 1 unsupported operand type(s) for &lt;&lt;: 'int' and 'str'
..3.0.3 | xend.domain.setVCpuCount vm1 -1 | fault 1 negative shift count
.. | xend.domain.maxmem_set vm1 many | fault 1 invalid literal for int() with base 10: 'many'
# What only scripts can answer.
3.2.. | xend.security.set_policy 1 2 3 4 | fault 2 xend.security.set_policy is not simulated
.. | xend.domain.configure x | fault 2 Unsupported
"#;

#[test]
fn operations_have_the_guards_of_each_release() {
    let mut failures = Vec::new();
    for (line, case) in CASES.lines().enumerate().filter(|(_, case)| !case.is_empty() && !case.starts_with('#')) {
        let parts: Vec<_> = case.split(" | ").collect();
        let [releases, steps, expected] = parts[..] else { panic!("line {line} has not three parts: {case}") };
        let releases: Releases = releases.parse().expect("a range of releases");
        for release in Release::ALL.iter().copied().filter(|release| releases.contains(*release)) {
            let daemon = builder(release).build().expect("nothing conflicts");
            daemon.with_world(|world| world.peers.push("peer.example:9000".to_owned()));
            let outcome = steps.split("; ").map(|step| perform(&daemon, step)).last().expect("a step");
            let is_met = match expected.split_once(' ') {
                Some((status, text)) if status.parse::<u16>().is_ok() => {
                    outcome.starts_with(status) && outcome.contains(text)
                }
                _ if expected.starts_with("fault ") => outcome.starts_with(expected),
                _ if expected == "ok" => !outcome.starts_with("fault") && !outcome.contains("xend.err"),
                // A value of XML-RPC has a line for each of its parts.
                _ => outcome.replace('\n', "").contains(expected),
            };
            if !is_met {
                failures.push(format!("{release}: {case}\n    got {outcome}"));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// What comes of a step: `fault CODE TEXT`, `STATUS BODY`, or `silence`.
fn perform(daemon: &Daemon, step: &str) -> String {
    let words: Vec<_> = step.split(' ').collect();
    let (face, request) = match words[..] {
        ["guests", "ignore"] => {
            daemon.with_world(|world| world.guest_delay = None);
            return String::new();
        }
        [seconds] if seconds.starts_with('+') => {
            daemon.advance(Duration::from_secs(seconds[1..].parse().expect("seconds")));
            assert!(daemon.now() > NOW);
            return String::new();
        }
        [operation @ ("new" | "create"), name] => {
            let image = "(image+(linux+(kernel+/boot/vmlinuz)))";
            let config = format!("(vm+(name+{name})+(memory+32)+(vcpus+1)+{image})");
            (Face::Sxp, post("/xend/domain", &format!("op={operation}&config={config}")))
        }
        [path] if path.starts_with('/') => (Face::Sxp, get(path)),
        [path, form] if path.starts_with('/') => (Face::Sxp, post(path, form)),
        [method, ref params @ ..] => (Face::XmlRpc, call(method, params)),
        [] => panic!("a step is not empty"),
    };
    let (reply, _) = run(send(daemon, face, &[&request]));
    let Some((head, body)) = reply.split_once("\r\n\r\n") else { return "silence".to_owned() };
    if face == Face::Sxp {
        let status = head.split(' ').nth(1).unwrap_or_default();
        // How a definition fails is of interest, not that it was made over HTTP.
        return match body.split_once("Error creating domain: ") {
            Some((_, text)) => format!("fault 2 {text}"),
            None => format!("{status} {body}"),
        };
    }
    if body.contains("<fault>") {
        let (code, rest) = body.split_once("</int>").unwrap_or_default();
        let code = code.rsplit("<int>").next().unwrap_or_default();
        // The string of a fault about a number is a number.
        let text = rest.split_once("<name>faultString</name>").map_or("", |(_, value)| value);
        let text = text.trim_start().strip_prefix("<value><").and_then(|value| value.split_once("</"));
        match text.and_then(|(value, _)| value.split_once('>')) {
            Some(("string", text)) => format!("fault {code} {text}"),
            Some((kind, text)) => format!("fault {code} {kind} {text}"),
            None => format!("fault {code}"),
        }
    } else {
        format!("200 {body}")
    }
}
