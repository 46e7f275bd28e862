//! The contenders: xend-wire, its peers, and the bounds of what is possible.

use std::cell::RefCell;
use std::error::Error;
use std::hint::black_box;
use std::io::Cursor;

use dxr::TryFromValue;
use quick_xml::events::Event;
use xend_client::Domain;
use xend_wire::http::Reply;
use xend_wire::operation::{self, Face};
use xend_wire::{Limits, Release, sexpr, xmlrpc};

use crate::task::Task;
use crate::typed;

/// One pass over the input. It frees what it makes.
pub(crate) type Work<'i> = Box<dyn Fn() -> Result<(), Box<dyn Error>> + 'i>;

type Prepare = for<'i> fn(&'i [u8]) -> Result<Work<'i>, Box<dyn Error>>;

/// Somebody who can do a task.
pub(crate) struct Contender {
    pub(crate) name: &'static str,
    /// Reads the document, and prepares the values where they are to be written.
    pub(crate) prepare: Prepare,
}

/// Who is measured against the others; the first contender of every task.
pub(crate) const OURS: &str = "xend-wire";

impl Task {
    pub(crate) fn contenders(self) -> Vec<Contender> {
        let contenders: &[(&'static str, Prepare)] = match self {
            Self::XmlrpcDecode => &[
                (OURS, |xml| work(move || xmlrpc::decode_response(xml, xmlrpc::Rules::spec(), &Limits::default()))),
                ("xend-wire, owned tree", |xml| {
                    work(move || {
                        xmlrpc::decode_response(xml, xmlrpc::Rules::spec(), &Limits::default()).map(|response| {
                            match response {
                                xmlrpc::Response::Success(document) => document.value().to_value(),
                                xmlrpc::Response::Fault(fault) => fault.value().to_value(),
                            }
                        })
                    })
                }),
                ("xend-wire, rules of Xend 4.1", |xml| {
                    let rules = xmlrpc::Rules::xend(xend_wire::Release::V4_1);
                    work(move || xmlrpc::decode_response(xml, rules, &Limits::default()))
                }),
                ("memchr: every `<`", |xml| {
                    work(move || ok(memchr::memchr_iter(b'<', xml).fold(0, |sum, at| sum ^ at)))
                }),
                ("quick-xml: events", |xml| work(move || events(xml))),
                ("roxmltree", |xml| {
                    let xml = str::from_utf8(xml)?;
                    work(move || roxmltree::Document::parse(xml))
                }),
                ("dxr", |xml| {
                    let xml = str::from_utf8(xml)?;
                    if is_fault(xml) {
                        work(move || dxr::FaultResponse::from_xml(xml))
                    } else {
                        work(move || dxr::MethodResponse::from_xml(xml))
                    }
                }),
                ("serde_xmlrpc", |xml| {
                    let xml = str::from_utf8(xml)?;
                    work(move || match serde_xmlrpc::response_from_str::<serde_xmlrpc::Value>(xml) {
                        // The fault of the document comes back as an error.
                        Err(serde_xmlrpc::Error::Fault(_)) if is_fault(xml) => Ok(None),
                        result => result.map(Some),
                    })
                }),
                ("xmlrpc", |xml| {
                    let is_fault = xml.windows(7).any(|piece| piece == b"<fault>");
                    work(move || match xmlrpc_peer::Request::new("m").call(Canned(xml)) {
                        Err(error) if is_fault && error.fault().is_some() => Ok(None),
                        result => result.map(Some),
                    })
                }),
            ],
            Self::XmlrpcEncode => &[
                (OURS, |xml| {
                    let value = our_value(xml)?;
                    // As whoever writes many documents does, it keeps its buffer.
                    let buffer = RefCell::new(Vec::new());
                    work(move || {
                        let out = &mut *buffer.borrow_mut();
                        out.clear();
                        xmlrpc::encode_response_into(out, &value)
                    })
                }),
                ("xend-wire, in a new buffer", |xml| {
                    let value = our_value(xml)?;
                    work(move || xmlrpc::encode_response(&value))
                }),
                ("reading every value", |xml| {
                    let value = our_value(xml)?;
                    work(move || ok(read(&value)))
                }),
                ("copying the document", |xml| {
                    let buffer = RefCell::new(Vec::new());
                    work(move || {
                        let out = &mut *buffer.borrow_mut();
                        out.clear();
                        out.extend_from_slice(xml);
                        ok(out.len())
                    })
                }),
                ("dxr", |xml| {
                    let response = dxr::MethodResponse::from_xml(str::from_utf8(xml)?)?;
                    work(move || response.to_xml())
                }),
                ("serde_xmlrpc", |xml| {
                    let value: serde_xmlrpc::Value = serde_xmlrpc::response_from_str(str::from_utf8(xml)?)?;
                    // It takes the value, so the copy is part of the price.
                    work(move || serde_xmlrpc::response_to_string(std::iter::once(value.clone())))
                }),
                ("xmlrpc (a call)", |xml| {
                    let value = xmlrpc_peer::Request::new("m").call(Canned(xml))?;
                    let request = xmlrpc_peer::Request::new("m").arg(value);
                    work(move || {
                        let mut out = Vec::new();
                        request.write_as_xml(&mut out).map(|()| out)
                    })
                }),
            ],
            Self::SexprDecode => &[
                (OURS, |sxp| work(move || sexpr::parse(sxp))),
                ("memchr: every parenthesis", |sxp| {
                    work(move || ok(memchr::memchr2_iter(b'(', b')', sxp).fold(0, |sum, at| sum ^ at)))
                }),
                ("rsexp", |sxp| work(move || rsexp::from_slice(sxp).map_err(|error| format!("{error:?}")))),
                ("sexp", |sxp| {
                    let sxp = str::from_utf8(sxp)?;
                    work(move || sexp::parse(sxp).map_err(|error| error.to_string()))
                }),
                ("lexpr", |sxp| {
                    let sxp = str::from_utf8(sxp)?;
                    work(move || lexpr::from_str(sxp))
                }),
            ],
            Self::SexprEncode => &[
                (OURS, |sxp| {
                    let document = sexpr::parse(sxp)?;
                    work(move || ok(sexpr::print(&document, sexpr::Rules::strict())))
                }),
                ("rsexp", |sxp| {
                    let value = rsexp::from_slice(sxp).map_err(|error| format!("{error:?}"))?;
                    work(move || ok(value.to_bytes()))
                }),
                ("sexp", |sxp| {
                    let value = sexp::parse(str::from_utf8(sxp)?).map_err(|error| error.to_string())?;
                    work(move || ok(value.to_string()))
                }),
            ],
            Self::XmlrpcTyped => &[
                (OURS, |xml| {
                    work(move || {
                        xmlrpc::from_response::<Vec<typed::Domain>>(xml, xmlrpc::Rules::spec(), &Limits::default())
                    })
                }),
                ("dxr", |xml| {
                    let xml = str::from_utf8(xml)?;
                    work(move || {
                        let response = dxr::MethodResponse::from_xml(xml)?;
                        Vec::<typed::Domain>::try_from_value(&response.value)
                    })
                }),
                ("serde_xmlrpc", |xml| {
                    let xml = str::from_utf8(xml)?;
                    work(move || serde_xmlrpc::response_from_str::<Vec<typed::Domain>>(xml))
                }),
            ],
            Self::XmlrpcRecords => &[
                (OURS, |xml| {
                    let reply = Reply::new(200, "OK", xml);
                    work(move || operation::RECORDS.read(Face::XmlRpc, Release::V4_1, &reply).map(Domain::list))
                }),
                ("xend-wire, decoding alone", |xml| {
                    work(move || xmlrpc::decode_reply(xml, xmlrpc::Rules::xend(Release::V4_1), &Limits::default()))
                }),
            ],
        };
        contenders.iter().map(|&(name, prepare)| Contender { name, prepare }).collect()
    }
}

fn work<'i, T, E: Into<Box<dyn Error>>>(pass: impl Fn() -> Result<T, E> + 'i) -> Result<Work<'i>, Box<dyn Error>> {
    Ok(Box::new(move || pass().map(|made| drop(black_box(made))).map_err(Into::into)))
}

fn ok<T>(value: T) -> Result<T, Box<dyn Error>> {
    Ok(value)
}

fn is_fault(xml: &str) -> bool {
    xml.contains("<fault>")
}

/// quick-xml's loop as it comes, with nothing made of the events.
fn events(xml: &[u8]) -> Result<usize, quick_xml::Error> {
    let mut reader = quick_xml::Reader::from_reader(xml);
    let mut count = 0;
    loop {
        match reader.read_event()? {
            Event::Eof => return Ok(count),
            event => drop(black_box(event)),
        }
        count += 1;
    }
}

/// Reads all that an encoder has to read, and writes nothing.
fn read(value: &xmlrpc::Value) -> u64 {
    let text = |text: &str| text.bytes().fold(0, |sum: u8, byte| sum ^ byte).into();
    match value {
        xmlrpc::Value::Int(number) => u64::from(number.unsigned_abs()),
        xmlrpc::Value::Double(number) => number.to_bits(),
        xmlrpc::Value::String(string) | xmlrpc::Value::DateTime(string) => text(string),
        xmlrpc::Value::Array(items) => items.iter().map(read).fold(0, |sum, part| sum ^ part),
        xmlrpc::Value::Struct(members) => {
            members.iter().map(|(name, value)| text(name) ^ read(value)).fold(0, |sum, part| sum ^ part)
        }
        // The documents have no others.
        _ => 0,
    }
}

fn our_value(xml: &[u8]) -> Result<xmlrpc::Value, Box<dyn Error>> {
    let response = xmlrpc::decode_response(xml, xmlrpc::Rules::spec(), &Limits::default())?;
    Ok(response.into_result()?.value().to_value())
}

/// xmlrpc keeps its parser to itself; this is the way to it.
struct Canned<'i>(&'i [u8]);

impl<'i> xmlrpc_peer::Transport for Canned<'i> {
    type Stream = Cursor<&'i [u8]>;

    fn transmit(self, _: &xmlrpc_peer::Request<'_>) -> Result<Self::Stream, Box<dyn Error + Send + Sync>> {
        Ok(Cursor::new(self.0))
    }
}
