//! A server as a route of an [axum](https://docs.rs/axum) app, beside its other routes.
//!
//! axum answers HTTP; a request for a WebSocket is checked as by a server of `ws://` and then served by a
//! [`Handle`]. The types of axum and hyper stay in this module.

use std::future::ready;
use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::{ConnectInfo, OriginalUri, Request};
use axum::http::header::{
    CONNECTION, CONTENT_TYPE, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_PROTOCOL, UPGRADE,
};
use axum::http::{Response, StatusCode, Version};
use axum::routing::{MethodRouter, any};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;

use super::Handle;
use crate::transport::websocket::{Refused, Upgrade, upgraded};
use crate::transport::{
    BoxFuture, Connection, Incoming, PeerInfo, Settings, TransportError, UpgradeRequest,
};

/// A route that serves WebSockets with `server`: one that is [embedded](super::Server::embed), or one that
/// listens as well.
///
/// The request's headers and target are in [`PeerInfo::request`], where an authenticator finds them, and
/// the address of the client is in [`PeerInfo::remote`] where the app is served with
/// `into_make_service_with_connect_info::<SocketAddr>()`. [`PeerInfo::encrypted`] is false: axum does not
/// say. Pages of other origins are refused unless the server [allows](super::Server::allow_origin) them.
/// Under which names the app is reached is not known here: name them with
/// [`allow_host`](super::Server::allow_host), above all on loopback.
///
/// A request that is not one for a WebSocket is answered 426, one that comes when there is no room or the
/// server shuts down 503. axum's graceful shutdown does not wait for WebSockets:
/// [`Handle::shutdown`] ends them.
///
/// # Examples
///
/// ```
/// # use mitto::{Request, Server, handler, provider};
/// # use serde::{Deserialize, Serialize};
/// # #[derive(Serialize, Deserialize, Request)]
/// # #[request(response = String)]
/// # struct Greet { name: String }
/// # mitto::schema! { Hello { client => server as HelloClient: [Greet] } }
/// # #[provider(server of Hello: [greet])]
/// # struct HelloServer;
/// # #[handler]
/// # fn greet(req: Greet) -> String { format!("Hello, {}!", req.name) }
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use axum::Router;
/// use axum::routing::get;
///
/// let server = Server::new(HelloServer).embed()?;
/// let app: Router = Router::new()
///     .route("/", get(|| async { "a page" }))
///     .route("/rpc", mitto::server::axum::route(&server));
/// # let _ = app;
/// // axum::serve(listener, app).await?;
///
/// server.shutdown().await;
/// # Ok(())
/// # }
/// ```
pub fn route<S>(server: &Handle) -> MethodRouter<S>
where
    S: Clone + Send + Sync + 'static,
{
    let server = server.clone();
    any(move |request: Request| ready(answer(&server, request)))
}

/// Answers a request, and serves the WebSocket that it asks for, if it does.
fn answer(server: &Handle, mut request: Request) -> Response<Body> {
    let settings = server.transport_settings();
    let upgrade = match check(&request, &settings) {
        Ok(upgrade) => upgrade,
        Err(refused) => return turn_away(&refused),
    };
    let remote = match request.extensions().get() {
        Some(ConnectInfo::<SocketAddr>(address)) => address.to_string(),
        None => "a client of axum".to_owned(),
    };
    let Some(stream) = request.extensions_mut().remove::<OnUpgrade>() else {
        let text = "the server that received this request cannot upgrade it";
        return text_of(StatusCode::INTERNAL_SERVER_ERROR, text);
    };
    let Some(place) = server.reserve(&remote) else {
        return turn_away(&Refused::no_room());
    };
    let mut response = Response::builder()
        .status(StatusCode::SWITCHING_PROTOCOLS)
        .header(CONNECTION, "Upgrade")
        .header(UPGRADE, "websocket")
        .header(SEC_WEBSOCKET_ACCEPT, upgrade.accept);
    if let Some(subprotocol) = upgrade.subprotocol {
        response = response.header(SEC_WEBSOCKET_PROTOCOL, subprotocol);
    }
    let asked = Asked {
        stream,
        remote,
        subprotocol: upgrade.subprotocol,
        request: upgrade.request,
        settings,
    };
    server.run(place, Box::new(asked));
    response
        .body(Body::empty())
        .unwrap_or_else(|error| text_of(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()))
}

fn check(request: &Request, settings: &Settings) -> Result<Upgrade, Refused> {
    // Within a nested router the path is cut.
    let uri = match request.extensions().get() {
        Some(OriginalUri(uri)) => uri,
        None => request.uri(),
    };
    let headers: Vec<_> = request
        .headers()
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_bytes()))
        .collect();
    Upgrade::check(
        request.method().as_str(),
        request.version() == Version::HTTP_11,
        uri.path_and_query().map_or("/", |target| target.as_str()),
        &headers,
        settings,
    )
}

fn turn_away(refused: &Refused) -> Response<Body> {
    let status = StatusCode::from_u16(refused.status).unwrap_or(StatusCode::BAD_REQUEST);
    let mut response = text_of(status, refused.text);
    for (name, value) in &refused.headers {
        let value = axum::http::HeaderValue::from_static(value);
        response.headers_mut().insert(*name, value);
    }
    response
}

fn text_of(status: StatusCode, text: &str) -> Response<Body> {
    let mut response = Response::new(Body::from(format!("{text}\n")));
    *response.status_mut() = status;
    let plain = axum::http::HeaderValue::from_static("text/plain");
    response.headers_mut().insert(CONTENT_TYPE, plain);
    response
}

/// A WebSocket that was granted, before axum has handed its stream over.
struct Asked {
    stream: OnUpgrade,
    remote: String,
    subprotocol: Option<&'static str>,
    request: UpgradeRequest,
    settings: Settings,
}

impl Incoming for Asked {
    fn accept(self: Box<Self>) -> BoxFuture<'static, Result<Box<dyn Connection>, TransportError>> {
        Box::pin(async move {
            let stream = self.stream.await.map_err(|error| {
                TransportError::Handshake(format!("the upgrade was not completed: {error}"))
            })?;
            let mut peer = PeerInfo::new(self.remote);
            peer.request = Some(self.request);
            let stream = TokioIo::new(stream);
            Ok(upgraded(stream, self.subprotocol, peer, &self.settings))
        })
    }

    /// Its place is taken before it is made, so there is nobody to refuse.
    fn refuse(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(ready(()))
    }

    fn remote(&self) -> &str {
        &self.remote
    }
}
