use super::*;

const PATIENCE: Patience = Patience {
    timeout: Duration::from_secs(30),
    max: Duration::from_secs(600),
    idle: None,
};

fn context() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

fn reserve(table: &mut InFlight) -> CorrelationId {
    reserve_at(table, Instant::now())
}

fn reserve_at(table: &mut InFlight, now: Instant) -> CorrelationId {
    table.reserve(Waker::noop(), now, PATIENCE, 0).unwrap()
}

#[test]
fn ids_from_before_a_shrink_do_not_come_again() {
    let mut table = InFlight::new(2, true);
    let first = [reserve(&mut table), reserve(&mut table)];
    table.shrink();
    assert_eq!(table.len(), 2);
    assert!(first.into_iter().all(|id| table.cancel(id)));
    table.shrink();
    let later = [reserve(&mut table), reserve(&mut table)];
    assert!(first.into_iter().all(|id| !table.is_open(id)));
    assert!(later.into_iter().all(|id| table.is_open(id)));
}

#[test]
fn slots_are_used_again_under_a_new_generation() {
    let mut table = InFlight::new(1, true);
    let first = reserve(&mut table);
    assert!(
        table
            .reserve(Waker::noop(), Instant::now(), PATIENCE, 0)
            .is_none()
    );
    assert!(table.cancel(first));
    let second = reserve(&mut table);
    assert_eq!(first.slot(), second.slot());
    assert_ne!(first, second);
    assert!(table.complete(first, Reply::End).is_err());
    table.complete(second, Reply::End).unwrap();
    assert!(table.poll(second, &mut context()).is_ready());
    assert!(table.is_empty());
}

#[test]
fn second_outcome_is_stale() {
    let mut table = InFlight::new(4, true);
    let id = reserve(&mut table);
    table.complete(id, Reply::End).unwrap();
    assert!(table.complete(id, Reply::End).is_err());
    assert!(!table.cancel(id), "an answered request is not cancelled");
}

#[test]
fn deadlines_end_requests_once() {
    let mut table = InFlight::new(4, true);
    let id = reserve(&mut table);
    let mut late = Vec::new();
    let after = Instant::now() + Duration::from_secs(31);
    table.expire(after, |id, _, _| late.push(id));
    table.expire(after, |id, _, _| late.push(id));
    assert_eq!(late, [id]);
    let Poll::Ready((Reply::Status(status), None)) = table.poll(id, &mut context()) else {
        panic!("an expired request has an outcome");
    };
    assert_eq!(status.code(), Code::Timeout);
}

#[test]
fn progress_counts_up_to_the_maximum() {
    let start = Instant::now();
    let mut table = InFlight::new(1, true);
    let id = reserve_at(&mut table, start);
    for minute in 1..=9 {
        table
            .progress(id, start + Duration::from_secs(60 * minute))
            .unwrap();
    }
    let mut late = 0;
    table.expire(start + Duration::from_secs(569), |_, _, _| late += 1);
    assert_eq!(late, 0);
    table
        .progress(id, start + Duration::from_secs(595))
        .unwrap();
    table.expire(start + Duration::from_secs(601), |_, _, _| late += 1);
    assert_eq!(late, 1);
}

#[test]
fn reply_that_is_given_to_somebody_frees_its_slot() {
    let mut table = InFlight::new(1, true);
    let id = reserve(&mut table);
    assert!(table.finish(id));
    assert!(table.is_empty());
    assert!(!table.finish(id), "it has ended");
    let next = reserve(&mut table);
    table.complete(next, Reply::End).unwrap();
    assert!(!table.finish(next), "a reply is there before");
    assert!(table.poll(next, &mut context()).is_ready());
}
