//! What both faces make of requests at the edge of HTTP (captures of kind `html-*` and `h-*`; Python 2.7's own server).

use mock_xend::{Face, Release};

use crate::peer::{builder, run, send};

/// What comes back for a request to a mock of a release.
fn reply(release: Release, face: Face, request: &str) -> String {
    let daemon = builder(release).build().expect("nothing conflicts");
    run(send(&daemon, face, &[request.as_bytes()])).0
}

/// What comes back for a GET of a browser.
fn page(release: Release, path: &str) -> String {
    reply(
        release,
        Face::Sxp,
        &format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: Mozilla/5.0\r\nAccept: text/html\r\n\r\n"),
    )
}

/// Printed by `BaseHTTPServer` of Python 2.7.18: replies to HTTP/0.9 have neither status line nor headers.
#[test]
fn http_0_9_gets_the_body_alone() {
    const UNSUPPORTED: &str = "<head>\n<title>Error response</title>\n</head>\n<body>\n<h1>Error response</h1>\n\
                               <p>Error code 501.\n<p>Message: Unsupported method ('GET').\n\
                               <p>Error code explanation: 501 = Server does not support this operation.\n</body>\n";
    let body = "<methodCall><methodName>xend.domain.getRestartCount</methodName>\
                <params><param><value>vm1</value></param></params></methodCall>";
    for &release in Release::ALL {
        for line in ["GET / HTTP/0.9", "GET /", "GET  HTTP/1.0"] {
            assert_eq!(reply(release, Face::XmlRpc, &format!("{line}\r\n\r\n")), UNSUPPORTED, "{release}: {line}");
        }
        assert_eq!(reply(release, Face::XmlRpc, "HEAD / HTTP/0.9\r\n\r\n"), "", "{release}");
        let whole = reply(release, Face::XmlRpc, "GET / HTTP/0.09\r\n\r\n");
        assert!(whole.starts_with("HTTP/1."), "{release}: {whole}");
        let posted = format!("POST /RPC2 HTTP/0.9\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        let posted = reply(release, Face::XmlRpc, &posted);
        assert!(posted.starts_with("<?xml version='1.0'?>\n<methodResponse>"), "{release}: {posted}");
    }
}

/// Without a length that is a number nothing is read, so that a form without a boundary does no harm.
#[test]
fn a_form_without_boundary_and_length_is_no_form() {
    for length in ["Content-Length:\r\n", "Content-Length: x\r\n", ""] {
        for (path, status) in [("/xend/domain", "406 Invalid request"), ("/xend/domain/nosuch", "404 Not found")] {
            let request = format!("POST {path} HTTP/1.1\r\nContent-Type: multipart/form-data\r\n{length}\r\n");
            let got = reply(Release::V4_1, Face::Sxp, &request);
            assert!(got.starts_with(&format!("HTTP/1.1 {status}\r\n")), "{path}, {length:?}: {got}");
        }
    }
}

/// `useSxp`: an empty `Accept` or `User-Agent` is as none.
#[test]
fn an_empty_header_asks_for_no_page() {
    for headers in ["User-Agent: Mozilla/5.0\r\nAccept:\r\n", "User-Agent:\r\nAccept: text/html\r\n"] {
        let got = reply(Release::V3_4, Face::Sxp, &format!("GET /xend/ HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n"));
        assert!(got.ends_with("(ls  node domain vnet)"), "{headers}: {got}");
    }
}

/// `SrvDmesg.py`, and `httpserver.py` where the value of an operation is a list.
#[test]
fn a_browser_gets_pages_of_messages_and_lists() {
    for &release in Release::ALL {
        let messages = page(release, "/xend/node/dmesg");
        assert!(messages.contains("</h1><pre>(XEN) "), "{release}: {messages}");
        assert!(messages.ends_with("</pre></body></html>"), "{release}: {messages}");
        let vcpus = page(release, "/xend/domain/vm1?op=vcpuinfo");
        assert!(vcpus.starts_with("HTTP/1.1 500 Internal server error\r\n"), "{release}: {vcpus}");
        assert!(vcpus.ends_with("</h1><code><pre>"), "{release}: {vcpus}");
        let listed = reply(
            release,
            Face::Sxp,
            "POST /xend/domain HTTP/1.1\r\nHost: localhost\r\nUser-Agent: Mozilla/5.0\r\nAccept: text/html\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 7\r\n\r\nop=list",
        );
        let body = |reply: &str| reply.split_once("\r\n\r\n").map(|(_, body)| body.to_owned());
        assert_eq!(body(&listed), body(&page(release, "/xend/domain")), "{release}");
    }
}
