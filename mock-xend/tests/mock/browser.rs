//! A headless Chromium, driven over pipes by its DevTools protocol: JSON messages, each ended by a NUL.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

/// A browser with one page.
pub(crate) struct Browser {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    session: Value,
    calls: u64,
    _data: tempfile::TempDir,
}

const OPTIONS: &str = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking \
                       --disable-component-update --disable-sync --disable-dev-shm-usage --remote-debugging-pipe";

impl Browser {
    /// Starts a browser; none where there is no Chromium, which the test then tells.
    pub(crate) fn start() -> Option<Self> {
        let is_there = |name: &&str| Command::new(name).arg("--version").output().is_ok_and(|it| it.status.success());
        let Some(name) = ["chromium", "chromium-browser", "google-chrome"].into_iter().find(is_there) else {
            eprintln!("left out, for there is no Chromium");
            return None;
        };
        let data = tempfile::tempdir().unwrap();
        // The browser reads the protocol from descriptor 3 and writes it to descriptor 4.
        let command = format!("exec {name} {OPTIONS} --user-data-dir=\"$0\" 3<&0 4>&1 </dev/null >/dev/null 2>&1");
        let mut child = Command::new("sh")
            .args(["-c", &command])
            .arg(data.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let to = child.stdin.take().unwrap();
        let from = BufReader::new(child.stdout.take().unwrap());
        let mut browser = Self { child, to, from, session: Value::Null, calls: 0, _data: data };
        let target = browser.call("Target.createTarget", &json!({ "url": "about:blank" }))["targetId"].take();
        let attached = browser.call("Target.attachToTarget", &json!({ "targetId": target, "flatten": true }));
        browser.session = attached["sessionId"].clone();
        Some(browser)
    }

    /// Calls a method, and returns its result.
    pub(crate) fn call(&mut self, method: &str, params: &Value) -> Value {
        self.calls += 1;
        let mut message = json!({ "id": self.calls, "method": method, "params": params });
        if !self.session.is_null() {
            message["sessionId"] = self.session.clone();
        }
        write!(self.to, "{message}\0").unwrap();
        loop {
            let mut bytes = Vec::new();
            self.from.read_until(0, &mut bytes).unwrap();
            assert_eq!(bytes.pop(), Some(0), "the browser has ended");
            let mut answer: Value = serde_json::from_slice(&bytes).unwrap();
            // Events have no id.
            if answer["id"] == self.calls {
                assert!(answer["error"].is_null(), "{method}: {answer}");
                return answer["result"].take();
            }
        }
    }

    /// Opens a page.
    pub(crate) fn open(&mut self, url: &str) {
        self.call("Page.navigate", &json!({ "url": url }));
        // The old page may still be there for a moment.
        self.wait(&format!("location.href.startsWith({}) && document.readyState === 'complete'", json!(url)));
    }

    /// Returns the value of an expression; a promise is awaited.
    pub(crate) fn value(&mut self, expression: &str) -> Value {
        let params = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let mut result = self.call("Runtime.evaluate", &params);
        assert!(result["exceptionDetails"].is_null(), "{expression}: {result}");
        result["result"]["value"].take()
    }

    /// Waits until a condition holds on the page. Fails after half a minute with what the page shows.
    pub(crate) fn wait(&mut self, condition: &str) {
        for _ in 0..600 {
            if self.value(condition) == true {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        let shown = self.value("document.body.innerText");
        panic!("{condition} does not come to hold: {shown}");
    }

    /// Sets the width of the window, and whether the system is dark.
    pub(crate) fn set(&mut self, width: u32, height: u32, is_dark: bool) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.call("Emulation.setDeviceMetricsOverride", &size);
        let scheme = if is_dark { "dark" } else { "light" };
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.call("Emulation.setEmulatedMedia", &features);
    }

    /// Returns a picture of the window, as PNG.
    pub(crate) fn picture(&mut self) -> Vec<u8> {
        let shot = self.call("Page.captureScreenshot", &json!({ "format": "png" }));
        data_encoding::BASE64.decode(shot["data"].as_str().unwrap().as_bytes()).unwrap()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It ends by itself when the pipe is closed, and its children with it; the wait is for its folder.
        self.session = Value::Null;
        let _ = write!(self.to, "{}\0", json!({ "id": 0, "method": "Browser.close" }));
        let _ = self.child.wait();
    }
}
