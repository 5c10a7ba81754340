//! Print and PrintMessage; Post has its own file.

use mitto::pipeline::{Poster, Properties};
use serde::{Deserialize, Serialize};

use super::{Lines, pipeline, steps};

#[derive(Serialize, Deserialize)]
struct Page {
    url: String,
    links: Vec<u8>,
}

#[tokio::test]
async fn messages_are_printed_for_people() {
    let lines = Lines::default();
    let poster = Poster::new(pipeline(&steps(&lines), &["PrintMessage"]));
    let at = "a/b/C";
    poster.call::<_, i64, _>(at, &5_i64).await.unwrap();
    poster
        .call::<_, String, _>(at, &"hey".to_owned())
        .await
        .unwrap();
    poster
        .call::<_, String, _>(at, &"\u{1b}[2J\n\u{202e}".to_owned())
        .await
        .unwrap();
    poster
        .call::<_, String, _>(at, &"x".repeat(5000))
        .await
        .unwrap();
    let page = Page {
        url: "/".into(),
        links: vec![1, 2],
    };
    poster.call::<_, Page, _>(at, &page).await.unwrap();
    assert_eq!(
        lines.taken(),
        [
            "a/b/C: 5".to_owned(),
            "a/b/C: hey".to_owned(),
            r"a/b/C: \u{1b}[2J\n\u{202e}".to_owned(),
            format!("a/b/C: {}...", "x".repeat(4096)),
            r#"a/b/C: {"links":[1,2],"url":"/"}"#.to_owned(),
        ]
    );
}

#[tokio::test]
async fn texts_are_printed_and_the_message_goes_on() {
    let lines = Lines::default();
    let text = Properties::new().with("text", "half way");
    let none = Properties::new();
    let names = [
        ("double", &none),
        ("Print", &text),
        ("PrintMessage", &none),
        ("show", &none),
    ];
    let poster = Poster::new(steps(&lines).compose(names).unwrap());
    let shown: String = poster.call("a/b/C", &4_i64).await.unwrap();
    assert_eq!(shown, "8");
    assert_eq!(lines.taken(), ["half way", "a/b/C: 8"]);
}

#[tokio::test]
async fn what_only_passes_through_is_answered_as_it_came() {
    let lines = Lines::default();
    let poster = Poster::new(pipeline(&steps(&lines), &["PrintMessage"]));
    assert_eq!(poster.call::<_, i64, _>("a/b/C", &7_i64).await.unwrap(), 7);
}
