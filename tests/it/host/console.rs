//! Hosts that are operated by commands.

use mitto::host::{Console, Host};
use mitto::{Request, handler, provider};
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = u64)]
struct Double {
    n: u64,
}

mitto::schema! {
    Sums { client => server as SumsClient: [Double] }
}

#[provider(server of Sums: [double])]
struct Doubling;

#[handler]
fn double(req: Double) -> u64 {
    req.n * 2
}

const SUMS: &str = r#"
    [applications.sums.nodes.double]
    provider = "double"

    [hosts.here]
    local = true
    address = "tcp://127.0.0.1:0"
    runs = ["sums"]
"#;

const MORE: &str = r#"
    [applications.mail.nodes.outbox]
"#;

#[tokio::test]
async fn commands_do_what_they_say() {
    let folder = std::env::temp_dir().join(format!("mitto-console-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let file = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, text).expect("it is written");
        path.display().to_string()
    };
    let (sums, more) = (file("sums.toml", SUMS), file("more.toml", MORE));
    let half = file("half.toml", "[applications.sums.no");
    let mut console = Console::new(|| Host::builder().provider("double", Doubling));
    for (line, expected) in [
        (
            "send sums/double/Double {\"n\": 4}".to_owned(),
            "error: nothing runs",
        ),
        ("show".to_owned(), "error: nothing runs"),
        ("unload".to_owned(), "error: nothing runs"),
        (
            format!("plan {sums}"),
            "+ application sums: double\n+ host here",
        ),
        (format!("load {half}"), "error: "),
        (
            format!("load {sums}"),
            "+ application sums: double\n+ host here",
        ),
        ("send sums/double/Double {\"n\": 4}".to_owned(), "8"),
        (
            "send sums/double/Double four".to_owned(),
            "error: bad request",
        ),
        (
            "send sums/triple/Double 4".to_owned(),
            "error: not found: application `sums` has no node `triple`",
        ),
        (
            "send sums/* 4".to_owned(),
            "error: bad request: the node of the address holds '*'",
        ),
        ("post sums/double/Double {\"n\": 4}".to_owned(), ""),
        (format!("plan {more}"), "+ application mail: outbox"),
        (format!("load {more}"), "+ application mail: outbox"),
        (format!("load {more}"), "nothing changes"),
        ("show".to_owned(), "host here: here, at tcp://127.0.0.1:"),
        ("help".to_owned(), "load FILE"),
        ("unload".to_owned(), "unloaded"),
        ("show".to_owned(), "error: nothing runs"),
    ] {
        let said = console.command(&line).await.expect("no end");
        assert!(said.starts_with(expected), "{line}: {said}");
    }
    assert_eq!(console.command("exit").await, None);
    std::fs::remove_dir_all(folder).expect("it is there");
}
