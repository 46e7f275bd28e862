//! The data: what a Xend of many domains replies, made up from a seed, in the layouts that a decoder may meet.

use std::fmt::Write;

use fastrand::Rng;

/// A value as the daemon holds it. A domain is lists of a name and what belongs to it.
pub(crate) enum Datum {
    Int(i64),
    /// As its text.
    Double(String),
    Text(String),
    List(Vec<Datum>),
}

/// How XML-RPC is written. The default is the layout of Python's `xmlrpclib.dumps`, which is the daemon's.
#[derive(Clone, Copy, Default)]
pub(crate) struct Layout {
    /// Every tag on a line of its own but for those of a scalar, indented by two spaces a level.
    pub(crate) indented: bool,
    /// White space inside tags, an attribute in those of types, and empty elements.
    pub(crate) odd_tags: bool,
    /// An attribute in every start tag.
    pub(crate) attributes: bool,
    /// References in every text that is no number.
    pub(crate) references: bool,
    /// A domain is a struct, not a list of pairs.
    pub(crate) structs: bool,
}

/// A fault of the daemon, as most errors are.
pub(crate) fn fault() -> Vec<u8> {
    b"<?xml version='1.0'?>\n<methodResponse>\n<fault>\n<value><struct>\n<member>\n<name>faultCode</name>\n\
      <value><int>3</int></value>\n</member>\n<member>\n<name>faultString</name>\n\
      <value><string>nosuch</string></value>\n</member>\n</struct></value>\n</fault>\n</methodResponse>\n"
        .to_vec()
}

/// The same over S-expressions.
pub(crate) fn error() -> Vec<u8> {
    b"(xend.err 'Internal server error: no such domain: nosuch')".to_vec()
}

/// The reply to `xend.domains`, with detail.
pub(crate) fn domains(count: usize) -> Vec<Datum> {
    let mut rng = Rng::with_seed(0x0058_656E);
    (0..count).map(|number| domain(&mut rng, number)).collect()
}

fn domain(rng: &mut Rng, number: usize) -> Datum {
    let name = format!("customer-{number}-web-{}", rng.u32(..) % 1_000);
    let memory = 1 << rng.u32(6..14);
    let mut members = vec![
        text("domain"),
        pair("domid", int(number as i64 + 1)),
        pair("on_crash", text("restart")),
        pair("uuid", Datum::Text(uuid(rng))),
        pair("bootloader_args", text("")),
        pair("vcpus", int(rng.i64(1..9))),
        pair("vcpu_avail", int(rng.i64(1..256))),
        pair("cpus", text("")),
        pair("security_label", text("")),
        pair("cpu_weight", double(1.0)),
        pair("name", text(&name)),
        pair("on_poweroff", text("destroy")),
        pair("on_reboot", text("restart")),
        pair("bootloader", text("/usr/bin/pygrub")),
        pair("maxmem", int(memory * 2)),
        pair("memory", int(memory)),
        pair("shadow_memory", int(rng.i64(0..9))),
        pair("features", text("")),
        pair("image", image(rng)),
    ];
    for _ in 0..rng.u32(1..3) {
        members.push(pair(
            "device",
            list([
                text("vif"),
                pair("backend", int(0)),
                pair("script", text("vif-bridge")),
                pair("bridge", text("xenbr0")),
                pair("mac", Datum::Text(format!("00:16:3e:{:02x}:{:02x}:{:02x}", rng.u8(..), rng.u8(..), rng.u8(..)))),
            ]),
        ));
    }
    for letter in ["a", "b"].into_iter().take(rng.usize(1..3)) {
        members.push(pair(
            "device",
            list([
                text("vbd"),
                pair("backend", int(0)),
                pair("dev", Datum::Text(format!("sd{letter}1:disk"))),
                pair("uname", Datum::Text(format!("file:/var/lib/xen/images/{name}-{letter}.img"))),
                pair("mode", text("w")),
            ]),
        ));
    }
    members.extend([
        pair("state", text(rng.choice(["r-----", "-b----", "--p---"]).unwrap_or_default())),
        pair("shutdown_reason", text("poweroff")),
        pair("cpu_time", double(rng.f64() * 10_000.0)),
        pair("status", int(2)),
        pair("description", Datum::Text(format!("web server {number} of the customer, rack {}", rng.u8(..)))),
        pair("location", Datum::Text(format!("/local/domain/{}/vm/{}", number + 1, uuid(rng)))),
        pair("tags", text("production backup-nightly monitored")),
        pair("protocol", text("x86_64-abi")),
        pair("online_vcpus", int(rng.i64(1..9))),
        pair("up_time", Datum::Text(format!("{:.6}", rng.f64() * 1e6))),
        pair("start_time", Datum::Text(format!("{:.2}", 1.1e9 + rng.f64() * 1e8))),
        pair("store_mfn", int(rng.i64(1_000..1_000_000))),
        pair("console_mfn", int(rng.i64(1_000..1_000_000))),
    ]);
    Datum::List(members)
}

/// Kernel arguments are where quotes and markup come in.
fn image(rng: &mut Rng) -> Datum {
    let args = [
        "console=xvc0 xencons=tty ip=dhcp quiet",
        "console=tty0 title=\"a b\" ro single",
        "panic=30 motd='hello world' noapic",
        "clocksource=xen limit=a<b&c elevator=noop",
        "panic='1' root=\"/dev/sda1\" nosmp earlyprintk=xen",
    ];
    list([
        text("linux"),
        pair("kernel", Datum::Text(format!("/boot/vmlinuz-2.6.16-{}-xen", rng.u8(1..40)))),
        pair("ramdisk", Datum::Text(format!("/boot/initrd-2.6.16-{}-xen.img", rng.u8(1..40)))),
        pair("root", text("/dev/sda1 ro")),
        pair("args", text(rng.choice(args).unwrap_or_default())),
        pair("device_model", text("/usr/lib/xen/bin/qemu-dm")),
        pair("boot", text("c")),
        pair("keymap", text("en-us")),
        pair("serial", text("pty")),
        pair("acpi", int(1)),
        pair("apic", int(1)),
        pair("pae", int(1)),
        pair("usb", int(rng.i64(0..2))),
        pair("vnc", int(1)),
        pair("vncunused", int(1)),
        pair("sdl", int(0)),
        pair("localtime", int(0)),
        pair("rtc_timeoffset", int(rng.i64(0..3_600))),
        pair("timer_mode", int(rng.i64(0..4))),
        pair("hpet", int(0)),
    ])
}

fn uuid(rng: &mut Rng) -> String {
    let number = format!("{:032x}", rng.u128(..));
    [&number[..8], &number[8..12], &number[12..16], &number[16..20], &number[20..]].join("-")
}

fn int(number: i64) -> Datum {
    Datum::Int(number)
}

fn double(number: f64) -> Datum {
    Datum::Double(format!("{number:?}"))
}

fn text(text: &str) -> Datum {
    Datum::Text(text.to_owned())
}

fn list(items: impl IntoIterator<Item = Datum>) -> Datum {
    Datum::List(items.into_iter().collect())
}

fn pair(name: &str, value: Datum) -> Datum {
    list([text(name), value])
}

/// A `methodResponse` of an array of those values.
pub(crate) fn xml(values: &[Datum], layout: Layout) -> Vec<u8> {
    let mut xml = Xml { out: "<?xml version='1.0'?>\n".to_owned(), layout, level: 0 };
    for tag in ["methodResponse", "params", "param"] {
        xml.open(tag);
    }
    xml.array(values);
    for tag in ["param", "params", "methodResponse"] {
        xml.close(tag);
    }
    xml.out.into_bytes()
}

const ATTRIBUTE: &str = " xml:space=\"preserve\"";

struct Xml {
    out: String,
    layout: Layout,
    level: usize,
}

impl Xml {
    fn value(&mut self, value: &Datum) {
        match value {
            Datum::Int(number) => self.scalar("int", &number.to_string()),
            Datum::Double(number) => self.scalar("double", number),
            Datum::Text(text) => {
                let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
                if self.layout.references {
                    self.scalar("string", &format!("&#x41;{}&quot;", text.replace('-', "&#45;")));
                } else {
                    self.scalar("string", &text);
                }
            }
            Datum::List(items) if self.layout.structs && matches!(items[1], Datum::List(_)) => self.members(items),
            Datum::List(items) => self.array(items),
        }
    }

    fn array(&mut self, items: &[Datum]) {
        self.open_value("array");
        self.open("data");
        items.iter().for_each(|item| self.value(item));
        self.close("data");
        self.close_value("array");
    }

    /// The pairs of a list as members. What is no pair keeps its place.
    fn members(&mut self, items: &[Datum]) {
        self.open_value("struct");
        for (place, item) in items.iter().enumerate() {
            self.open("member");
            match item {
                Datum::List(pair) if pair.len() == 2 => {
                    if let Datum::Text(name) = &pair[0] {
                        self.name(name);
                    }
                    self.value(&pair[1]);
                }
                other => {
                    self.name(&place.to_string());
                    self.value(other);
                }
            }
            self.close("member");
        }
        self.close_value("struct");
    }

    fn name(&mut self, name: &str) {
        self.indent();
        writeln!(self.out, "<name>{name}</name>").expect("a String takes all");
    }

    fn scalar(&mut self, kind: &str, text: &str) {
        self.indent();
        let space = if self.layout.odd_tags { " " } else { "" };
        let attribute = if self.layout.odd_tags || self.layout.attributes { ATTRIBUTE } else { "" };
        let on_value = if self.layout.attributes { ATTRIBUTE } else { space };
        if self.layout.odd_tags && text.is_empty() {
            self.out.push_str("<value ><string/></value>\n");
        } else {
            writeln!(self.out, "<value{on_value}><{kind}{attribute}>{text}</{kind}{space}></value{space}>")
                .expect("a String takes all");
        }
    }

    /// Python writes a value and the container in it on one line.
    fn open_value(&mut self, container: &str) {
        if self.layout.indented {
            self.open("value");
            self.open(container);
        } else {
            self.tag("<value", ">");
            self.tag(&format!("<{container}"), ">");
            match container {
                "array" => {}
                _ => self.out.push('\n'),
            }
        }
    }

    fn close_value(&mut self, container: &str) {
        if self.layout.indented {
            self.close(container);
            self.close("value");
        } else {
            if container == "array" && self.out.ends_with("</data>\n") {
                self.out.pop();
            }
            self.tag(&format!("</{container}"), ">");
            self.tag("</value", ">\n");
        }
    }

    fn open(&mut self, tag: &str) {
        self.indent();
        self.tag(&format!("<{tag}"), ">\n");
        self.level += 1;
    }

    fn close(&mut self, tag: &str) {
        self.level -= 1;
        self.indent();
        self.tag(&format!("</{tag}"), ">\n");
    }

    fn tag(&mut self, tag: &str, end: &str) {
        self.out.push_str(tag);
        if self.layout.attributes && !tag.starts_with("</") {
            self.out.push_str(ATTRIBUTE);
        }
        if self.layout.odd_tags {
            self.out.push(' ');
        }
        self.out.push_str(end);
    }

    fn indent(&mut self) {
        if self.layout.indented {
            self.out.extend(std::iter::repeat_n("  ", self.level));
        }
    }
}

/// A list of those values, as the daemon's `sxp.show` writes it.
///
/// `quoted` puts double quotes around every atom, without which lexpr reads hardly any of it.
pub(crate) fn sxp(values: &[Datum], quoted: bool) -> Vec<u8> {
    let mut out = String::new();
    show_list(&mut out, values, quoted);
    out.into_bytes()
}

fn show(out: &mut String, value: &Datum, quoted: bool) {
    match value {
        Datum::List(items) => show_list(out, items, quoted),
        Datum::Int(number) => show_atom(out, &number.to_string(), quoted),
        Datum::Double(text) | Datum::Text(text) => show_atom(out, text, quoted),
    }
}

fn show_list(out: &mut String, items: &[Datum], quoted: bool) {
    out.push('(');
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push(' ');
        }
        show(out, item, quoted);
    }
    out.push(')');
}

fn show_atom(out: &mut String, atom: &str, quoted: bool) {
    let is_bare = atom.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_:/~".contains(&b));
    let quote = if quoted || atom.contains('\'') && !atom.contains('"') { '"' } else { '\'' };
    if is_bare && !quoted {
        out.push_str(atom);
    } else {
        out.push(quote);
        for c in atom.chars() {
            if c == quote {
                out.push('\\');
            }
            out.push(c);
        }
        out.push(quote);
    }
}
