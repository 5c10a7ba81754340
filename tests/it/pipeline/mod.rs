//! Steps that a configuration puts together.

mod built_in;
mod compose;
mod flow;
mod handlers;
mod posts;
mod properties;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

use mitto::Status;
use mitto::job::{Answer, Job, Queue, Run};
use mitto::pipeline::{Flow, Pipeline, Poster, Properties, StepContext, Steps};

#[mitto::step]
fn decrement(n: i64) -> Flow<i64> {
    match n {
        n if n > 0 => Flow::Next(n - 1),
        _ => Flow::Stop,
    }
}

#[mitto::step]
async fn double(n: i64) -> Flow<i64> {
    tokio::task::yield_now().await;
    Flow::Next(2 * n)
}

#[mitto::step]
fn show(n: i64) -> Flow<String> {
    Flow::Next(n.to_string())
}

#[mitto::step]
fn note(ctx: &mut StepContext, text: String) -> Flow<String> {
    ctx.print(&text);
    Flow::Next(text)
}

/// What was printed.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

impl Lines {
    fn taken(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }

    fn print(&self) -> impl Fn(&str) + Send + Sync + 'static {
        let lines = self.0.clone();
        move |line| lines.lock().unwrap().push(line.to_owned())
    }
}

fn steps(lines: &Lines) -> Steps {
    Steps::new()
        .step::<decrement>()
        .step::<double>()
        .step::<show>()
        .step::<note>()
        .console(lines.print())
}

/// Steps without properties, put together.
fn pipeline(steps: &Steps, names: &[&str]) -> Pipeline {
    let none = Properties::new();
    steps
        .compose(names.iter().map(|name| (*name, &none)))
        .unwrap_or_else(|error| panic!("{error}"))
}

/// A router of a test: a pipeline for each address.
#[derive(Clone, Default)]
struct Places(Arc<OnceLock<HashMap<String, Pipeline>>>);

impl Places {
    /// Puts pipelines at addresses, each with a way to all of them.
    fn open(pipelines: impl IntoIterator<Item = (&'static str, Pipeline)>) -> Poster {
        let places = Self::default();
        let poster = Poster::new(places.clone());
        let pipelines = pipelines
            .into_iter()
            .map(|(address, pipeline)| (address.to_owned(), pipeline.with_poster(poster.clone())));
        assert!(places.0.set(pipelines.collect()).is_ok());
        poster
    }
}

impl Queue for Places {
    fn submit(&self, job: Job<'_>, answer: Answer) -> Run {
        let address = job.address.map(|address| address.to_string());
        let places = self.0.get().expect("they are opened first");
        match address.and_then(|address| places.get(&address)) {
            Some(pipeline) => pipeline.submit(job, answer),
            None => {
                answer.fail(Status::not_found("nothing there"));
                Run::done()
            }
        }
    }
}
