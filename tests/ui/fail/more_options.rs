use perfkit::timed;

#[timed(labels)]
fn no_labels() {}

#[timed(labels())]
fn empty_labels() {}

#[timed(labels(n))]
fn label_without_value(_n: u32) {}

#[timed(labels(n = n, n = 2))]
fn label_twice(n: u32) {
    let _ = n;
}

#[timed(sample = 0)]
fn sample_none() {}

#[timed(sample = "64")]
fn sample_in_quotes() {}

#[timed(sample)]
fn sample_without_value() {}

#[timed(log_above = "fast")]
fn no_duration() {}

#[timed(log_above = 100)]
fn no_unit() {}

#[timed(err, ok)]
fn err_and_ok() -> Result<(), ()> {
    Ok(())
}

#[timed(err())]
fn err_of_nothing() -> Result<(), ()> {
    Ok(())
}

#[timed(err(sort = |e| 1))]
fn err_of_something_else() -> Result<(), ()> {
    Ok(())
}

#[timed(err(kind = "timeout"))]
fn err_kind_is_no_function() -> Result<(), ()> {
    Ok(())
}

#[timed(poll)]
fn never_polled() {}

#[timed(skip, level = "info")]
fn skipped_and_not() {}

#[timed(labels(n = n), sample = 2)]
fn labelled_and_sampled(n: u32) {
    let _ = n;
}

#[timed(poll, poll)]
async fn poll_twice() {}

#[track_caller]
#[timed(err)]
fn tracked_and_seen() -> Result<(), ()> {
    Ok(())
}

#[timed(crate)]
fn crate_without_path() {}

fn main() {
    no_labels();
    empty_labels();
    label_without_value(1);
    label_twice(1);
    sample_none();
    sample_in_quotes();
    sample_without_value();
    no_duration();
    no_unit();
    let _ = (err_and_ok(), err_of_nothing(), err_of_something_else(), err_kind_is_no_function());
    never_polled();
    skipped_and_not();
    labelled_and_sampled(1);
    let _ = poll_twice();
    crate_without_path();
    let _ = tracked_and_seen();
}
