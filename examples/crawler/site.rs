//! A small web site on loopback.

use std::io;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// Pages link to pages that are this many times farther.
const BRANCHES: u32 = 3;

/// So many pages there are; the links of the last ones lead nowhere.
const PAGES: u32 = 200;

/// Serves until the program ends: the address of the first page.
pub(crate) async fn serve() -> io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let start = format!("http://{}/0", listener.local_addr()?);
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            tokio::spawn(answer(connection));
        }
    });
    Ok(start)
}

async fn answer(mut connection: TcpStream) -> io::Result<()> {
    let mut request = String::new();
    BufReader::new(&mut connection)
        .read_line(&mut request)
        .await?;
    let path = request.split(' ').nth(1).unwrap_or_default();
    let number = path.trim_start_matches('/').parse().ok();
    let page = match number.filter(|number| *number < PAGES) {
        Some(number) => format!("HTTP/1.0 200 OK\r\n\r\n{}", page(number)),
        None => "HTTP/1.0 404 Not Found\r\n\r\n".to_owned(),
    };
    connection.write_all(page.as_bytes()).await
}

/// Links to the start, to another site, and to the next pages.
fn page(number: u32) -> String {
    let next = (1..=BRANCHES).map(|n| format!("<a href=\"{}\">next</a>", number * BRANCHES + n));
    let next: String = next.collect();
    format!(
        "<h1>{number}</h1> <a href=\"/0\">start</a> <a href=\"http://example.com/\">away</a> {next}"
    )
}
