//! The operations on `/xend/domain` and on `/xend/domain/ID` (protocol reference §3.3), with their arguments.

use xend_wire::datum::Datum;
use xend_wire::sexpr::{self, Rules};
use xend_wire::{Error, ErrorKind, Limits, Release};

use super::resources::{Handler, Performed};
use crate::python;
use crate::world::{Command, Detail, Failure, Order, States};

/// All that a list with details shows.
pub(super) const LIST: Command = Command::Records { states: States::Usual, detail: Detail::Whole, order: Order::ById };

impl Handler<'_> {
    pub(super) fn domains_operation(&mut self, operation: &[u8]) -> Performed {
        Some(match operation {
            b"create" => self.create(),
            b"list" => self.service.perform(&LIST),
            _ => return None,
        })
    }

    pub(super) fn domain_operation(&mut self, id: u32, operation: &[u8]) -> Performed {
        let domain = Datum::from(id);
        if is_accepted(operation) {
            self.accept();
        }
        Some(match operation {
            b"pause" => self.service.perform(&Command::Pause { domain }),
            b"unpause" => self.service.perform(&Command::Unpause { domain }),
            b"vcpuinfo" => self.service.perform(&Command::Vcpus { domain }),
            b"destroy" => self.service.perform(&Command::Destroy { domain }),
            b"wait_for_devices" => self.service.perform(&Command::WaitForDevices { domain }),
            b"shutdown" => {
                let reason = self.first("reason");
                reason.and_then(|reason| self.service.perform(&Command::Shutdown { domain, reason }))
            }
            b"rename" => self.first("name").and_then(|name| self.service.perform(&Command::Rename { domain, name })),
            b"sysrq" => self.int("key").and_then(|key| self.service.perform(&Command::SysRq { domain, key })),
            b"mem_target_set" => {
                let target = self.int("target");
                target.and_then(|target| self.service.perform(&Command::SetMemoryTarget { domain, target }))
            }
            b"maxmem_set" => {
                let memory = self.int("memory");
                memory.and_then(|memory| self.service.perform(&Command::SetMaxMemory { domain, memory }))
            }
            b"set_vcpus" => {
                let vcpus = self.int("vcpus");
                vcpus.and_then(|vcpus| self.service.perform(&Command::SetVcpus { domain, vcpus }))
            }
            b"devices" => self.text("type").and_then(|class| self.service.perform(&Command::Devices { domain, class })),
            b"device_create" => {
                let config = self.sxpr("config");
                config.and_then(|config| self.service.perform(&Command::CreateDevice { domain, config }))
            }
            b"device_destroy" => self.device_destroy(domain),
            _ => return None,
        })
    }

    fn create(&mut self) -> Result<Datum, Failure> {
        let text = match self.request.fields.get("config") {
            Some([text, ..]) => text,
            _ => {
                let text = "Configuration error 'NoneType' object has no attribute '__getitem__'";
                return Err(Failure::refused(text));
            }
        };
        let config = match parse(text, self.release) {
            Ok(config) => config.ok_or_else(|| Failure::refused("Configuration error list index out of range"))?,
            Err(Raised { is_parse_error, text }) => {
                let prefix = if is_parse_error { "Invalid configuration " } else { "Configuration error " };
                return Err(Failure::refused([prefix.as_bytes(), &text].concat()));
            }
        };
        let created = self.service.perform(&Command::Create { config, detail: Detail::Whole });
        let record = created.map_err(|failure| {
            Failure::refused([b"Error creating domain: ".as_slice(), &failure.str(self.release)].concat())
        })?;
        let name = record.items().iter().find(|field| field.items().first() == Some(&"name".into()));
        let name = name.and_then(|field| field.items().get(1)).map(python::str).unwrap_or_default();
        let url = [self.url().as_slice(), b"/", &name].concat();
        self.reply = self.reply.clone().with_status(201, "created");
        self.reply.set_header("location", url.clone());
        if self.request.wants_sxp() {
            return Ok(record);
        }
        let link = [b"<p> Created <a href=\"".as_slice(), &url, b"\">Domain ", &name, b"</a></p>\n"].concat();
        Ok([link.as_slice(), b"<p><pre>\n", text, b"\n</pre></p>\n"].concat().into())
    }

    /// From 3.3 on two more arguments are needed.
    fn device_destroy(&self, domain: Datum) -> Result<Datum, Failure> {
        let (class, device) = (self.text("type")?, self.text("dev")?);
        if self.release >= Release::V3_4 {
            self.int("force")?;
            self.int("rm_cfg")?;
        }
        self.service.perform(&Command::DestroyDevice { domain, class, device, forget: false })
    }

    /// `acceptCommand`: 202 and a place to look, before anything is done.
    pub(super) fn accept(&mut self) {
        let url = [self.url().as_slice(), b"/.."].concat();
        self.reply = self.reply.clone().with_status(202, "Accepted");
        self.reply.set_header("location", url);
    }

    /// `req.args[name][0]`.
    fn first(&self, name: &str) -> Result<Vec<u8>, Failure> {
        let first = self.request.fields.get(name).and_then(<[_]>::first);
        first.cloned().ok_or_else(|| Failure::key_error(name))
    }

    /// An argument as `Args.py` takes it: exactly once.
    fn text(&self, name: &str) -> Result<Vec<u8>, Failure> {
        match self.request.fields.get(name) {
            Some([value]) => Ok(value.clone()),
            Some(_) => Err(Failure::exception(format!("Too many values for {name}"))),
            None => Err(Failure::exception(format!("Missing parameter: {name}"))),
        }
    }

    fn int(&self, name: &str) -> Result<Datum, Failure> {
        python::int(&self.text(name)?).map(Datum::Int).map_err(Failure::Exception)
    }

    fn sxpr(&self, name: &str) -> Result<Datum, Failure> {
        let text = self.text(name)?;
        let failed = |_| Failure::exception("Coercion to sxpr failed");
        parse(&text, self.release).map_err(failed)?.ok_or_else(|| Failure::exception(NO_VALUE))
    }
}

/// Whether an operation on a domain calls `acceptCommand` before it does anything (`server/SrvDomain.py`).
pub(super) fn is_accepted(operation: &[u8]) -> bool {
    const ACCEPTED: [&[u8]; 5] = [b"destroy", b"rename", b"shutdown", b"sysrq", b"wait_for_devices"];
    ACCEPTED.contains(&operation)
}

/// `len()` of the values of a document that has none, because its list never closes.
const NO_VALUE: &str = "object of type 'NoneType' has no len()";

/// What the daemon's parser raised.
struct Raised {
    is_parse_error: bool,
    text: Vec<u8>,
}

/// The first value of a text. There may be none.
fn parse(text: &[u8], release: Release) -> Result<Option<Datum>, Raised> {
    // Deeper than this Python's own recursion ends when the value is used.
    let limits = Limits { depth: 900, ..Limits::default() };
    let first = sexpr::parse_with(text, Rules::xend(release), &limits)
        .and_then(|document| document.first().map(Datum::from_sexpr).transpose());
    first.map_err(|error| raised(&error, text))
}

/// The exception of `sxp.py` (protocol reference §2.5).
fn raised(error: &Error, text: &[u8]) -> Raised {
    let (is_parse_error, text) = match error.kind() {
        ErrorKind::UnmatchedClose => (true, "syntax error: )".to_owned()),
        ErrorKind::UnexpectedEnd | ErrorKind::UnknownEscape => (true, "unexpected EOF".to_owned()),
        ErrorKind::InvalidCharacter => {
            let code = text.get(error.span().start).copied().unwrap_or_default();
            (true, format!("invalid character: code {code}"))
        }
        ErrorKind::OctalOutOfRange => {
            let escape = String::from_utf8_lossy(text.get(error.span()).unwrap_or_default());
            (true, format!("invalid octal escape: out of range {}", escape.trim_start_matches('\\')))
        }
        ErrorKind::DaemonNameError => (false, "global name 'buf' is not defined".to_owned()),
        ErrorKind::DaemonAttributeError => (false, "Parser instance has no attribute 'buf'".to_owned()),
        _ => (false, "maximum recursion depth exceeded".to_owned()),
    };
    Raised { is_parse_error, text: text.into_bytes() }
}
