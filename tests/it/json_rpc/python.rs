//! A client in Python: `websockets`, and `jsonrpcclient` for the texts. `tests/run` installs them.

use std::path::Path;
use std::process::Stdio;

use mitto::Limits;
use tokio::process::Command;

use super::service::serve;

#[tokio::test]
async fn client_in_python_is_served() {
    let (server, _) = serve(Limits::default()).await;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("python");
    let own = folder.join("env/bin/python");
    let python = if own.exists() { own } else { "python3".into() };
    let output = Command::new(python)
        .arg(folder.join("json_rpc.py"))
        .arg(server.url())
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .expect("python3: run the tests with `tests/run`, which says what is missing");
    let (told, failed) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(
        output.status.success(),
        "{failed}\n(if a module is missing: `tests/run` installs it)"
    );
    assert_eq!(told.lines().last(), Some("all is well"), "{told}");
}
