//! However a stream cuts a request, the outcome is the same; and whatever comes, the daemon goes on.

mod properties {
    use mock_xend::{Face, Release};
    use proptest::prelude::*;

    use crate::peer::{builder, call, get, post, run, send};

    fn requests() -> impl Strategy<Value = (Face, Vec<u8>)> {
        let good = prop::sample::select(vec![
            (Face::Sxp, get("/xend/domain")),
            (Face::Sxp, get("/xend/domain/vm1")),
            (Face::Sxp, post("/xend/domain/vm1", "op=pause")),
            (Face::Sxp, post("/xend/domain/vm1", "op=shutdown&reason=halt")),
            (Face::Sxp, post("/xend/domain/nosuch", "op=pause")),
            (Face::XmlRpc, call("xend.domains", &["0"])),
            (Face::XmlRpc, call("xend.domain", &["vm1"])),
            (Face::XmlRpc, call("xend.nosuch", &["\u{e9}"])),
        ]);
        let damage = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3);
        (good, damage).prop_map(|((face, mut request), damage)| {
            for (at, byte) in damage {
                let at = at.index(request.len());
                request[at] = byte;
            }
            (face, request)
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            failure_persistence: None,
            cases: if cfg!(miri) { 2 } else { ProptestConfig::default().cases },
            ..ProptestConfig::default()
        })]

        #[test]
        fn a_request_in_pieces_is_the_request(
            (face, request) in requests(),
            release in prop::sample::select(Release::ALL.to_vec()),
            lengths in prop::collection::vec(1..40usize, 1..4),
        ) {
            let mut pieces = Vec::new();
            let mut rest = &request[..];
            for length in lengths.iter().cycle() {
                if rest.is_empty() {
                    break;
                }
                let (piece, behind) = rest.split_at((*length).min(rest.len()));
                pieces.push(piece);
                rest = behind;
            }
            let answer = |pieces: &[&[u8]]| {
                let daemon = builder(release).build().expect("nothing conflicts");
                let answer = run(send(&daemon, face, pieces));
                // Whatever came, the next client is served.
                let (reply, _) = run(send(&daemon, Face::Sxp, &[&get("/xend")]));
                (answer, reply.contains("(ls  node domain vnet)"))
            };
            let at_once = answer(&[&request]);
            prop_assert!(at_once.1);
            prop_assert_eq!(at_once, answer(&pieces));
        }
    }
}
