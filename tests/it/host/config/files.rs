//! Configurations in files, and what they import.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use mitto::host::config::{Configuration, KeySource};

/// A folder that is gone afterwards.
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new(files: &[(&str, &[u8])]) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);

        let next = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("mitto-config-{}-{next}", std::process::id());
        let folder = Self(std::env::temp_dir().join(name));
        for (name, text) in files {
            let path = folder.0.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    pub(super) fn load(&self, name: &str) -> Result<Configuration, String> {
        let folder = format!("{}/", self.0.display());
        Configuration::load(self.0.join(name))
            .map_err(|error| error.to_string().replace(&folder, ""))
    }

    pub(super) fn refusal(&self, name: &str) -> String {
        self.load(name).unwrap_err()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn imports_of_every_format_are_put_together() {
    let folder = Folder::new(&[
        (
            "main.toml",
            b"version = 5\nimport = [\"parts/a.json\", \"parts/b.xml\"]\n\
              [applications.shop.nodes.orders]\nlike = \"worker\"\nactions.Say = \"say\"\n\
              [hosts.east]\naddress = \"ws://new\"\nruns = [\"shop\"]\n",
        ),
        (
            "parts/a.json",
            b"\xef\xbb\xbf{\"version\": 9, \"import\": [\"../shared.toml\"], \"hosts\": {\"east\": {\"address\": \"ws://old\"}, \
              \"west\": {\"address\": \"ws://west\", \"key\": {\"file\": \"west.key\"}, \"runs\": [\"mail\"]}}}",
        ),
        (
            "parts/b.xml",
            b"<AjMessages><Import File=\"../shared.toml\"/><Application Name=\"mail\"/></AjMessages>",
        ),
        (
            "shared.toml",
            b"[nodes.worker]\nhandlers.work = \"work\"\n[handlers]\nsay = \"Print\"\n",
        ),
    ]);
    let configuration = folder.load("main.toml").unwrap();
    configuration.validate().unwrap();
    assert_eq!(configuration.version(), Some(5));
    assert_eq!(configuration.host("east").unwrap().address(), "ws://new");
    let key = configuration.host("west").unwrap().key();
    let file = folder.0.join("parts/west.key");
    assert_eq!(key, Some(&KeySource::file(file)));
    let orders = configuration
        .application("shop")
        .and_then(|shop| shop.node("orders"));
    assert_eq!(orders.unwrap().handlers().len(), 2);
    let origin = configuration.application("mail").unwrap().origin();
    assert!(
        origin
            .file()
            .is_some_and(|file| file.ends_with("parts/b.xml"))
    );
}

#[test]
fn faults_name_the_file() {
    let folder = Folder::new(&[
        (
            "main.toml",
            b"import = [\"a.json\", \"no.toml\", \"x.yaml\"]\nverson = 1\n",
        ),
        ("a.json", b"{\n  \"hsots\": {}\n}"),
        ("x.yaml", b""),
        ("half.toml", b"[hosts.a]\naddress = \"ws://"),
        ("latin.toml", b"# fine \xc3\xa9\n# gr\xfc\xdfe\n"),
        ("round.toml", b"import = [\"round2.toml\"]"),
        ("round2.toml", b"\nimport = [\"./round.toml\"]"),
    ]);
    for (file, told) in [
        (
            "main.toml",
            "main.toml:1:21: import: no.toml: the file cannot be read: No such file or directory (os error 2)\n\
             main.toml:1:32: import: x.yaml: the ending is unknown, take a .toml, .json or .xml file\n\
             main.toml:2:1: verson: unknown key, did you mean `version`?\n\
             a.json:2:3: hsots: unknown key, did you mean `hosts`?",
        ),
        (
            "half.toml",
            "half.toml:2:17: not TOML: invalid basic string, expected `\"`",
        ),
        (
            "latin.toml",
            "latin.toml:2:5: the file is not UTF-8 from here on, save it in this encoding",
        ),
        (
            "round.toml",
            "round2.toml:2:11: import: ./round.toml: the imports go round: round.toml -> round2.toml -> round.toml",
        ),
        (
            "none.toml",
            "none.toml: the file cannot be read: No such file or directory (os error 2)",
        ),
    ] {
        assert_eq!(folder.refusal(file), told);
    }
}

#[test]
fn too_much_is_refused() {
    let large = vec![b'#'; Configuration::MAX_BYTES + 1];
    let half = [&vec![b'#'; Configuration::MAX_BYTES / 2][..], b"\n"].concat();
    let mut files: Vec<(String, Vec<u8>)> = (0..=Configuration::MAX_FILES)
        .map(|n| {
            (
                format!("{n}.toml"),
                format!("import = [\"{}.toml\"]", n + 1).into_bytes(),
            )
        })
        .collect();
    files.push(("large.toml".to_owned(), large));
    files.push((
        "h1.toml".to_owned(),
        [b"import = [\"h2.toml\"]\n", &half[..]].concat(),
    ));
    files.push(("h2.toml".to_owned(), half));
    let files: Vec<(&str, &[u8])> = files
        .iter()
        .map(|(name, text)| (&**name, &**text))
        .collect();
    let folder = Folder::new(&files);
    for (file, told) in [
        (
            "large.toml",
            "large.toml: the file cannot be read: the configuration is larger than 4 MiB, make it smaller",
        ),
        (
            "h1.toml",
            "h1.toml:1:11: import: h2.toml: the file cannot be read: the configuration is larger than 4 MiB, make it smaller",
        ),
        (
            "0.toml",
            "63.toml:1:11: import: 64.toml: more than 64 files, import fewer",
        ),
    ] {
        assert_eq!(folder.refusal(file), told);
    }
}

#[cfg(unix)]
#[test]
fn a_file_without_end_is_refused() {
    let folder = Folder::new(&[("x", b"")]);
    std::os::unix::fs::symlink(Path::new("/dev/zero"), folder.0.join("zero.toml")).unwrap();
    assert!(folder.refusal("zero.toml").contains("larger than 4 MiB"));
}
