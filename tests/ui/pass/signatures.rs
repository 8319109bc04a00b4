// Arguments and return types.
#![deny(warnings)]
#![allow(dead_code, clippy::duplicate_mod, clippy::uninlined_format_args, clippy::inline_always, clippy::toplevel_ref_arg, clippy::boxed_local)]

#[path = "../support.rs"]
mod support;

use perfkit::timed;
use std::{collections::HashMap, fmt::Display};
use support::{called, work};

#[timed("plain")]
fn plain() {
    work();
}

#[timed("elided")]
fn elided(text: &str) -> &str {
    work();
    &text[1..]
}

#[timed("explicit")]
fn explicit<'a, 'b: 'a>(first: &'a str, second: &'b str) -> &'a str {
    work();
    if first.is_empty() { second } else { first }
}

#[timed("generic")]
fn generic<T, const N: usize>(value: &T) -> [T; N]
where
    T: Display + Clone,
{
    work();
    std::array::from_fn(|_| value.clone())
}

#[timed("impl_argument")]
fn impl_argument(values: impl Iterator<Item = u32>) -> u32 {
    work();
    values.sum()
}

#[timed("impl_return")]
fn impl_return<'a>(text: &'a str, _: &str) -> impl Iterator<Item = char> + 'a {
    work();
    text.chars().rev()
}

#[timed("coerced")]
fn coerced(long: bool) -> Box<dyn Iterator<Item = u8>> {
    work();
    if long {
        return Box::new(vec![1, 2].into_iter());
    }
    Box::new(std::iter::once(1))
}

#[timed("reborrowed")]
fn reborrowed(map: &mut HashMap<u8, String>) -> &mut String {
    work();
    map.entry(1).or_default()
}

#[timed("reborrowed_result")]
fn reborrowed_result(values: &mut [u8]) -> Result<&mut u8, String> {
    work();
    if values.len() > 5 {
        return Err("long".into());
    }
    match values.first_mut() {
        Some(first) => Ok(first),
        None => Err("empty".into()),
    }
}

#[timed("destructured")]
fn destructured((a, [b, ..]): (u8, [u8; 3]), _: u8, ref c: u8, mut d: u8) -> u8 {
    work();
    d += *c;
    a + b + d
}

#[timed("never")]
fn never(fail: bool) -> ! {
    work();
    if fail {
        std::panic::resume_unwind(Box::new(()))
    }
    std::process::exit(1)
}

#[timed("raw")]
fn r#type(r#match: u8) -> u8 {
    work();
    r#match
}

#[timed("function_pointer")]
fn function_pointer(f: fn(u8) -> u8) -> fn(u8) -> u8 {
    work();
    f
}

#[timed("closure_return")]
fn closure_return(by: u8) -> impl Fn(u8) -> u8 {
    work();
    move |n| n + by
}

#[timed("higher_ranked")]
fn higher_ranked<F>(f: F) -> usize
where
    F: for<'a> Fn(&'a str) -> &'a str,
{
    work();
    f("four").len()
}

#[timed("unit_result")]
fn unit_result() -> Result<(), Box<dyn std::error::Error>> {
    work();
    let n: u8 = "300".parse()?;
    assert_eq!(n, 0);
    Ok(())
}

pub(crate) fn main() {
    called("plain", 1, plain);
    called("elided", 1, || assert_eq!(elided("text"), "ext"));
    called("explicit", 1, || assert_eq!(explicit("", "b"), "b"));
    called("generic", 1, || assert_eq!(generic::<_, 2>(&7), [7, 7]));
    called("impl_argument", 1, || assert_eq!(impl_argument([1, 2].iter().copied()), 3));
    called("impl_return", 1, || assert_eq!(impl_return("ab", "").collect::<String>(), "ba"));
    called("coerced", 2, || assert_eq!(coerced(true).count() + coerced(false).count(), 3));
    called("reborrowed", 1, || reborrowed(&mut HashMap::new()).push('x'));
    called("reborrowed_result", 2, || {
        let mut values = [1];
        *reborrowed_result(&mut values).unwrap() += 1;
        assert_eq!(values, [2]);
        assert!(reborrowed_result(&mut []).is_err());
    })
    .errors(1);
    called("destructured", 1, || assert_eq!(destructured((1, [2, 0, 0]), 9, 3, 4), 10));
    called("never", 1, || assert!(std::panic::catch_unwind(|| never(true)).is_err()))
        .outcome(perfkit::Outcome::Panicked, 1);
    called("raw", 1, || assert_eq!(r#type(3), 3));
    called("function_pointer", 1, || assert_eq!(function_pointer(|n| n + 1)(1), 2));
    called("closure_return", 1, || assert_eq!(closure_return(2)(1), 3));
    called("higher_ranked", 1, || assert_eq!(higher_ranked(|text| &text[1..]), 3));
    called("unit_result", 1, || assert!(unit_result().is_err())).errors(1);
}
