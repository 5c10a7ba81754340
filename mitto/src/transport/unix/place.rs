use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use tokio::net::{UnixListener, UnixSocket, UnixStream};

/// Connections that the system keeps until they are accepted.
const BACKLOG: u32 = 1_024;

/// The file of a socket that is listened at; dropping it removes the file.
pub(super) struct Place {
    path: PathBuf,
    file: Option<Inode>,
}

/// What tells a file from another one at the same path.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Inode {
    device: u64,
    number: u64,
}

impl Place {
    /// Listens at a path. Nobody can connect between the steps: until `listen` the system refuses
    /// everyone, and by then the mode is set.
    pub(super) async fn take(path: &Path) -> io::Result<(UnixListener, Self)> {
        remove_stale(path).await?;
        let socket = UnixSocket::new_stream()?;
        socket.bind(path)?;
        let place = Self {
            path: path.to_owned(),
            file: Inode::of(path).ok(),
        };
        fs::set_permissions(path, Permissions::from_mode(0o600))?;
        let listener = socket.listen(BACKLOG)?;
        Ok((listener, place))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // Another process may have put its own socket there.
        if self.file.is_some() && Inode::of(&self.path).ok() == self.file {
            let _ = fs::remove_file(&self.path);
        }
    }
}

impl Inode {
    fn of(path: &Path) -> io::Result<Self> {
        let file = fs::symlink_metadata(path)?;
        Ok(Self {
            device: file.dev(),
            number: file.ino(),
        })
    }
}

/// Removes a socket that nobody listens at. Two processes that start at the same moment on what a
/// third has left may still take the place from each other: give each its own path.
async fn remove_stale(path: &Path) -> io::Result<()> {
    let file = match fs::symlink_metadata(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    if !file.file_type().is_socket() {
        return Err(taken("there is a file that is no socket; move it away"));
    }
    let seen = Inode::of(path)?;
    match UnixStream::connect(path).await {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            return Err(taken("there is a socket of another user"));
        }
        Ok(_) | Err(_) => return Err(taken("another process listens there")),
    }
    // Whoever has listened there in the meantime keeps the place.
    match Inode::of(path)? == seen {
        true => fs::remove_file(path),
        false => Err(taken("another process listens there")),
    }
}

fn taken(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::AddrInUse, why)
}
