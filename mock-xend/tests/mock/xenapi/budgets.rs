//! What the memory of a mock does not hold is refused, in the struct of this dialect.

use mock_xend::{Face, Release};
use serde_json::{Value, json};

use super::values::{call, daemon};
use crate::peer::run;

/// The text of the error that a call is answered with, if there is one.
fn refusal(answer: &Value) -> Option<&str> {
    (answer["Status"] != "Success").then(|| answer["ErrorDescription"][1].as_str().expect("a text"))
}

#[test]
fn objects_registrations_and_names_have_a_budget() {
    for release in [Release::V3_1, Release::V4_1] {
        let daemon = daemon(release);
        run(async {
            let ask = async |method: &str, params: Vec<Value>| call(&daemon, Face::XenApi, method, &params).await;
            let login = ask("session.login_with_password", vec![json!("x".repeat(1 << 20)), json!("")]).await;
            assert_eq!(refusal(&login), Some("mock-xend keeps at most 64 KiB of a user's name"));
            let session = ask("session.login_with_password", vec![json!("root"), json!("")]).await["Value"].clone();

            let (mut made, mut refused) = (Vec::new(), 0);
            for number in 0..12 {
                let network = json!({
                    "name_label": format!("net{number}"),
                    "name_description": "x".repeat(4 << 20),
                    "default_gateway": "",
                    "default_netmask": "",
                });
                let answer = ask("network.create", vec![session.clone(), network]).await;
                match refusal(&answer) {
                    None => made.push(answer["Value"].clone()),
                    Some(why) => {
                        assert_eq!(why, "mock-xend keeps at most 32 MiB of objects of the Xen-API");
                        refused += 1;
                    }
                }
            }
            assert_eq!((made.len(), refused), (7, 5), "seven are less than 32 MiB");
            let networks = ask("network.get_all", vec![session.clone()]).await;
            assert_eq!(networks["Value"].as_array().map(Vec::len), Some(8));
            // What goes makes room.
            assert_eq!(refusal(&ask("network.destroy", vec![session.clone(), made[0].clone()]).await), None);
            let vm = json!("11111111-1111-1111-1111-111111111111");
            let long = json!({"note": "x".repeat(3 << 20)});
            for _ in 0..4 {
                let set = ask("VM.set_other_config", vec![session.clone(), vm.clone(), long.clone()]).await;
                assert_eq!(refusal(&set), None, "it takes the place of the one before");
            }

            let classes = |number: usize| json!([format!("{number}{}", "x".repeat(1 << 20))]);
            let mut last = Value::Null;
            for number in 0..20 {
                last = ask("event.register", vec![session.clone(), classes(number)]).await;
            }
            assert_eq!(refusal(&last), Some("mock-xend keeps at most 16 MiB of registrations for events"));
            assert_eq!(refusal(&ask("VM.get_all", vec![session]).await), None);
        });
    }
}
