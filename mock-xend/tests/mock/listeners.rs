//! Sockets: bound when it starts, gone when it stops.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};

use mock_xend::{Address, Face, MockXend, Release, Scenario};

use crate::peer::get;

fn ask(mut stream: impl Read + Write) -> String {
    stream.write_all(&get("/xend/domain")).unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    reply
}

fn tcp(address: &Address) -> SocketAddr {
    match address {
        Address::Tcp(address) | Address::Tls(address) => *address,
        Address::Unix(_) | Address::AnyUnix => panic!("a Unix socket"),
    }
}

#[test]
fn one_world_behind_all_listeners() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("xend-socket");
    let mock = MockXend::builder()
        .release(Release::V4_1)
        .listen(Face::Sxp, Address::any_port())
        .listen(Face::Sxp, Address::Unix(path.clone()))
        .start()
        .unwrap();
    let address = tcp(&mock.listening()[0].1);
    assert!(ask(TcpStream::connect(address).unwrap()).ends_with("(Domain-0 vm1)"));
    mock.daemon().with_world(|world| assert_eq!(world.domains().len(), 3));
    let mut unpause = TcpStream::connect(address).unwrap();
    unpause.write_all(&crate::peer::post("/xend/domain/vm2", "op=unpause")).unwrap();
    unpause.read_to_end(&mut Vec::new()).unwrap();
    assert!(ask(UnixStream::connect(&path).unwrap()).ends_with("(Domain-0 vm1 vm2)"));
    assert_eq!(mock.daemon().journal().total(), 3);
    assert!(mock.daemon().journal().exchanges().next().unwrap().request.starts_with(b"GET /xend/domain"));
    let mut idle = TcpStream::connect(address).unwrap();
    assert!(mock.stop().is_empty());
    assert!(!path.exists());
    // Another test may have been given the port by now, so that only the old connection can tell.
    let end = idle.read(&mut [0]).map_err(|error| error.kind());
    assert!(matches!(end, Ok(0) | Err(ErrorKind::ConnectionReset)), "{end:?}");
}

#[test]
fn a_stale_socket_is_replaced_and_a_live_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("xend-socket");
    let start = || MockXend::builder().listen(Face::Sxp, Address::Unix(path.clone())).start();
    drop(UnixListener::bind(&path).unwrap());
    assert!(path.exists());
    let mock = start().unwrap();
    let error = start().unwrap_err().to_string();
    let expected = "another program listens there; choose another path";
    assert_eq!(error, format!("can't listen on unix:{}: {expected}", path.display()));
    assert!(ask(UnixStream::connect(&path).unwrap()).starts_with("HTTP/1.1 200 OK"));
    drop(mock);
    std::fs::write(&path, "not a socket").unwrap();
    let error = start().unwrap_err().to_string();
    let expected = "a file that is not a socket is there; remove it or choose another path";
    assert_eq!(error, format!("can't listen on unix:{}: {expected}", path.display()));
    assert_eq!(std::fs::read(&path).unwrap(), b"not a socket");
}

#[test]
fn the_socket_of_another_mock_stays() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("xend-socket");
    let start = || MockXend::builder().listen(Face::Sxp, Address::Unix(path.clone())).start().unwrap();
    let first = start();
    std::fs::remove_file(&path).unwrap();
    let second = start();
    drop(first);
    assert!(ask(UnixStream::connect(&path).unwrap()).starts_with("HTTP/1.1 200 OK"));
    drop(second);
    assert!(!path.exists());
}

#[test]
fn what_cannot_be_bound_is_named_and_nothing_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let first = folder.path().join("first");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let check = |address: Address, expected: &str| {
        let mock =
            MockXend::builder().listen(Face::Sxp, Address::Unix(first.clone())).listen(Face::XmlRpc, address.clone());
        let error = mock.start().unwrap_err().to_string();
        assert_eq!(error, expected.replace("ADDRESS", &address.to_string()));
        assert!(!first.exists());
    };
    check(
        Address::Tcp(taken.local_addr().unwrap()),
        "can't listen on ADDRESS: another program listens there; choose another address, port 0 is any that is free",
    );
    check(Address::Unix(first.clone()), "ADDRESS is given twice: each listener needs its own address");
    check(
        Address::Unix(folder.path().join("x".repeat(200))),
        "can't listen on ADDRESS: the path is too long for a socket",
    );
    check(
        Address::Unix(folder.path().join("no/such/folder")),
        "can't listen on ADDRESS: No such file or directory (os error 2)",
    );
}

#[test]
fn releases_must_agree() {
    let scenario = crate::peer::scenario("release = \"3.0.3\"\n");
    let error = MockXend::builder().release(Release::V4_1).scenario(scenario.clone()).start().unwrap_err();
    let told = "the scenario is written for release 3.0.3, not for 4.1";
    assert!(error.to_string().starts_with(&format!("{told}\n")) && error.to_string().contains("^"), "{error}");
    let error = MockXend::builder().release(Release::V4_1).scenario(Scenario::new().for_release(Release::V3_0_3));
    assert_eq!(error.build().unwrap_err().to_string(), told);
    assert_eq!(MockXend::builder().scenario(scenario).build().unwrap().release(), Release::V3_0_3);
}
