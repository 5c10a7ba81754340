//! Binary WebSocket messages with `tokio-tungstenite`: each connection keeps its window full, and both
//! ends write when there is nothing more to read.

use std::future::poll_fn;
use std::task::{Context, Poll};

use futures_util::{SinkExt, StreamExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::{Bytes, Message};
use tokio_tungstenite::{WebSocketStream, accept_async, client_async};

use crate::Failure;
use crate::load::{Load, Slot};
use crate::measure::Cost;
use crate::options::Run;

type Socket = WebSocketStream<TcpStream>;

pub(crate) async fn measure(run: &Run) -> Result<Cost, Failure> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let mut clients = Vec::new();
    for _ in 0..run.cell.load.connections {
        let client = TcpStream::connect(listener.local_addr()?).await?;
        let (accepted, _) = listener.accept().await?;
        client.set_nodelay(true)?;
        accepted.set_nodelay(true)?;
        let (accepted, client) =
            tokio::join!(accept_async(accepted), client_async("ws://bench/", client));
        let (mut server, (client, _)) = (accepted?, client?);
        tokio::spawn(async move { poll_fn(|cx| serve(&mut server, cx)).await });
        clients.push(client);
    }

    let load = Load::begin(run)?;
    let slots = load.slots(clients.len());
    let (window, payload) = (run.cell.load.in_flight, run.cell.load.payload);
    let mut tasks = JoinSet::new();
    for (mut socket, slot) in clients.into_iter().zip(slots) {
        let mut client = Asking::new(window, payload, slot);
        tasks.spawn(async move { poll_fn(|cx| client.poll(&mut socket, cx)).await });
    }
    load.measure(tasks).await
}

fn serve(socket: &mut Socket, cx: &mut Context<'_>) -> Poll<Result<(), Failure>> {
    while let Poll::Ready(message) = socket.poll_next_unpin(cx) {
        match message.transpose()? {
            Some(message) => socket.start_send_unpin(message)?,
            None => return Poll::Ready(Ok(())),
        }
    }
    let _ = socket.poll_flush_unpin(cx)?;
    Poll::Pending
}

/// The client of a connection.
struct Asking {
    /// Used in turn: to make them anew is not what is measured.
    messages: Vec<Bytes>,
    asked: usize,
    answered: usize,
    slot: Slot,
    start: Option<std::time::Instant>,
}

impl Asking {
    fn new(window: usize, payload: usize, slot: Slot) -> Self {
        let message = |id: usize| {
            let mut message = vec![b'p'; 8 + 16 + payload];
            message[..8].copy_from_slice(&id.to_le_bytes());
            message.into()
        };
        Self {
            messages: (0..window).map(message).collect(),
            asked: 0,
            answered: 0,
            slot,
            start: None,
        }
    }

    fn poll(&mut self, socket: &mut Socket, cx: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        loop {
            let window = self.messages.len();
            while self.asked - self.answered < window && self.slot.next().is_some() {
                self.start = (window == 1).then(|| self.slot.start()).flatten();
                let message = self.messages[self.asked % window].clone();
                socket.start_send_unpin(Message::Binary(message))?;
                self.asked += 1;
            }
            if self.asked == self.answered {
                return Poll::Ready(Ok(()));
            }
            let _ = socket.poll_flush_unpin(cx)?;
            let answered = self.answered;
            while self.answered < self.asked
                && let Poll::Ready(message) = socket.poll_next_unpin(cx)
            {
                let Some(Message::Binary(answer)) = message.transpose()? else {
                    return Poll::Ready(Err("no answer".into()));
                };
                let asked = &self.messages[self.answered % window];
                assert_eq!(answer.len(), asked.len(), "not its length");
                assert_eq!(answer[..8], asked[..8], "not the answer to it");
                self.answered += 1;
                self.slot.answered(self.start);
            }
            if self.answered == answered {
                return Poll::Pending;
            }
        }
    }
}
