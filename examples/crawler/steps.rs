//! What the nodes do.

use std::sync::Arc;

use mitto::pipeline::{Flow, StepContext, Steps};
use mitto::{State, Status};
use serde::Deserialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::crawl::{Crawl, Link, Page};

pub(crate) fn all(crawl: &Arc<Crawl>) -> Steps {
    Steps::new()
        .step::<resolve>()
        .step::<download>()
        .step::<harvest>()
        .state(crawl.clone())
}

/// Sends a page on if it is to be looked at, and answers whether it is.
#[mitto::step]
fn resolve(
    ctx: &mut StepContext,
    State(crawl): State<Arc<Crawl>>,
    link: Link,
) -> Result<Flow<bool>, Status> {
    let is_new = crawl.take(&link);
    if is_new {
        ctx.post("crawler/dispatcher/Dispatch", &link)?;
    }
    Ok(Flow::Next(is_new))
}

#[derive(Deserialize)]
struct Size {
    /// Of a page, in bytes. What is longer is cut.
    longest: u64,
}

/// Goes on with the page that a link leads to.
#[mitto::step]
async fn download(size: &Size, State(crawl): State<Arc<Crawl>>, link: Link) -> Flow<Page> {
    match get(&link.url, size.longest).await {
        Ok(text) => Flow::Next(Page { link, text }),
        Err(_) => {
            crawl.done(false);
            Flow::Stop
        }
    }
}

/// Gives the links of a page to the controller.
#[mitto::step]
async fn harvest(
    ctx: &mut StepContext,
    State(crawl): State<Arc<Crawl>>,
    page: Page,
) -> Result<Flow<()>, Status> {
    for part in page.text.split("href=\"").skip(1) {
        let href = part.split('"').next().unwrap_or_default();
        let link = Link {
            url: absolute(&page.link.url, href),
            depth: page.link.depth + 1,
        };
        let _: bool = ctx.call("crawler/controller/Resolve", &link).await?;
    }
    crawl.done(true);
    Ok(Flow::Stop)
}

/// The text of a page, over HTTP 1.0.
async fn get(url: &str, longest: u64) -> Result<String, std::io::Error> {
    let wrong = || std::io::Error::other("no page");
    let rest = url.strip_prefix("http://").ok_or_else(wrong)?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let mut connection = TcpStream::connect(host).await?;
    let request = format!("GET /{path} HTTP/1.0\r\nHost: {host}\r\n\r\n");
    connection.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    connection.take(longest).read_to_end(&mut answer).await?;
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(wrong)?;
    let found = head.split(' ').nth(1) == Some("200");
    found.then(|| body.to_owned()).ok_or_else(wrong)
}

/// Where a link of a page leads.
fn absolute(page: &str, href: &str) -> String {
    if href.contains("://") {
        return href.to_owned();
    }
    let root = page
        .match_indices('/')
        .nth(2)
        .map_or(page, |(at, _)| &page[..at]);
    match href.strip_prefix('/') {
        Some(path) => format!("{root}/{path}"),
        None => {
            let folder = page.rsplit_once('/').map_or(page, |(folder, _)| folder);
            format!("{folder}/{href}")
        }
    }
}
