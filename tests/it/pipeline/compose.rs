//! Whether steps fit, and what is said where they do not.

use mitto::State;
use mitto::pipeline::{Flow, Properties, Steps};
use serde::Deserialize;

use super::handlers::{Shout, shout};
use super::{Lines, pipeline, steps};

mod one {
    #[derive(serde::Serialize, serde::Deserialize)]
    pub(super) struct Page;
}

mod other {
    #[derive(serde::Serialize, serde::Deserialize)]
    pub(super) struct Page;
}

#[mitto::step]
fn fetch(_: String) -> Flow<Vec<one::Page>> {
    Flow::Next(Vec::new())
}

#[mitto::step]
fn index(_: Vec<other::Page>) -> Flow<()> {
    Flow::Stop
}

#[derive(Deserialize)]
struct Within {
    max_depth: u32,
}

#[mitto::step]
fn limited(within: &Within, n: i64) -> Flow<i64> {
    Flow::Next(n.min(within.max_depth.into()))
}

#[mitto::step]
fn stored(State(_): State<std::sync::Arc<Vec<u8>>>, n: i64) -> Flow<i64> {
    Flow::Next(n)
}

#[test]
fn what_does_not_fit_is_told() {
    let steps = steps(&Lines::default())
        .step::<fetch>()
        .step::<index>()
        .step::<limited>()
        .step::<stored>()
        .handler::<shout, _, _>(());
    let none = Properties::new();
    let depth = Properties::new().with("MaxDepth", "3");
    let to = |action: &str| Properties::new().with("Action", action);
    for (names, index, told) in [
        (
            &[][..],
            0,
            "a pipeline without steps answers nothing, put one in",
        ),
        (
            &[("decremnt", &none)],
            0,
            "there is no step `decremnt`, did you mean `decrement`?",
        ),
        (
            &[("decrement", &none), ("a\u{202e}b", &none)],
            1,
            "there is no step `a\\u{202e}b`, register it with the program's steps",
        ),
        (
            &[("show", &none), ("double", &none)],
            1,
            "`double` takes `i64`, but `show` before it gives `String`: put a step between that turns one \
             into the other",
        ),
        // What passes a value on changes nothing of that.
        (
            &[("show", &none), ("PrintMessage", &none), ("double", &none)],
            2,
            "`double` takes `i64`, but `show` before it gives `String`: put a step between that turns one \
             into the other",
        ),
        (
            &[("fetch", &none), ("index", &none)],
            1,
            "`index` takes `alloc::vec::Vec<MODULE::other::Page>`, but `fetch` before it gives \
             `alloc::vec::Vec<MODULE::one::Page>`: put a step between that turns one into the other",
        ),
        (
            &[("show", &none), ("shout", &none)],
            1,
            "`shout` takes `Shout`, but `show` before it gives `String`: put a step between that turns one \
             into the other",
        ),
        (
            &[("shout", &none), ("print-message", &none)],
            1,
            "`PrintMessage` stands behind the handler `shout`, which answers: put the handler last",
        ),
        (
            &[("stored", &none)],
            0,
            "`stored` takes `State<Arc<Vec<u8>>>`, give the program's steps one with `Steps::state`",
        ),
        (
            &[("limited", &none)],
            0,
            "`limited`: property `max_depth` is missing, add it",
        ),
        (
            &[("double", &depth)],
            0,
            "`double`: unknown property `MaxDepth`, this takes none",
        ),
        (
            &[("limited", &depth), ("post", &none)],
            1,
            "`Post`: property `Action` is missing, add it",
        ),
        (
            &[("post", &to("App1/Node1"))],
            0,
            "`Post`: property `Action`: the address names no action, write `application/node/action`",
        ),
        (
            &[("post", &to("App1/*/Go"))],
            0,
            "`Post`: property `Action`: the node of the address holds '*', take only A-Z a-z 0-9 _ -",
        ),
    ] {
        let error = steps.compose(names.iter().copied()).unwrap_err();
        let text = error.to_string().replace(module_path!(), "MODULE");
        assert_eq!((error.index(), &*text), (index, told));
    }
    let _ = Shout {
        text: String::new(),
    };
}

#[test]
fn names_are_found_as_people_write_them() {
    let steps = steps(&Lines::default()).step_named::<super::double>("TwiceHandler");
    for name in [
        "decrement",
        "Decrement",
        "DecrementHandler",
        "DECREMENT",
        "twice",
        "Twice",
    ] {
        assert!(steps.has(name), "{name}");
        pipeline(&steps, &[name]);
    }
    for name in [
        "Post",
        "PostHandler",
        "post",
        "PrintHandler",
        "print_message",
        "PrintMessageHandler",
    ] {
        assert!(steps.has(name), "{name}");
    }
    assert!(!steps.has("handler") && !steps.has(""));
}

#[mitto::step]
fn print(n: i64) -> Flow<i64> {
    Flow::Next(n + 1)
}

#[tokio::test]
async fn a_step_of_the_program_replaces_a_built_in_one() {
    let steps = Steps::new().step::<print>();
    let poster = mitto::pipeline::Poster::new(pipeline(&steps, &["Print"]));
    assert_eq!(poster.call::<_, i64, _>("a/b/c", &1_i64).await.unwrap(), 2);
    assert_eq!(steps.names().count(), 3);
}
