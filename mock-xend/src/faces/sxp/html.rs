//! The HTML pages for browsers (captures `html-*`). Several of them are as broken as the daemon's.

use std::sync::Arc;

use xend_wire::Release;
use xend_wire::datum::Datum;

use super::page::Page;
use crate::python;
use crate::world::Domain;

const BEGIN: &str = "<html><head></head><body>";
const END: &str = "</body></html>";

impl Page<'_> {
    /// Writes a page with the value that a handler returns, after anything that the handler has written.
    pub(super) fn html_result(&mut self, value: &Datum) {
        self.begin();
        if matches!(value, Datum::List(_)) {
            // The daemon's module does not import the pretty-printer (protocol reference §1.5).
            self.write("<code><pre>");
            return self.broken();
        }
        self.write(python::str(value));
        self.write(END);
    }

    /// Writes the page of the hypervisor's messages (`SrvDmesg.py`).
    pub(super) fn html_messages(&mut self, messages: &[u8]) {
        self.begin();
        self.write("<pre>");
        self.write(messages);
        self.write("</pre>");
        self.write(END);
    }

    pub(super) fn html_directory(&mut self, children: &[&str]) {
        self.begin();
        self.list(children);
        self.write(END);
    }

    pub(super) fn html_node(&mut self, pairs: &Datum) {
        self.begin();
        self.write("<ul>");
        for pair in pairs.items() {
            if let [name, value] = pair.items() {
                let name = String::from_utf8_lossy(&python::str(name)).into_owned();
                self.write(format!("<li> {name:>10}: "));
                self.write(python::str(value));
            }
        }
        for (page, title) in [("dmesg", "Xen dmesg output"), ("log", "Xend log")] {
            self.write("<li>");
            self.link(page, title);
        }
        self.write("</ul>");
        self.write(END);
    }

    pub(super) fn html_domains(&mut self, domains: &[Arc<Domain>]) {
        self.begin();
        self.list(&[]);
        self.write("<ul>");
        if self.release == Release::V3_0_3 {
            // The daemon calls a method that no longer exists.
            return self.broken();
        }
        for domain in domains {
            self.write("<li>");
            self.link(&domain.name, &format!("Domain {}", domain.name));
            self.write(format!(
                ": id = {}, memory = {}",
                python::text(&domain.domid()),
                domain.memory.saturating_mul(1024)
            ));
            if self.release == Release::V3_0_2 {
                self.write(", ssidref = 0.");
            }
            self.write("</li>");
        }
        self.write("</ul>");
        self.upload_form("create", "Create Domain", "Config <input type=\"file\" name=\"config\"><br>");
        self.upload_form("restore", "Restore Domain", "State <input type=\"string\" name=\"state\"><br>");
        self.write(END);
    }

    pub(super) fn html_domain(&mut self, domain: &Domain) {
        let id = python::text(&domain.domid());
        self.begin();
        self.write(match self.release {
            Release::V3_0_2 => {
                format!("<p><domain id={id} name={} memory={} ssidref=0></p>", domain.name, domain.memory)
            }
            Release::V3_0_3 => format!("<p><domain id={id} name={} memory={}></p>", domain.name, domain.memory),
            _ => {
                let (bytes, state) =
                    (domain.memory.saturating_mul(1 << 20), domain.power_state().as_str().to_ascii_lowercase());
                format!("<p><domain id={id} name={} memory={bytes} state={state}></p>", domain.name)
            }
        });
        self.form(&[submit("unpause"), submit("pause")].concat());
        self.form(&submit("destroy"));
        if self.release >= Release::V3_3 {
            self.form(&submit("reset"));
        }
        let reasons = "<input type=\"radio\" name=\"reason\" value=\"poweroff\" checked>Poweroff\
            <input type=\"radio\" name=\"reason\" value=\"halt\">Halt\
            <input type=\"radio\" name=\"reason\" value=\"reboot\">Reboot";
        self.form(&[&submit("shutdown"), reasons].concat());
        self.form(&["<br>", &submit("save"), " To file: <input type=\"text\" name=\"file\">"].concat());
        let migrate = " To host: <input type=\"text\" name=\"destination\">\
            <input type=\"checkbox\" name=\"live\" value=\"1\">Live";
        self.form(&["<br>", &submit("migrate"), migrate].concat());
        self.write(END);
    }

    pub(super) fn html_vnets(&mut self) {
        self.begin();
        self.list(&[]);
        self.write("<ul></ul>");
        self.upload_form("create", "Create Vnet", "Config <input type=\"file\" name=\"config\"><br>");
        self.write(END);
    }

    /// Writes the head of a page, with a link to each element of the path.
    fn begin(&mut self) {
        self.write(BEGIN);
        self.write("<h1><a href=\"/\">/</a>");
        let mut path = b"/".to_vec();
        for name in self.request.path.names() {
            path.extend_from_slice(name);
            path.push(b'/');
            self.write([b" <a href=\"".as_slice(), &path, b"\">", name, b"</a>/"].concat());
        }
        self.write("</h1>");
    }

    fn list(&mut self, children: &[&str]) {
        self.write("<ul>");
        for child in children {
            self.write("<li>");
            self.link(child, child);
            self.write("</li>");
        }
        self.write("</ul>");
    }

    fn link(&mut self, child: &str, title: &str) {
        let mut url = self.url();
        if !url.ends_with(b"/") {
            url.push(b'/');
        }
        self.write([b"<a href=\"".as_slice(), &url, child.as_bytes(), b"\">", title.as_bytes(), b"</a>"].concat());
    }

    fn form(&mut self, content: &str) {
        let open = [b"<form method=\"post\" action=\"".as_slice(), &self.url(), b"\">"].concat();
        self.write(open);
        self.write(content);
        self.write("</form>");
    }

    fn upload_form(&mut self, operation: &str, title: &str, content: &str) {
        let open = [b"<form method=\"post\" action=\"".as_slice(), &self.url(), b"\" enctype=\"multipart/form-data\">"];
        self.write(open.concat());
        self.write(format!("<button type=\"submit\" name=\"op\" value=\"{operation}\">{title}</button>"));
        self.write(content);
        self.write("</form>");
    }

    fn write(&mut self, text: impl AsRef<[u8]>) {
        self.reply.body.extend_from_slice(text.as_ref());
    }
}

fn submit(operation: &str) -> String {
    format!("<input type=\"submit\" name=\"op\" value=\"{operation}\">")
}
