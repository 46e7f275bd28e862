//! Listeners with TLS: their certificates, each of their faults, and clients that take the wrong port.

use std::fmt::Write as _;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::sync::Arc;

use mock_xend::{Address, Builder, Face, Fault, Faults, MockXend, Release, Tls};
use rcgen::{CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{
    CertificateError, ClientConfig, ClientConnection, Error, RootCertStore, StreamOwned, crypto,
};

use crate::command::{listening, output, terminate};
use crate::peer::{builder, call, scenario};
use crate::shared_python::oracle;

fn tls() -> Address {
    "tls:localhost:0".parse().expect("an address")
}

fn mock(faults: impl IntoIterator<Item = Fault>) -> MockXend {
    builder(Release::V4_1).listen(Face::XmlRpc, tls()).faults(faults).start().expect("it starts")
}

fn address(mock: &MockXend) -> String {
    mock.listening()[0].1.to_string().split_once(':').expect("an address").1.to_owned()
}

fn roots(pem: &str) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        roots.add(certificate.expect("a certificate")).expect("a certificate");
    }
    roots
}

/// A client that trusts these certificates, and has a certificate of its own if one is given.
fn client(pem: &str, identity: Option<(CertificateDer<'static>, PrivateKeyDer<'static>)>) -> Arc<ClientConfig> {
    let builder = ClientConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().expect("versions").with_root_certificates(roots(pem));
    Arc::new(match identity {
        Some((certificate, key)) => builder.with_client_auth_cert(vec![certificate], key).expect("an identity"),
        None => builder.with_no_client_auth(),
    })
}

/// Sends a request and returns the whole reply, as far as it comes.
fn ask(address: &str, config: Arc<ClientConfig>, request: &[u8]) -> (String, io::Result<usize>) {
    let connection = ClientConnection::new(config, "localhost".try_into().expect("a name")).expect("a client");
    let mut stream = StreamOwned::new(connection, TcpStream::connect(address).expect("it listens"));
    let mut reply = Vec::new();
    let read = stream.write_all(request).and_then(|()| stream.read_to_end(&mut reply));
    (String::from_utf8_lossy(&reply).into_owned(), read)
}

fn trusting(mock: &MockXend) -> Arc<ClientConfig> {
    client(mock.ca_pem().expect("it is made on the fly"), None)
}

/// Returns why rustls broke a connection.
fn why(outcome: io::Result<usize>) -> Error {
    let error = outcome.expect_err("it fails");
    error.into_inner().and_then(|inner| inner.downcast::<Error>().ok()).map(|error| *error).expect("an error of TLS")
}

/// Returns why nothing answered, by the journal, once it says so.
fn nothing_answered(mock: &MockXend) -> String {
    loop {
        let journal = mock.daemon().journal();
        if let Some(why) = journal.exchanges().next_back().and_then(|exchange| exchange.answered_by.why_not()) {
            return why.to_owned();
        }
    }
}

const LIST: &[&str] = &["0"];

#[test]
fn both_faces_of_xml_rpc_are_served() {
    let mock = builder(Release::V4_1).listen(Face::XmlRpc, tls()).listen(Face::XenApi, tls()).start().unwrap();
    for (at, face) in [Face::XmlRpc, Face::XenApi].into_iter().enumerate() {
        let address = mock.listening()[at].1.to_string().replace("tls:", "");
        assert_eq!(mock.http_url(face), Some(format!("https://{address}/RPC2")));
        assert_eq!(mock.uri(face), Some(format!("{face}+tls://{address}")));
        let method = if face == Face::XmlRpc { "xend.domains" } else { "session.login_with_password" };
        let mut request = call(method, if face == Face::XmlRpc { LIST } else { &["root", ""] });
        let close = b"Connection: close\r\n";
        request.splice(21..21, close.iter().copied());
        let (reply, read) = ask(&address, trusting(&mock), &request);
        assert!(read.is_ok() && reply.starts_with("HTTP/1.1 200 OK\r\n"), "{read:?}: {reply}");
        assert!(reply.contains(if face == Face::XmlRpc { "Domain-0" } else { "Success" }), "{reply}");
    }
    assert_eq!(
        mock.daemon().journal().exchanges().map(|exchange| exchange.face).collect::<Vec<_>>(),
        [Face::XmlRpc, Face::XenApi]
    );
}

#[test]
fn each_fault_of_a_certificate_is_seen_as_what_it_is() {
    let mock = mock([Fault::Expired]);
    let (address, request) = (address(&mock), call("xend.domains", LIST));
    let refused = |expected: fn(&CertificateError) -> bool| {
        let error = why(ask(&address, trusting(&mock), &request).1);
        assert!(matches!(&error, Error::InvalidCertificate(error) if expected(error)), "{error:?}");
    };
    refused(|error| matches!(error, CertificateError::ExpiredContext { .. }));
    assert_eq!(nothing_answered(&mock), "the client refuses the certificate of the mock: it has expired");
    mock.daemon().set_faults(Fault::WrongHost.into()).unwrap();
    refused(|error| matches!(error, CertificateError::NotValidForNameContext { .. }));
    mock.daemon().set_faults(Faults::none()).unwrap();
    let stranger =
        CertifiedIssuer::self_signed(CertificateParams::new(Vec::new()).unwrap(), KeyPair::generate().unwrap());
    let error = why(ask(&address, client(&stranger.unwrap().pem(), None), &request).1);
    assert!(matches!(error, Error::InvalidCertificate(CertificateError::UnknownIssuer)), "{error:?}");
    // Without a fault, the same mock is served.
    mock.daemon().set_faults(Fault::NoCloseNotify.into()).unwrap();
    let (reply, read) = ask(&address, trusting(&mock), &request);
    assert!(reply.contains("Domain-0"), "{reply}");
    assert_eq!(read.expect_err("the end is not told").kind(), io::ErrorKind::UnexpectedEof);
    let journal = mock.daemon().journal();
    let last = journal.exchanges().next_back().unwrap();
    assert_eq!(last.faults, Faults::from(Fault::NoCloseNotify));
    assert_eq!(journal.total(), 4);
}

#[test]
fn faults_of_replies_reach_through_tls() {
    let script = |faults: &str| {
        format!(
            "[[expect]]\nface = \"xmlrpc\"\nreply = {{ value = \"hello\" }}\nfaults = [{faults}]\ntimes = \"any\"\n"
        )
    };
    let check = |faults: &str, length: Option<usize>, kind: Option<io::ErrorKind>| {
        let builder = builder(Release::V4_1).scenario(scenario(&script(faults))).listen(Face::XmlRpc, tls());
        let mock = builder.start().unwrap();
        let (reply, read) = ask(&address(&mock), trusting(&mock), &call("greet", &[]));
        assert_eq!(read.as_ref().err().map(io::Error::kind), kind, "{faults}: {read:?}");
        assert!(length.is_none_or(|length| reply.len() == length), "{faults}: {reply}");
    };
    check("{ close = 40 }", Some(40), None);
    check("{ close = 40 }, \"no-close-notify\"", Some(40), Some(io::ErrorKind::UnexpectedEof));
    check("{ half-close = 40 }", Some(40), None);
    check("{ reset = \"start\" }", Some(0), Some(io::ErrorKind::ConnectionReset));
    check("{ split = [1, 2, 30] }, { close = \"end\" }", None, None);
}

#[test]
fn a_client_without_tls_and_one_too_many_are_told() {
    let mock =
        builder(Release::V4_1).listen(Face::XmlRpc, tls()).listen(Face::Sxp, Address::any_port()).start().unwrap();
    let plain = mock.listening()[1].1.to_string().replace("tcp:", "");
    let mut stream = TcpStream::connect(address(&mock)).unwrap();
    stream.write_all(b"POST /RPC2 HTTP/1.1\r\n\r\n").unwrap();
    let mut reply = Vec::new();
    stream.read_to_end(&mut reply).unwrap();
    assert_eq!(reply, b"");
    let said = nothing_answered(&mock);
    assert_eq!(said, "the client speaks plain HTTP, and this listener speaks TLS: use https:// in its URL");
    let (_, read) = ask(&plain, trusting(&mock), b"GET / HTTP/1.1\r\n\r\n");
    assert!(read.is_err());
    let journal = mock.daemon().journal();
    let exchanges: Vec<_> = journal.exchanges().collect();
    assert_eq!(exchanges[0].request, b"POST /RPC2 HTTP/1.1\r\n\r\n");
    let why = exchanges[1].answered_by.why_not();
    assert_eq!(why, Some("the client speaks TLS, and this listener speaks plain HTTP: use http:// in its URL"));
}

/// An issuer of certificates, and a certificate that it issued.
fn issued() -> (String, CertificateDer<'static>, PrivateKeyDer<'static>, String) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
    let der = PrivateKeyDer::from_pem_slice(key.serialize_pem().as_bytes()).unwrap();
    (issuer.pem(), leaf.der().clone(), der, leaf.pem() + &key.serialize_pem())
}

#[test]
fn a_client_certificate_is_demanded_where_told() {
    let (ca, certificate, key, _) = issued();
    let listen = builder(Release::V4_1).listen(Face::XmlRpc, tls()).tls(Tls::new().client_ca(ca));
    let mock = listen.faults(["close = \"end\"".parse().unwrap()]).start().unwrap();
    let (address, request) = (address(&mock), call("xend.domains", LIST));
    let error = why(ask(&address, trusting(&mock), &request).1);
    assert!(matches!(error, Error::AlertReceived(_)), "{error:?}");
    assert_eq!(nothing_answered(&mock), "the client has no certificate, and the mock demands one");
    let with = client(mock.ca_pem().unwrap(), Some((certificate, key)));
    let (reply, _) = ask(&address, with, &request);
    assert!(reply.contains("Domain-0"), "{reply}");
}

#[test]
fn a_given_certificate_is_shown() {
    let (ca, _, _, pem) = issued();
    let mock = builder(Release::V4_1).listen(Face::XmlRpc, tls()).tls(Tls::new().identity(pem.clone(), pem));
    let mock = mock.faults([Fault::NoCloseNotify]).start().unwrap();
    assert_eq!(mock.ca_pem(), None);
    let (reply, _) = ask(&address(&mock), client(&ca, None), &call("xend.domains", LIST));
    assert!(reply.contains("Domain-0"), "{reply}");
    let error = mock.daemon().set_faults(Fault::Expired.into()).expect_err("it can't be made").to_string();
    assert_eq!(error, "invalid faults: `expired` needs a certificate made on the fly, and one was given");
}

#[test]
fn what_cannot_be_is_refused() {
    let _snapshots = crate::snapshots();
    let (_, _, _, pem) = issued();
    let start = |builder: Builder| builder.start().expect_err("it is refused").to_string();
    let with = |tls_settings: Tls| start(builder(Release::V4_1).listen(Face::XmlRpc, tls()).tls(tls_settings));
    let mut text = String::new();
    for refused in [
        start(MockXend::builder().listen(Face::Sxp, "tls:127.0.0.1:8000".parse().unwrap())),
        start(MockXend::builder().faults([Fault::WrongHost])),
        start(MockXend::builder().faults([Fault::NoCloseNotify])),
        with(Tls::new().identity("nothing", pem.clone())),
        with(Tls::new().identity(pem.clone(), "nothing")),
        with(Tls::new().identity(pem, KeyPair::generate().unwrap().serialize_pem())),
        with(Tls::new().client_ca("nothing")),
    ] {
        writeln!(text, "{refused}").unwrap();
    }
    for options in [
        &["--sxp", "tls:localhost:8000"][..],
        &["--tls-write-ca", "ca.pem", "--xmlrpc", "localhost:0"],
        &["--tls-cert", "none.pem", "--tls-key", "none.pem", "--xmlrpc", "tls:localhost:0"],
        &["--fault", "expired", "--xmlrpc", "localhost:0"],
        &["proxy", "--to", "xmlrpc+tcp://localhost:1", "--listen", "tls:localhost:0"],
        &["--admin", "tls:localhost:0"],
    ] {
        let (status, _, stderr) = output(options);
        writeln!(text, "{options:?}\n{status:?} {stderr}").unwrap();
    }
    insta::assert_snapshot!("tls-refused", text);
}

#[test]
fn the_program_writes_its_certificate_and_hands_it_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ca.pem");
    let ready = folder.path().join("ready.json");
    let (ca, ready_file) = (path.to_str().unwrap(), ready.to_str().unwrap());
    let (child, lines) =
        listening(&["--xmlrpc", "tls:localhost:0", "--tls-write-ca", ca, "--ready-file", ready_file], 1);
    let address = lines[0].strip_prefix("LISTENING xmlrpc tls:").expect("an address");
    let pem = std::fs::read_to_string(&path).unwrap();
    let ready: serde_json::Value = serde_json::from_slice(&std::fs::read(&ready).unwrap()).unwrap();
    assert_eq!(ready["ca_pem"], pem);
    assert_eq!(ready["listening"][0]["url"], format!("https://{address}/RPC2"));
    let mut request = call("xend.domains", LIST);
    request.splice(21..21, b"Connection: close\r\n".iter().copied());
    assert!(ask(address, client(&pem, None), &request).0.contains("Domain-0"));
    assert_eq!(terminate(child), (Some(0), String::new()));
    assert!(!path.exists());

    let script = "echo $XEND_XMLRPC_URL; test \"$XEND_CA_FILE\" = \"$SSL_CERT_FILE$SSL_CERT_DIR$CURL_CA_BUNDLE\" && cat \"$XEND_CA_FILE\"";
    let mut run = Command::new(env!("CARGO_BIN_EXE_mock-xend"));
    run.args(["run", "--xmlrpc", "tls:localhost:0", "--", "sh", "-c", script]);
    let output = run.output().unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert_eq!((output.status.code(), &output.stderr[..]), (Some(0), &b""[..]), "{stdout}");
    let (url, pem) = stdout.split_once('\n').unwrap();
    assert!(url.starts_with("https://127.0.0.1:") && pem.starts_with("-----BEGIN CERTIFICATE-----\n"), "{stdout}");
}

/// Faults of all connections, what Python's client learns (the value, or the name of the exception with its text's first
/// words), and the exit status of curl.
///
/// Python takes the end of a connection without `close_notify` for the end of the reply, and so do some versions of curl.
const SEEN: [(&[&str], &str, Option<i32>); 4] = [
    (&["content-length = \"missing\"", "close = \"end\""], "hello", Some(0)),
    (&["expired"], "SSLCertVerificationError: certificate has expired", Some(60)),
    (&["wrong-host"], "SSLCertVerificationError: IP address mismatch", Some(60)),
    (&["content-length = \"missing\"", "no-close-notify"], "hello", None),
];

/// The mocks of these faults, and for each the file with its certificate.
fn mocks(folder: &std::path::Path) -> Vec<(MockXend, String)> {
    let start = |(at, (faults, ..)): (usize, &(&[&str], &str, Option<i32>))| {
        let script = "[[expect]]\nface = \"xmlrpc\"\ntimes = \"any\"\nreply = { value = \"hello\" }\n";
        let faults = faults.iter().map(|fault| fault.parse().expect("a fault"));
        let builder = builder(Release::V4_1).scenario(scenario(script)).faults(faults);
        let mock = builder.listen(Face::XmlRpc, tls()).start().expect("it starts");
        let path = folder.join(format!("{at}.pem"));
        std::fs::write(&path, mock.ca_pem().expect("it is made on the fly")).expect("a file");
        (mock, path.display().to_string())
    };
    SEEN.iter().enumerate().map(start).collect()
}

#[test]
fn python_sees_each_fault_of_tls_as_what_it_is() {
    let program = r#"
import ssl, sys, xmlrpc.client
for argument in sys.argv[1:]:
    url, ca = argument.split(" ")
    context = ssl.create_default_context(cafile=ca)
    try:
        print(xmlrpc.client.ServerProxy(url, context=context).greet())
    except Exception as error:
        told = getattr(error, "verify_message", "")
        print(type(error).__name__ + ": " + told.split(",")[0])
"#;
    let Some(mut python) = oracle::python(&["python3"], "import ssl, xmlrpc.client") else { return };
    let folder = tempfile::tempdir().unwrap();
    let mocks = mocks(folder.path());
    let argument = |(mock, ca): &(MockXend, String)| format!("{} {ca}", mock.http_url(Face::XmlRpc).expect("a URL"));
    let output = python.args(["-c", program]).args(mocks.iter().map(argument)).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let seen: Vec<_> = SEEN.iter().map(|(faults, ..)| *faults).zip(said.lines()).collect();
    let expected = SEEN.map(|(faults, python, _)| (faults, python));
    for (seen, expected) in seen.iter().zip(&expected) {
        assert!(seen.1.starts_with(expected.1), "{seen:?}, expected {expected:?}");
    }
    assert_eq!(seen.len(), expected.len());
}

#[test]
fn curl_sees_each_fault_of_tls_as_what_it_is() {
    if Command::new("curl").arg("--version").output().is_err() {
        eprintln!("left out: there is no curl");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let call = "<methodCall><methodName>greet</methodName></methodCall>";
    for ((mock, ca), (faults, _, status)) in mocks(folder.path()).iter().zip(SEEN) {
        if status.is_none() {
            continue;
        }
        let url = mock.http_url(Face::XmlRpc).expect("a URL");
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--output", "/dev/null", "--max-time", "30", "--cacert", ca, "--data", call, &url]);
        assert_eq!(curl.status().expect("curl is there").code(), status, "{faults:?}");
    }
}
