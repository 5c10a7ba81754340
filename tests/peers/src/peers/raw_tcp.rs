//! Bytes over TCP: each connection keeps its window full, and writes what it has in one piece.
//!
//! No message is taken apart but for its length and its id, so this is a floor.

use std::collections::VecDeque;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::Failure;
use crate::load::{Load, Slot};
use crate::measure::Cost;
use crate::options::Run;

const BUFFER: usize = 64 << 10;

pub(crate) async fn measure(run: &Run) -> Result<Cost, Failure> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let mut clients = Vec::new();
    for _ in 0..run.cell.load.connections {
        let client = TcpStream::connect(listener.local_addr()?).await?;
        let (accepted, _) = listener.accept().await?;
        client.set_nodelay(true)?;
        accepted.set_nodelay(true)?;
        tokio::spawn(serve(accepted));
        clients.push(client);
    }

    let load = Load::begin(run)?;
    let slots = load.slots(clients.len());
    let (window, payload) = (run.cell.load.in_flight, run.cell.load.payload);
    let mut tasks = JoinSet::new();
    for (client, slot) in clients.into_iter().zip(slots) {
        tasks.spawn(ask(client, window, payload, slot));
    }
    load.measure(tasks).await
}

async fn serve(mut stream: TcpStream) -> Result<(), Failure> {
    let mut buffer = vec![0; BUFFER];
    loop {
        match stream.read(&mut buffer).await? {
            0 => return Ok(()),
            count => stream.write_all(&buffer[..count]).await?,
        }
    }
}

/// A message: its length, its id, the name and the payload.
fn message(payload: usize) -> Vec<u8> {
    let length = 8 + 16 + payload;
    let mut message = Vec::with_capacity(4 + length);
    message.extend((length as u32).to_le_bytes());
    message.extend([0; 8]);
    message.resize(4 + length, b'p');
    message
}

async fn ask(
    mut stream: TcpStream,
    window: usize,
    payload: usize,
    mut slot: Slot,
) -> Result<(), Failure> {
    let (mut reader, mut writer) = stream.split();
    let mut message = message(payload);
    let (mut out, mut written) = (Vec::new(), 0);
    let (mut input, mut filled) = (vec![0; BUFFER.max(2 * message.len())], 0);
    let mut asked = VecDeque::with_capacity(window);
    loop {
        if written == out.len() {
            out.clear();
            written = 0;
        }
        while asked.len() < window
            && let Some(id) = slot.next()
        {
            message[4..12].copy_from_slice(&id.to_le_bytes());
            out.extend_from_slice(&message);
            asked.push_back((id, (window == 1).then(|| slot.start()).flatten()));
        }
        if asked.is_empty() {
            return Ok(());
        }
        // Both at once: a server that cannot write does not read.
        tokio::select! {
            biased;
            count = writer.write(&out[written..]), if written < out.len() => written += count?,
            count = reader.read(&mut input[filled..]) => match count? {
                0 => return Err("the server has gone".into()),
                count => filled += count,
            },
        }
        let mut rest = &input[..filled];
        while let Some((answer, after)) = rest.split_at_checked(message.len()) {
            let (id, start) = asked.pop_front().ok_or("an answer to nothing")?;
            assert_eq!(answer[..4], message[..4], "not its length");
            assert_eq!(answer[4..12], id.to_le_bytes(), "not the answer to it");
            slot.answered(start);
            rest = after;
        }
        let left = rest.len();
        input.copy_within(filled - left..filled, 0);
        filled = left;
    }
}
