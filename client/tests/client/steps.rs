//! Operations that take more than one request.

use xend_client::{ErrorCode, Face, Fate, PowerState, Release};

use crate::peer::{Requests, client, conversation, reply, run};

fn bodies(noted: &Requests) -> Vec<String> {
    let body = |request: &String| match request.split_once("\r\n\r\n") {
        Some((_, body)) if !body.is_empty() => body.split('&').next().unwrap_or_default().to_owned(),
        _ => request.lines().next().unwrap_or_default().to_owned(),
    };
    noted.lock().unwrap().iter().map(body).collect()
}

fn created() -> Vec<u8> {
    reply("201 created", "(domain (domid 3) (name new))")
}

const RUNNING: &str = "(domain (domid 3) (name new) (state -b----))";

fn done() -> Vec<u8> {
    reply("202 Accepted", "")
}

#[test]
fn a_domain_is_made_and_started() {
    run(async {
        let (client, noted) =
            conversation(client(Face::Sxp), vec![created(), done(), reply("200 OK", ""), reply("200 OK", RUNNING)]);
        let domain = client.create_and_start("(vm (name new))").await.unwrap();
        assert_eq!((domain.domid(), domain.power_state()), (Some(3), Some(PowerState::Running)));
        assert_eq!(bodies(&noted), ["op=create", "op=wait_for_devices", "op=unpause", "GET /xend/domain/3 HTTP/1.1"]);
    });
}

/// Users of libvirt met this failure: after `Device 0 (vif) could not be connected` the domain is destroyed.
#[test]
fn a_domain_whose_devices_fail_is_destroyed() {
    let failed = "(xend.err 'Device 0 (vif) could not be connected. Hotplug scripts not working.')";
    run(async {
        let (client, noted) = conversation(
            client(Face::Sxp),
            vec![created(), reply("500 Request failed: wait_for_devices", failed), done()],
        );
        let error = client.create_and_start("(vm (name new))").await.unwrap_err();
        assert_eq!(
            (error.operation(), error.code(), error.domain()),
            ("domain.wait_for_devices", ErrorCode::VmStuck, Some("new"))
        );
        assert_eq!(bodies(&noted), ["op=create", "op=wait_for_devices", "op=destroy"]);
    });
    // Destroying the domain fails, too.
    run(async {
        let (client, _) = conversation(client(Face::Sxp), vec![created(), reply("500 x", failed)]);
        let error = client.create_and_start("(vm (name new))").await.unwrap_err();
        assert!(error.message().contains("Hotplug scripts not working.; then domain.destroy: "), "{error}");
        assert_eq!(error.fate(), Fate::Unknown);
    });
}

#[test]
fn a_domain_that_could_not_be_made_is_left_alone() {
    run(async {
        let refused =
            reply("500 Request failed: create", "(xend.err \"Error creating domain: VM name 'new' already exists\")");
        let (client, noted) = conversation(client(Face::Sxp), vec![refused]);
        let error = client.create_and_start("(vm (name new))").await.unwrap_err();
        assert_eq!((error.operation(), error.code()), ("domain.create", ErrorCode::AlreadyExist));
        assert_eq!(bodies(&noted), ["op=create"]);
    });
}

/// The replies are those of the captures `get-node` of each release, shortened to the fields that tell the release. The
/// replies of 3.0.4, 4.0 and 4.2 follow from the protocol reference §3.9.
#[test]
fn the_release_is_detected() {
    let check = |node: &str, release: Release| {
        run(async {
            let (client, _) = conversation(client(Face::Sxp), vec![reply("200 OK", node)]);
            assert_eq!(client.detect().await.unwrap().release_in_use(), release, "{node}");
        });
    };
    check("(node (xen_major 3) (xen_minor 0) (xen_extra .2))", Release::V3_0_2);
    check("(node (xen_major 3) (xen_minor 0) (xen_extra .3) (xend_config_format 2))", Release::V3_0_3);
    check("(node (xen_major 3) (xen_minor 1) (xen_extra .0) (xend_config_format 4))", Release::V3_1);
    check("(node (xen_major 3) (xen_minor 0) (xen_extra .4) (xend_config_format 3))", Release::V3_1);
    check("(node (xen_major 3) (xen_minor 2) (xend_config_format 4))", Release::V3_2);
    check("(node (xen_major 3) (xen_minor 3) (xend_config_format 4))", Release::V3_3);
    check("(node (xen_major 3) (xen_minor 4) (xend_config_format 4))", Release::V3_4);
    check("(node (xen_major 4) (xen_minor 1) (xend_config_format 4))", Release::V4_1);
    check("(node (xen_major 4) (xen_minor 0) (xend_config_format 4))", Release::V4_1);
    check("(node (xen_major 4) (xen_minor 2) (xend_config_format 4))", Release::V4_1);
    check("(node (xen_major 4) (xen_minor 4) (xend_config_format 4))", Release::V4_4);
}

#[test]
fn autostart_is_set_by_defining_anew() {
    run(async {
        let record = "(domain (name vm1) (on_xend_start ignore) (image (linux (args 'a b'))))";
        let (client, noted) = conversation(client(Face::Sxp), vec![reply("200 OK", record), reply("200 OK", "")]);
        client.set_autostart("vm1", true).await.unwrap();
        let sent = noted.lock().unwrap()[1].clone();
        assert!(sent.ends_with("op=new&config=%28domain%20%28name%20vm1%29%20%28on_xend_start%20start%29%20%28image%20%28linux%20%28args%20%27a%20b%27%29%29%29%29"), "{sent}");
    });
}

/// Up to 3.0.3 the client searches the descriptions of all domains for the uuid.
#[test]
fn a_uuid_is_found_on_old_releases_too() {
    run(async {
        let records =
            "((domain (domid 0) (uuid 00000000-0000-0000-0000-000000000000)) (domain (domid 1) (uuid 1111-a)))";
        let (client, _) = conversation(client(Face::Sxp).release(Release::V3_0_2), vec![reply("200 OK", records); 2]);
        assert_eq!(client.domain_by_uuid("1111-A").await.unwrap().domid(), Some(1));
        assert_eq!(client.domain_by_uuid("x").await.unwrap_err().code(), ErrorCode::VmNotFound);
    });
}
