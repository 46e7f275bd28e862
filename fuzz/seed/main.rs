//! Writes seeds, one file each below `corpus/TARGET`: the documents of `fixtures/cases` for the codecs, the files of
//! `fixtures` for what people write, and answers, requests and replies of our own.

use std::path::Path;
use std::{fs, io};

use data_encoding::BASE64;
use toml::Table;

/// Longer documents make the fuzzer slow.
const LONGEST: usize = 4_096;

fn main() -> io::Result<()> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for (codec, targets) in [("sexpr", ["sexpr", "roundtrip"]), ("xmlrpc", ["xmlrpc", "roundtrip"])] {
        for target in targets {
            fs::create_dir_all(corpus.join(target))?;
        }
        for file in xend_fixtures::files(&format!("cases/{codec}/")) {
            let case: Table = toml::from_str(&String::from_utf8_lossy(file.bytes())).map_err(io::Error::other)?;
            let Some(document) = document(&case).filter(|document| document.len() <= LONGEST) else { continue };
            let name = file.path.trim_start_matches("cases/").replace('/', "-");
            for target in targets {
                fs::write(corpus.join(target).join(&name), &document)?;
            }
        }
    }
    seed(
        &corpus.join("files"),
        ["cases/", "laws/"].into_iter().flat_map(xend_fixtures::files).filter_map(|file| {
            (file.bytes().len() <= LONGEST).then(|| (file.path.replace('/', "-"), file.bytes().to_vec()))
        }),
    )?;
    let baseline =
        "# What we know of.\nxmlrpc/int-plus  # it takes a plus sign\nxmlrpc/base64-* @extended # no white space\n";
    let sequence = "{\"release\":\"3.0.3\",\"face\":\"sxp\"}\n{\"case\":\"a\",\"request\":\"GET / HTTP/1.1\\r\\n\\r\\n\",\"end\":\"open\"}\n";
    let written = [("baseline", baseline), ("sequence", sequence)];
    seed(&corpus.join("files"), written.into_iter().map(|(name, text)| (name.to_owned(), text.into())))?;
    let answers = [
        r#"{"hello":{"name":"x","version":"1","decodes":{"xmlrpc":["spec"],"sexpr":["strict"]},"features":["nil"]}}"#,
        r#"{"id":"a","values":[{"response":{"struct":[["a",{"array":[{"int":"1"},{"nil":true}]}]]}}]}"#,
        r#"{"id":"a","values":[{"list":[{"atom":"a"},{"atom_base64":"/w=="}]}]}"#,
        r#"{"id":"a","values":[{"fault":{"code":{"int":"1"},"string":{"string":"x"}}}]}"#,
        r#"{"id":"a","values":[{"call":{"method":"m","params":[{"double":"1.5"},{"base64":"YQ=="}]}}]}"#,
        r#"{"id":"a","reject":"no"}"#,
        r#"{"unsupported":"no"}"#,
    ];
    let answers = answers.into_iter().enumerate();
    seed(&corpus.join("answers"), answers.map(|(number, text)| (number.to_string(), text.into())))?;

    let call = |method: &str, params: &str| {
        let body = format!("<methodCall><methodName>{method}</methodName><params>{params}</params></methodCall>");
        format!("POST /RPC2 HTTP/1.1\r\nContent-length: {}\r\n\r\n{body}", body.len())
    };
    let param = |text: &str| format!("<param><value><string>{text}</string></value></param>");
    let form = "POST /xend/domain/vm1 HTTP/1.1\r\nContent-type: application/x-www-form-urlencoded\r\n";
    // By face: the order is that of `Face::ALL`.
    let requests = [
        ["GET /xend/domain?detail=1 HTTP/1.1\r\n\r\n".to_owned(), format!("{form}Content-length: 8\r\n\r\nop=pause")],
        [call("xend.domains", &param("1")), call("xend.domain.pause", &param("vm1"))],
        [call("session.login_with_password", &(param("u") + &param("p"))), call("VM.get_all", &param("x"))],
    ];
    let requests = (0_u8..).zip(requests).flat_map(|(face, requests)| {
        // Of the first release and of the last but one.
        [0, 18].into_iter().flat_map(move |release| {
            requests.clone().into_iter().map(move |request| [&[face + release][..], request.as_bytes()].concat())
        })
    });
    seed(&corpus.join("mock"), requests.enumerate().map(|(number, bytes)| (number.to_string(), bytes)))?;

    let bodies = [
        "(domain (domid 1) (name vm1) (memory 64))",
        "<methodResponse><params><param><value><int>0</int></value></param></params></methodResponse>",
        "<methodResponse><fault><value><struct><member><name>faultCode</name><value><int>2</int></value></member>\
         <member><name>faultString</name><value><string>no</string></value></member></struct></value></fault></methodResponse>",
        "<methodResponse><params><param><value><struct><member><name>Status</name><value>Success</value></member>\
         <member><name>Value</name><value>x</value></member></struct></value></param></params></methodResponse>",
    ];
    let replies = bodies.into_iter().enumerate().flat_map(|(number, body)| {
        (0..3_u8).map(move |face| {
            let reply = format!("HTTP/1.1 200 OK\r\nContent-length: {}\r\n\r\n{body}", body.len());
            (format!("{number}-{face}"), [&[face, number as u8][..], reply.as_bytes()].concat())
        })
    });
    seed(&corpus.join("replies"), replies)
}

fn seed(folder: &Path, files: impl Iterator<Item = (String, Vec<u8>)>) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    files.into_iter().try_for_each(|(name, bytes)| fs::write(folder.join(name), bytes))
}

fn document(case: &Table) -> Option<Vec<u8>> {
    let text = |key: &str| case.get(key).and_then(|value| value.as_str());
    match (text("input"), text("input_base64")) {
        (Some(text), _) => Some(text.as_bytes().to_vec()),
        (_, Some(base64)) => BASE64.decode(base64.as_bytes()).ok(),
        _ => None,
    }
}
