"""Writes the same service twice, on mitto and on tarpc: N requests, their handlers, a call of each."""

import pathlib

TARPC = "0.38.0"


class Program:
    """One generated crate."""

    def __init__(self, folder, requests, handlers, repository):
        self.folder = pathlib.Path(folder) / self.name
        self.requests = requests
        self.is_async = handlers == "async"
        self.repository = repository

    def write(self):
        ops = range(1, self.requests + 1)
        source = self.folder / "src"
        source.mkdir(parents=True)
        (self.folder / "Cargo.toml").write_text(MANIFEST.format(name=self.name, own=self.dependencies()))
        (source / "messages.rs").write_text(USE_SERDE + "".join(self.message(op) for op in ops))
        (source / "service.rs").write_text(self.service(ops))
        (source / "main.rs").write_text(self.main(ops))
        self.touch(0)

    def touch(self, round):
        """Edits the body of the handler in the middle."""
        ops = range(1, self.requests + 1)
        touched = (self.requests + 1) // 2
        adds = {op: round if op == touched else 0 for op in ops}
        (self.folder / "src" / "server.rs").write_text(self.server(adds))


class Mitto(Program):
    name = "on_mitto"

    def dependencies(self):
        return f'mitto = {{ path = "{self.repository}/mitto" }}'

    def message(self, op):
        return MESSAGE.format(op=op, derive=", mitto::Request", attribute=f"#[request(response = Op{op}Done)]\n")

    def service(self, ops):
        names = "".join(f"        Op{op},\n" for op in ops)
        return MITTO_SCHEMA.format(names=names)

    def server(self, adds):
        names = "".join(f"    op{op},\n" for op in adds)
        asynchronous = "async " if self.is_async else ""
        handlers = "".join(
            f"#[mitto::handler]\n{asynchronous}fn op{op}(req: Op{op}) -> Op{op}Done {{\n"
            + BODY.format(op=op, add=add, indent="    ")
            + "}\n\n"
            for op, add in adds.items()
        )
        return MITTO_SERVER.format(names=names, handlers=handlers)

    def main(self, ops):
        return MITTO_MAIN.format(calls="".join(CALL.format(op=op, context="") for op in ops))


class Tarpc(Program):
    name = "on_tarpc"

    def dependencies(self):
        features = '"serde-transport", "serde-transport-json", "tcp"'
        return f'tarpc = {{ version = "={TARPC}", features = [{features}] }}\nfutures = "0.3"'

    def message(self, op):
        return MESSAGE.format(op=op, derive="", attribute="")

    def service(self, ops):
        methods = "".join(f"    async fn op{op}(req: Op{op}) -> Op{op}Done;\n" for op in ops)
        return TARPC_SERVICE.format(methods=methods)

    def server(self, adds):
        handlers = "".join(
            f"    async fn op{op}(self, _: Context, req: Op{op}) -> Op{op}Done {{\n"
            + BODY.format(op=op, add=add, indent="        ")
            + "    }\n\n"
            for op, add in adds.items()
        )
        return TARPC_SERVER.format(handlers=handlers)

    def main(self, ops):
        calls = "".join(CALL.format(op=op, context="context::current(), ") for op in ops)
        return TARPC_MAIN.format(calls=calls)


MANIFEST = """\
[package]
name = "{name}"
version = "0.0.0"
edition = "2024"

[workspace]

[dependencies]
serde = {{ version = "1", features = ["derive"] }}
tokio = {{ version = "1", features = ["macros", "rt-multi-thread"] }}
{own}
"""

USE_SERDE = "use serde::{Deserialize, Serialize};\n"

MESSAGE = """
#[derive(Debug, Clone, Serialize, Deserialize{derive})]
{attribute}pub struct Op{op} {{
    pub id: u64,
    pub name: String,
    pub tags: Vec<String>,
}}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Op{op}Done {{
    pub id: u64,
    pub count: u64,
}}
"""

BODY = """\
{indent}let count = req.tags.len() as u64 + {add};
{indent}Op{op}Done {{ id: req.id, count }}
"""

CALL = """\
    let done = client.op{op}({context}Op{op} {{ id: {op}, name: "name".into(), tags: vec![] }}).await?;
    assert_eq!(done.id, {op});
"""

MITTO_SCHEMA = """\
use crate::messages::*;

mitto::schema! {{
    pub Ops {{
        client => server as OpsClient: [
{names}        ],
    }}
}}
"""

MITTO_SERVER = """\
use crate::messages::*;
use crate::service::*;

#[mitto::provider(server of Ops: [
{names}])]
#[derive(Clone)]
pub struct OpsServer {{}}

{handlers}"""

MITTO_MAIN = """\
mod messages;
mod server;
mod service;

use messages::*;
use mitto::Server;
use server::OpsServer;
use service::OpsClient;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {{
    let server = Server::new(OpsServer {{}}).listen("ws://127.0.0.1:0").await?;
    let url = server.url().to_owned();
    tokio::spawn(server.run());
    let client = OpsClient::connect(&url).await?;
{calls}    Ok(())
}}
"""

TARPC_SERVICE = """\
use crate::messages::*;

#[tarpc::service]
pub trait Ops {{
{methods}}}
"""

TARPC_SERVER = """\
use crate::messages::*;
use crate::service::*;
use tarpc::context::Context;

#[derive(Clone)]
pub struct OpsServer;

impl Ops for OpsServer {{
{handlers}}}
"""

TARPC_MAIN = """\
mod messages;
mod server;
mod service;

use futures::StreamExt;
use messages::*;
use server::OpsServer;
use service::{{Ops, OpsClient}};
use tarpc::server::{{BaseChannel, Channel}};
use tarpc::tokio_serde::formats::Json;
use tarpc::{{client, context, serde_transport::tcp}};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {{
    let mut listener = tcp::listen("127.0.0.1:0", Json::default).await?;
    let address = listener.local_addr();
    tokio::spawn(async move {{
        while let Some(Ok(transport)) = listener.next().await {{
            let requests = BaseChannel::with_defaults(transport).execute(OpsServer.serve());
            tokio::spawn(requests.for_each(|answer| async move {{
                tokio::spawn(answer);
            }}));
        }}
    }});
    let transport = tcp::connect(address, Json::default).await?;
    let client = OpsClient::new(client::Config::default(), transport).spawn();
{calls}    Ok(())
}}
"""
