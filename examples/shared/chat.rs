//! The messages and handlers of the examples `chat` and `testing`: rooms, and a server that pushes
//! what is said to everybody else in the room.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use mitto::{Notification, Peer, Request, State, Status, handler, provider};
use serde::{Deserialize, Serialize};

/// Enters a room, and leaves the one before. Answered with who else is there.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = Vec<String>, error = JoinError)]
pub struct Join {
    /// Who enters.
    pub name: String,
    /// Where; a room exists as long as somebody is in it.
    pub room: String,
}

/// Why somebody cannot enter a room.
#[derive(Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
pub enum JoinError {
    /// Names are unique.
    #[error("somebody else is called {0}, take another name")]
    NameTaken(String),
}

/// Says something to everybody else in the room. Answered with how many they are.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = usize)]
pub struct Say {
    /// What is said.
    pub text: String,
}

/// Asks how those in the room are; the server asks each of them.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = Vec<String>)]
pub struct Who {}

/// Something happened in the room.
#[derive(Clone, Debug, Serialize, Deserialize, Notification)]
pub struct Event {
    /// Who did it.
    pub name: String,
    /// What it was.
    pub what: What,
}

/// What happens in a room.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub enum What {
    Entered,
    Said(String),
    Left,
}

/// The server asks a client how it is.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = String)]
pub struct Mood {}

mitto::schema! {
    /// Rooms where people talk.
    pub Chat {
        client => server as ChatClient: [Join, Say, Who],
        server => client as ChatCaller: [Event, Mood],
    }
}

/// Keeps the rooms.
#[provider(server of Chat: [join, say, who])]
#[derive(Debug, Default)]
pub struct ChatServer {
    rooms: Rooms,
}

/// Who is in which room, by [`Peer::id`]. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Rooms(Arc<Mutex<BTreeMap<u64, Member>>>);

#[derive(Clone, Debug)]
struct Member {
    name: String,
    room: String,
    client: ChatCaller,
}

#[handler]
async fn join(
    State(rooms): State<Rooms>,
    client: ChatCaller,
    req: Join,
) -> Result<Vec<String>, JoinError> {
    let Join { name, room } = req;
    let peer = client.peer().clone();
    let here = Member { name, room, client };
    let before = rooms.enter(peer.id(), here.clone())?;
    match before {
        Some(before) => rooms.tell_others(&before, What::Left).await,
        None => rooms.forget_when_gone(peer),
    }
    rooms.tell_others(&here, What::Entered).await;
    Ok(rooms.others(&here).into_iter().map(|m| m.name).collect())
}

#[handler]
async fn say(State(rooms): State<Rooms>, peer: Peer, req: Say) -> Result<usize, Status> {
    let here = rooms.member(&peer)?;
    rooms.tell_others(&here, What::Said(req.text)).await;
    Ok(rooms.others(&here).len())
}

#[handler]
async fn who(State(rooms): State<Rooms>, peer: Peer, _: Who) -> Result<Vec<String>, Status> {
    let here = rooms.member(&peer)?;
    let asked = rooms.others(&here).into_iter().map(|member| async move {
        let mood = member.client.mood(Mood {});
        match mood.timeout(Duration::from_secs(2)).await {
            Ok(mood) => format!("{} is {mood}", member.name),
            Err(_) => format!("{} does not answer", member.name),
        }
    });
    Ok(join_all(asked).await)
}

impl Rooms {
    fn enter(&self, id: u64, here: Member) -> Result<Option<Member>, JoinError> {
        let mut members = self.lock();
        if (members.iter()).any(|(other, member)| *other != id && member.name == here.name) {
            return Err(JoinError::NameTaken(here.name));
        }
        Ok(members.insert(id, here))
    }

    fn member(&self, peer: &Peer) -> Result<Member, Status> {
        let member = self.lock().get(&peer.id()).cloned();
        member.ok_or_else(|| Status::denied("you are in no room, join one first"))
    }

    fn others(&self, here: &Member) -> Vec<Member> {
        let members = self.lock();
        let others = (members.values()).filter(|m| m.room == here.room && m.name != here.name);
        others.cloned().collect()
    }

    async fn tell_others(&self, here: &Member, what: What) {
        let others = self.others(here);
        let name = here.name.clone();
        let event = Event { name, what };
        // All at once, so that one slow connection delays nobody else. Whoever is gone is forgotten
        // by the task that waits for it, so a failure here needs no care.
        join_all(others.iter().map(|m| m.client.event(event.clone()))).await;
    }

    fn forget_when_gone(&self, peer: Peer) {
        let rooms = self.clone();
        tokio::spawn(async move {
            peer.closed().await;
            let left = rooms.lock().remove(&peer.id());
            if let Some(here) = left {
                rooms.tell_others(&here, What::Left).await;
            }
        });
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Member>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
