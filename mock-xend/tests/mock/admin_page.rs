//! The page of the admin listener, in a browser.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::json;

use crate::admin::Mock;
use crate::browser::Browser;
use crate::command::terminate;

const SCENARIO: &str = r#"
unexpected = "refuse"
state = { daemon = "up" }

[[expect]]
face = "sxp"
operation = "domain.pause"
args = { domain = "db" }
reply = "internal-error"

[[expect]]
operation = "node.info"
reply = "simulate"
times = "any"
next-state = { daemon = "down" }
"#;

/// A mock that has been asked what no expectation answers.
fn mock() -> (Mock, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("scenario.toml");
    std::fs::write(&file, SCENARIO).unwrap();
    let mock = Mock::start(&["--scenario", file.to_str().unwrap()]);
    mock.pause("vm1");
    (mock, folder)
}

/// Sends a request to a face, and reads the reply to its end.
fn send(address: &str, request: &str) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    stream.read_to_end(&mut Vec::new()).unwrap();
}

const TEXT: &str = "document.body.innerText";

#[test]
fn the_page_tells_why_and_follows() {
    let Some(mut browser) = Browser::start() else { return };
    let (mock, _folder) = mock();
    browser.open(&format!("http://{}/", mock.admin));
    browser.wait("document.querySelectorAll('.refused').length === 1");
    browser.value("document.querySelector('.refused > summary').click()");
    browser.wait(&format!("{TEXT}.includes('closest: line 5: sxp domain.pause domain=db')"));
    let told = "[...document.querySelectorAll('.why li')].map(it => it.className + ': ' + it.innerText)";
    assert_eq!(
        browser.value(told),
        json!(["met: ✓face: sxp", "met: ✓operation: domain.pause", "unmet: ✗args.domain: \"vm1\", expected \"db\""])
    );
    // A request that comes is shown without a reload, and the open one stays open.
    send(&mock.sxp, "GET /xend/node/ HTTP/1.0\r\n\r\n");
    browser.wait("document.querySelector('#list summary .what').innerText === 'node.info'");
    assert_eq!(browser.value("document.querySelectorAll('details[open]').length"), 1);
    // The states and what has come of the expectations.
    browser.wait("document.getElementById('states').innerText === 'daemon\\tdown'");
    let expectations =
        "[...document.querySelectorAll('#expectations tr')].map(it => it.innerText.replace(/\\s+/g, ' '))";
    browser.wait(&format!("{expectations}.join('; ') === '○ sxp domain.pause domain=db line 5, once 0; ✓ node.info line 11, any number of times 1'"));
    browser.wait("document.getElementById('differences').innerText === '2'");
    assert_eq!(
        browser.value("[...document.querySelectorAll('.finding b')].slice(0, 2).map(it => it.innerText)"),
        json!(["unexpected", "unused"])
    );
    browser.wait("document.getElementById('domains').innerText.includes('vm1\\t1\\tblocked\\t64\\t1')");
    assert_eq!(terminate(mock.child).0, Some(0));
    browser.wait("document.getElementById('live').innerText === 'the mock does not answer'");
}

#[test]
fn the_page_sets_faults_and_resets() {
    let Some(mut browser) = Browser::start() else { return };
    let (mock, _folder) = mock();
    browser.open(&format!("http://{}/", mock.admin));
    let add = |browser: &mut Browser, fault: &str| {
        browser.value(&format!(
            "document.getElementById('fault').value = {}, document.getElementById('add').requestSubmit()",
            json!(fault)
        ));
    };
    add(&mut browser, "{\"close\": \"head\"}");
    browser.wait("document.getElementById('broken').innerText === '1'");
    assert_eq!(mock.json("/faults"), json!([{ "close": "head" }]));
    add(&mut browser, "{\"stall\": \"body\"}");
    browser.wait("document.getElementById('fault-mistake').innerText.includes('a reply has one end')");
    assert_eq!(mock.json("/faults"), json!([{ "close": "head" }]));
    browser.value("document.getElementById('switch').click()");
    browser.wait("document.getElementById('broken').innerText === 'off'");
    assert_eq!(mock.json("/faults"), json!([]));
    browser.value("document.getElementById('switch').click()");
    browser.wait("document.getElementById('broken').innerText === '1'");
    assert_eq!(mock.json("/faults"), json!([{ "close": "head" }]));
    // The keyboard alone resets the mock: the button, and the second one of the dialog.
    let press = |browser: &mut Browser, key: &str, code: u32| {
        for kind in ["keyDown", "keyUp"] {
            let text = if key == "Enter" && kind == "keyDown" { "\r" } else { "" };
            let event = json!({ "type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code, "text": text });
            browser.call("Input.dispatchKeyEvent", &event);
        }
    };
    browser.value("document.getElementById('reset').focus()");
    press(&mut browser, "Enter", 13);
    browser.wait("document.activeElement.id === 'keep'");
    press(&mut browser, "Tab", 9);
    browser.wait("document.activeElement.id === 'start-over'");
    press(&mut browser, "Enter", 13);
    browser.wait("document.querySelectorAll('#list li').length === 0");
    browser.wait("document.getElementById('broken').innerText === 'off'");
    assert_eq!(mock.json("/faults"), json!([]));
    assert_eq!(mock.call("GET", "/journal", b"").2, "");
    assert_eq!(terminate(mock.child).0, Some(0));
}

#[test]
fn the_page_is_light_and_dark_and_fits_a_telephone() {
    let Some(mut browser) = Browser::start() else { return };
    let (mock, _folder) = mock();
    let mut grounds = Vec::new();
    for is_dark in [false, true] {
        browser.set(400, 800, is_dark);
        browser.open(&format!("http://{}/?{is_dark}", mock.admin).replace("/?", "/#"));
        browser.wait("document.querySelectorAll('#list summary').length === 1");
        browser.value("document.querySelectorAll('#list details').forEach(it => { it.open = true; })");
        browser.wait("document.querySelectorAll('#list pre').length === 2");
        let width = browser.value("document.documentElement.scrollWidth").as_u64();
        assert!(width.is_some_and(|width| width <= 400), "{width:?}");
        // Everything that can be pressed is reached, and has a name.
        let unnamed = "[...document.querySelectorAll('button, input, select, a, summary')]\
                       .filter(it => it.tabIndex < 0 || !(it.innerText || it.ariaLabel || it.labels?.length || it.closest('dialog'))).length";
        assert_eq!(browser.value(unnamed), 0);
        // Text stands out from the ground as WCAG 2 asks of it (contrast 4.5 for the dim and the accent).
        grounds.push(browser.value("getComputedStyle(document.body).backgroundColor"));
        let contrast = "(() => { \
            const light = name => { const [r, g, b] = getComputedStyle(document.documentElement).getPropertyValue(name).trim() \
                .match(/[0-9a-f]{2}/g).map(it => parseInt(it, 16) / 255).map(it => it <= 0.03928 ? it / 12.92 : ((it + 0.055) / 1.055) ** 2.4); \
                return 0.2126 * r + 0.7152 * g + 0.0722 * b; }; \
            const between = (a, b) => (Math.max(light(a), light(b)) + 0.05) / (Math.min(light(a), light(b)) + 0.05); \
            return ['--paper', '--sheet', '--well', '--tint'].flatMap(ground => ['--ink', '--dim', '--accent'] \
                .filter(ink => ground !== '--tint' || ink !== '--dim').map(ink => [between(ink, ground), ink + ' on ' + ground])) \
                .filter(([ratio]) => ratio < 4.5).join(', '); })()";
        assert_eq!(browser.value(contrast), "");
        assert!(browser.picture().starts_with(b"\x89PNG"));
    }
    assert_ne!(grounds[0], grounds[1]);
    assert_eq!(terminate(mock.child).0, Some(0));
}

/// What a peer sends is text on the page, wherever it stands.
#[test]
fn nothing_of_a_peer_becomes_html() {
    let Some(mut browser) = Browser::start() else { return };
    let mock = Mock::start(&["--xmlrpc", "127.0.0.1:0"]);
    let health = mock.json("/health");
    let xmlrpc = health["listening"][1]["address"].as_str().unwrap().strip_prefix("tcp:").unwrap().to_owned();
    let evil = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">";
    let escaped = evil.replace('<', "&lt;").replace('>', "&gt;");
    let scenario = "[[expect]]\noperation = \"domain.pause\"\nargs = { domain = \"db\" }\nreply = \"close\"\n";
    assert_eq!(mock.call("POST", "/scenario", scenario.as_bytes()).0, 204);
    for method in [evil, &escaped] {
        let body =
            format!("<?xml version='1.0'?><methodCall><methodName>{method}</methodName><params></params></methodCall>");
        send(
            &xmlrpc,
            &format!("POST /RPC2 HTTP/1.0\r\nContent-Type: text/xml\r\nContent-Length: {}\r\n\r\n{body}", body.len()),
        );
    }
    mock.pause(&evil.replace('/', "%2F").replace(' ', "%20"));
    browser.open(&format!("http://{}/", mock.admin));
    browser.wait("document.querySelectorAll('#list summary').length === 3");
    browser.value("document.querySelectorAll('#list details').forEach(it => { it.open = true; })");
    browser.wait("document.querySelectorAll('#list pre').length >= 5");
    browser.wait(&format!("{TEXT}.includes(\"<script>document.title='owned'\")"));
    assert_eq!(
        browser.value("document.querySelectorAll('img').length + document.querySelectorAll('script').length"),
        1
    );
    assert_eq!(browser.value("document.title"), "mock-xend");
    // Nor could a script of the page turn it into HTML: the policy forbids it.
    let tried = browser.value(
        "(() => { try { document.body.innerHTML = 'x'; return 'done'; } catch (error) { return error.name; } })()",
    );
    assert_eq!(tried, "TypeError");
    assert_eq!(terminate(mock.child).0, Some(0));
}

/// The face of the mock is a page of another origin: the browser asks what it asks in its name.
#[test]
fn a_page_of_another_origin_can_do_nothing_in_a_browser() {
    let Some(mut browser) = Browser::start() else { return };
    let mock = Mock::start(&[]);
    let scenario = "[[expect]]\nface = \"sxp\"\nmethod = \"GET\"\npath = \"/attack\"\n\
                    reply = { text = { body = \"<!doctype html>\", content-type = \"text/html\" } }\n";
    assert_eq!(mock.call("POST", "/scenario", scenario.as_bytes()).0, 204);
    browser.open(&format!("http://{}/attack", mock.sxp));
    let before = mock.everything();
    let tries = format!(
        "(async () => {{ const base = 'http://{}'; const told = []; \
         for (const [path, options] of [['/world', {{}}], ['/world', {{ mode: 'no-cors' }}], ['/reset', {{ method: 'POST', mode: 'no-cors' }}], \
             ['/faults', {{ method: 'POST', mode: 'no-cors', body: '[\"http-0.9\"]' }}], ['/world', {{ method: 'PUT', body: '' }}]]) \
             told.push(await fetch(base + path, options).then(async answer => answer.status + await answer.text(), error => error.name)); \
         const frame = document.createElement('iframe'); frame.src = base + '/'; document.documentElement.append(frame); \
         await new Promise(done => {{ frame.onload = done; }}); told.push(String(frame.contentDocument)); \
         return told; }})()",
        mock.admin
    );
    // No answer is readable: each fetch fails, and the frame is that of an error, which this page can't look into.
    let told = browser.value(&tries);
    assert_eq!(told, json!(["TypeError", "TypeError", "TypeError", "TypeError", "TypeError", "null"]));
    assert!(mock.everything() == before);
    assert!(mock.call("GET", "/journal", b"").2.contains("GET /attack"), "it is as full as before");
    assert_eq!(terminate(mock.child).0, Some(0));
}

#[test]
fn the_page_is_fenced_in() {
    let mock = Mock::start(&[]);
    let (status, head, body) = mock.call("GET", "/", b"");
    assert_eq!(status, 200);
    let policy = head.lines().find_map(|line| line.strip_prefix("content-security-policy: ")).unwrap();
    let nonce = policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap();
    assert!(policy.starts_with("default-src 'none'; ") && policy.contains("frame-ancestors 'none'"), "{policy}");
    assert_eq!(body.matches(&format!("nonce=\"{nonce}\"")).count(), 2);
    assert!(!body.contains("{{"), "something is not filled in");
    for header in
        ["x-content-type-options: nosniff", "cross-origin-resource-policy: same-origin", "x-frame-options: DENY"]
    {
        assert!(head.lines().any(|line| line == header), "{head}");
    }
    // The nonce is made for each answer.
    assert!(!mock.call("GET", "/", b"").1.contains(nonce));
    assert_eq!(terminate(mock.child).0, Some(0));
}
