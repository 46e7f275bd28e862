//! The client over TLS, against a mock: what it gets, and what it says of each way in which TLS can break.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use mock_xend::{Address, Builder, Face, Fault, Faults, MockXend, Release, Scenario};
use xend_client::{Client, Deadlines, ErrorCode, Fate, Tls, TlsFailure, Uri, XmlRpc};

fn builder() -> Builder {
    let tls: Address = "tls:localhost:0".parse().unwrap();
    MockXend::builder().release(Release::V4_1).listen(Face::XmlRpc, tls.clone()).listen(Face::XenApi, tls)
}

fn uri(mock: &MockXend, face: Face) -> Uri {
    mock.uri(face).expect("it listens there").parse().expect("a URI")
}

fn trusting(mock: &MockXend) -> Tls {
    Tls::trusting(mock.ca_pem().expect("it is made on the fly")).expect("a certificate")
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

#[test]
fn operations_are_done_over_tls() {
    let mock = builder().start().unwrap();
    for face in [Face::XmlRpc, Face::XenApi] {
        let client = Client::new(uri(&mock, face)).credentials("root", "").keep_alive(true).tls(trusting(&mock));
        run(async {
            assert_eq!(client.domains().await.unwrap(), ["Domain-0", "vm1"]);
            client.pause("vm1").await.unwrap();
            client.unpause("vm1").await.unwrap();
        });
    }
    let https = mock.http_url(Face::XenApi).expect("a URL");
    let client = Client::new(https.parse::<Uri>().unwrap()).credentials("root", "").tls(trusting(&mock));
    assert_eq!(run(client.domains()).unwrap().len(), 2);
    let server = XmlRpc::new(&mock.http_url(Face::XmlRpc).unwrap()).unwrap().tls(trusting(&mock));
    assert!(run(server.call("xend.domains", vec![0.into()])).is_ok());
}

/// What a client says, with its code, its fate and the kind of the failure.
fn failure(client: Client, failure: Option<TlsFailure>, fate: Fate) -> String {
    let error = run(client.pause("vm1")).expect_err("it fails");
    assert_eq!((error.tls_failure(), error.fate()), (failure, fate), "{error}");
    let port = match &client.uri().address {
        xend_client::Address::Tcp { port, .. } | xend_client::Address::Tls { port, .. } => port.to_string(),
        xend_client::Address::Unix(_) => unreachable!("no client here has one"),
    };
    error.to_string().replace(&port, "PORT") + "\n"
}

#[test]
fn each_failure_of_tls_is_told_as_what_it_is() {
    let _snapshots = crate::faces::snapshots();
    let mock =
        builder().listen(Face::Sxp, Address::any_port()).listen(Face::XmlRpc, Address::any_port()).start().unwrap();
    let client = || Client::new(uri(&mock, Face::XmlRpc)).tls(trusting(&mock));
    let mut said = String::new();
    let set = |fault: Fault| mock.daemon().set_faults(Faults::from(fault)).unwrap();
    set(Fault::Expired);
    said += &failure(client(), Some(TlsFailure::Expired), Fate::NotSent);
    set(Fault::WrongHost);
    said += &failure(client(), Some(TlsFailure::WrongHost), Fate::NotSent);
    mock.daemon().set_faults(Faults::none()).unwrap();
    let stranger = Client::new(uri(&mock, Face::XmlRpc)).tls(trusting(&builder().start().unwrap()));
    said += &failure(stranger, Some(TlsFailure::UnknownIssuer), Fate::NotSent);
    // Without `tls` the client trusts the system, which does not know the mock.
    said += &failure(Client::new(uri(&mock, Face::XmlRpc)), Some(TlsFailure::UnknownIssuer), Fate::NotSent);
    // TLS to a server that speaks plain HTTP, which reads it as a request that it can't answer.
    let plain = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = plain.local_addr().unwrap().port();
    let serving = std::thread::spawn(move || {
        let (mut stream, _) = plain.accept().unwrap();
        assert!(stream.read(&mut [0; 4096]).unwrap() > 0);
        stream.write_all(b"HTTP/1.1 400 Bad request syntax\r\nContent-Length: 0\r\n\r\n").unwrap();
    });
    let to_plain = Client::new(Uri::tls(Face::XmlRpc, "127.0.0.1", port)).tls(trusting(&mock));
    said += &failure(to_plain, Some(TlsFailure::NoTls), Fate::NotSent);
    serving.join().unwrap();
    // The mock's plain listener notices, and closes.
    let (_, Address::Tcp(address)) = &mock.listening()[3] else { panic!("a plain listener") };
    let to_plain = Client::new(Uri::tls(Face::XmlRpc, "127.0.0.1", address.port())).tls(trusting(&mock));
    said += &failure(to_plain, Some(TlsFailure::NoTls), Fate::NotSent);
    // Plain HTTP to a listener with TLS.
    let (_, Address::Tls(address)) = &mock.listening()[0] else { panic!("a listener with TLS") };
    said += &failure(Client::new(Uri::tcp(Face::XmlRpc, "127.0.0.1", address.port())), None, Fate::Unknown);
    let demanding = builder().tls(mock_xend::Tls::new().client_ca(mock.ca_pem().unwrap())).start().unwrap();
    let without = Client::new(uri(&demanding, Face::XmlRpc)).tls(trusting(&demanding));
    let error = run(without.pause("vm1")).unwrap_err();
    assert_eq!(error.code(), ErrorCode::AccessDenied, "{error}");
    said += &failure(without, Some(TlsFailure::ClientCertificate), Fate::NotSent);
    insta::assert_snapshot!("tls-failures", said);
}

/// Without `close_notify` the end of a connection is not the end of the reply; a length or chunks are enough.
#[test]
fn the_end_of_a_reply_must_be_told() {
    let check = |faults: &str| {
        let script = format!(
            "[[expect]]\nface = \"xmlrpc\"\nreply = {{ value = \"hello\" }}\nfaults = [\"no-close-notify\"{faults}]\n"
        );
        let scenario = Scenario::parse("scenario.toml", &script, Path::new(".")).unwrap();
        let mock = builder().scenario(scenario).start().unwrap();
        let server = XmlRpc::new(&mock.http_url(Face::XmlRpc).unwrap()).unwrap().tls(trusting(&mock));
        run(server.call("greet", Vec::new())).map_err(|error| {
            assert!(error.may_have_happened(), "{error}");
            error.to_string()
        })
    };
    assert!(check("").is_ok());
    assert!(check(", { chunked = { size = 8 } }").is_ok());
    let untold = "the connection was closed without close_notify, so the reply may have been cut";
    assert_eq!(check(", { content-length = \"missing\" }").unwrap_err(), untold);
    assert!(check(", { close = { body = 40 } }").is_err());
    assert!(check(", { chunked = { size = 8, broken = \"no-last-chunk\" } }").is_err());
}

#[test]
fn the_deadline_bounds_the_handshake() {
    // It accepts in the kernel, and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let uri = Uri::tls(Face::XmlRpc, "127.0.0.1", silent.local_addr().unwrap().port());
    let deadlines = Deadlines { connect: Duration::from_millis(50), ..Deadlines::default() };
    let error = run(Client::new(uri).deadlines(deadlines).pause("vm1")).unwrap_err();
    assert!(error.is_timeout() && error.fate() == Fate::NotSent, "{error}");
}

#[test]
fn call_trusts_the_file_of_ca() {
    let mock = builder().start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, mock.ca_pem().unwrap()).unwrap();
    let call = |ca: &Path| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xend-harness"));
        command.args(["call", "--ca"]).arg(ca).arg(mock.uri(Face::XmlRpc).unwrap()).arg("domain.list");
        let output = command.output().unwrap();
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        (output.status.code(), said)
    };
    assert_eq!(call(&ca), (Some(0), "Domain-0\nvm1\n".to_owned()));
    let mut said = String::new();
    let (status, error) = call(&folder.path().join("none.pem"));
    write!(said, "{status:?} {error}").unwrap();
    assert!(said.starts_with("Some(2) error: --ca ") && said.contains("No such file"), "{said}");
}
