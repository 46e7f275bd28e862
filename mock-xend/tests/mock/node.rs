//! What the host tells of itself, against a reply of the daemon.

use mock_xend::{Face, Release};
use serde::Deserialize;

use crate::peer::{builder, call, run, send};

#[derive(Deserialize)]
struct Line {
    #[serde(default)]
    case: String,
    #[serde(default)]
    response: Option<String>,
}

/// The body of a reply of the daemon of a release (`fixtures/exchanges`).
fn reply(release: Release, case: &str) -> String {
    let file = xend_fixtures::file(&format!("exchanges/{release}/xmlrpc.jsonl")).expect("it ships");
    let lines = str::from_utf8(file.bytes()).expect("text").lines();
    let mut lines = lines.map(|line| serde_json::from_str::<Line>(line).expect(line));
    let response = lines.find(|line| line.case == case).and_then(|line| line.response).expect("it is known");
    response.split_once("\r\n\r\n").expect("a head").1.to_owned()
}

/// A reply without a pair of its list: `<value><array>...NAME...</array></value>`.
fn without(body: &str, name: &str) -> String {
    let at = body.find(&format!("<value><string>{name}</string></value>")).expect(name);
    let start = body[..at].rfind("<value><array><data>\n").expect("a pair");
    let end = at + body[at..].find("</data></array></value>\n").expect("its end") + "</data></array></value>\n".len();
    body[..start].to_owned() + &body[end..]
}

#[test]
fn the_layout_of_a_host_is_told_unless_it_is_not_wanted() {
    for release in [Release::V4_1, Release::V4_4] {
        let whole = reply(release, "node-info");
        let told = |params: &[&str]| {
            let daemon = builder(release).build().expect("nothing conflicts");
            let (reply, _) = run(send(&daemon, Face::XmlRpc, &[&call("xend.node.info", params)]));
            reply.split_once("\r\n\r\n").expect("a head").1.to_owned()
        };
        assert_eq!(told(&[]), whole, "{release}");
        assert_eq!(told(&["1"]), whole, "{release}");
        let plain = without(&without(&whole, "cpu_topology"), "numa_info");
        assert_eq!(told(&["0"]), plain, "{release}");
    }
}
