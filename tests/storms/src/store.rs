//! A store of what was run, which worker processes share: a folder with files.

use std::fs::{self, OpenOptions};
use std::future::ready;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mitto::codec::Format;
use mitto::job::AnswerPart;
use mitto::queue::broker::Later;
use mitto::worker::{KnownTask, Store};

use crate::ledger::{Event, Ledger};

/// A file named after a task says that it has begun; another one what it has ended with.
///
/// They outlive their processes, not the machine: nothing is synchronized.
pub(crate) struct FolderStore {
    folder: PathBuf,
    ledger: Arc<Ledger>,
}

impl FolderStore {
    pub(crate) fn new(folder: &Path, ledger: Arc<Ledger>) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let folder = folder.to_owned();
        Ok(Self { folder, ledger })
    }

    fn claim(&self, id: &str) -> io::Result<KnownTask> {
        let claim = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(self.folder.join(id));
        match claim {
            Ok(_) => Ok(KnownTask::New),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let outcome = fs::read(self.outcome(id)).ok();
                let outcome = outcome.as_deref().and_then(read);
                Ok(outcome.map_or(KnownTask::Begun, KnownTask::Finished))
            }
            Err(error) => Err(error),
        }
    }

    /// It is there as a whole or not at all.
    fn keep(&self, id: &str, outcome: &AnswerPart) -> io::Result<()> {
        if matches!(outcome, AnswerPart::Unreadable(_)) {
            return fs::remove_file(self.folder.join(id));
        }
        let Some(bytes) = written(outcome) else {
            return Ok(());
        };
        let half = self.folder.join(format!("{id}.half"));
        fs::write(&half, bytes)?;
        fs::rename(&half, self.outcome(id))?;
        self.ledger.note_task(Event::Kept, id);
        Ok(())
    }

    fn outcome(&self, id: &str) -> PathBuf {
        self.folder.join(format!("{id}.outcome"))
    }
}

impl Store for FolderStore {
    fn begin(&self, id: &Arc<str>) -> Later<KnownTask> {
        let known = self.claim(id).unwrap_or_else(|error| {
            eprintln!("the store: {error}");
            KnownTask::Begun
        });
        Box::pin(ready(known))
    }

    fn finish(&self, id: &Arc<str>, outcome: AnswerPart) -> Later<()> {
        if let Err(error) = self.keep(id, &outcome) {
            eprintln!("the store: {error}");
        }
        Box::pin(ready(()))
    }
}

/// The ids of the tasks that the store in a folder was asked for, if there is one.
pub(crate) fn begun(folder: &Path) -> io::Result<Vec<String>> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let names = fs::read_dir(folder)?;
    let names = names.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
    let names = names.collect::<io::Result<Vec<_>>>()?;
    Ok(names
        .into_iter()
        .filter(|name| !name.contains('.'))
        .collect())
}

/// The outcomes that the handlers here have; others count as not known.
fn written(outcome: &AnswerPart) -> Option<Vec<u8>> {
    match outcome {
        AnswerPart::Response { format, bytes } => Some([&[format.number()], &bytes[..]].concat()),
        AnswerPart::End => Some(vec![0]),
        _ => None,
    }
}

fn read(bytes: &[u8]) -> Option<AnswerPart> {
    match bytes.split_first()? {
        (0, _) => Some(AnswerPart::End),
        (format, bytes) => Some(AnswerPart::Response {
            format: Format::from_wire(*format),
            bytes: bytes.to_vec(),
        }),
    }
}
