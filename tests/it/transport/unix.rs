//! The file of a Unix socket, and who is at its other end.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::UnixListener;

use mitto::transport::TransportError;

use super::end::Place;

#[tokio::test]
async fn file_is_its_users_alone_and_goes_with_the_listener() {
    let place = Place::unix();
    let path = place.directory.as_ref().unwrap().socket();
    let listener = place.listen().await;
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    drop(listener);
    assert!(!path.exists());
}

#[tokio::test]
async fn socket_that_nobody_listens_at_is_replaced() {
    let place = Place::unix();
    let path = place.directory.as_ref().unwrap().socket();
    drop(UnixListener::bind(&path).unwrap());
    assert!(path.exists());
    place.connected().await;
}

#[tokio::test]
async fn socket_that_somebody_listens_at_and_other_files_stay() {
    let place = Place::unix();
    let path = place.directory.as_ref().unwrap().socket();
    for text in ["another process listens there", "no socket"] {
        let other = match text {
            "no socket" => {
                fs::write(&path, "precious").unwrap();
                None
            }
            _ => Some(UnixListener::bind(&path).unwrap()),
        };
        let listener = place.transport.listen(&place.url, &place.settings).await;
        let Err(TransportError::Listen { source, .. }) = listener else {
            panic!("{text}");
        };
        assert_eq!(source.kind(), io::ErrorKind::AddrInUse);
        assert!(source.to_string().contains(text), "{source}");
        assert!(path.exists());
        if other.is_some() {
            fs::remove_file(&path).unwrap();
        }
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
}

#[tokio::test]
async fn file_of_a_successor_is_not_removed() {
    let place = Place::unix();
    let path = place.directory.as_ref().unwrap().socket();
    let first = place.listen().await;
    // Kept, so that its number is not given to the next one.
    fs::rename(&path, path.with_extension("old")).unwrap();
    let _second = place.listen().await;
    drop(first);
    assert!(path.exists());
}

#[tokio::test]
async fn both_ends_know_user_and_process_of_the_other() {
    let place = Place::unix();
    let user = fs::metadata(&place.directory.as_ref().unwrap().0).unwrap();
    let (mut client, mut server) = place.connected().await;
    for end in [&mut client, &mut server] {
        let unix = end.0.take_peer_info().unix.unwrap();
        assert_eq!((unix.uid, unix.gid), (user.uid(), user.gid()));
        if let Some(pid) = unix.pid {
            assert_eq!(pid, std::process::id() as i32);
        }
    }
    assert!(server.0.remote().contains("user"), "{}", server.0.remote());
    assert_eq!(client.0.remote(), place.url);
}

#[tokio::test]
async fn unusable_urls_are_refused() {
    let place = Place::unix();
    for url in [
        "unix://relative",
        "unix://",
        "unix:///",
        "unix:///directory/",
    ] {
        let error = place.connect(url).await.err().unwrap();
        assert!(matches!(error, TransportError::InvalidUrl { .. }), "{url}");
    }
}
