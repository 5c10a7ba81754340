//! errors: 1

#[allow(dead_code)]
#[derive(serde::Serialize, serde::Deserialize, mitto::Request)]
pub struct Connect;

mitto::schema! {
    pub Talk {
        client => server as TalkClient: [Connect],
    }
}

fn main() {}
