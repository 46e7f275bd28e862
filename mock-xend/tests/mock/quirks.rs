//! Behaviour that is off unless asked for.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use mock_xend::{Address, Face, MockXend, Quirk, Release};

use crate::peer::{builder, get, post, run, send};

#[test]
fn a_connection_stays_open_behind_an_operation() {
    let check = |request: &[u8], closes: bool| {
        let daemon = builder(Release::V3_4).quirk(Quirk::LateClose).build().unwrap();
        let (reply, closed) = run(send(&daemon, Face::Sxp, &[request]));
        assert!(reply.starts_with("HTTP/1.1 "));
        assert_eq!(closed, closes, "{reply}");
    };
    check(&post("/xend/domain/vm1", "op=pause"), false);
    check(&post("/xend/domain/Domain-0", "op=pause"), false);
    check(&post("/xend/domain/vm1", "op=frobnicate"), true);
    check(&get("/xend/domain/vm1"), true);
}

#[test]
fn an_idle_client_stops_all_others() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("xend-socket");
    let listen = MockXend::builder().release(Release::V3_0_3).listen(Face::Sxp, Address::Unix(path.clone()));
    let mock = listen.quirk(Quirk::OneConnection).start().unwrap();
    let idle = UnixStream::connect(&path).unwrap();
    let mut other = UnixStream::connect(&path).unwrap();
    other.write_all(&get("/xend")).unwrap();
    other.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    assert!(other.read(&mut [0; 1]).is_err());
    drop(idle);
    other.set_read_timeout(None).unwrap();
    let mut reply = String::new();
    other.read_to_string(&mut reply).unwrap();
    assert!(reply.ends_with("(ls  node domain vnet)"));
    drop(mock);
}

#[test]
fn each_is_of_its_releases() {
    let error = |release, quirk| builder(release).quirk(quirk).build().map(drop).map_err(|error| error.to_string());
    assert_eq!(error(Release::V3_0_2, Quirk::OneConnection), Ok(()));
    assert_eq!(error(Release::V4_1, Quirk::OneConnection), Err("release 4.1 has no quirk one-connection".to_owned()));
    assert_eq!(error(Release::V3_0_3, Quirk::LateClose), Err("release 3.0.3 has no quirk late-close".to_owned()));
}
