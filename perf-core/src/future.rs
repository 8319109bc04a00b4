//! Timing a future: from its first poll until it is ready, or dropped before that.

use crate::{
    call::{Call, Open},
    directory,
    polls::{Polls, Unpolled},
};
use pin_project_lite::pin_project;
use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

pin_project! {
    /// A future that is timed. Made by `#[timed]` and by [`TimedExt::timed`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct Timed<F, C, P = Unpolled>
    where
        P: Polls,
    {
        #[pin]
        inner: F,
        classify: C,
        // Last, so that what the future drops when cancelled is within its time.
        call: Call<P>,
    }
}

impl<F: Future, C: FnMut(&F::Output, &mut Call<P>), P: Polls> Timed<F, C, P> {
    /// Times `inner` as `call`. `classify` tells the call how it ended, if not well.
    #[inline]
    pub fn new(call: Call<P>, inner: F, classify: C) -> Self {
        Self { inner, classify, call }
    }
}

/// `.timed("name")` on any future.
pub trait TimedExt: Future + Sized {
    /// Times the future under `name`, from its first poll until it is ready; dropped before that,
    /// it counts as cancelled. A future that is never polled is not counted.
    ///
    /// ```
    /// use perf_core::TimedExt;
    ///
    /// let answer = futures::executor::block_on(async { 6 * 7 }.timed("think"));
    /// assert_eq!(answer, 42);
    /// assert_eq!(perf_core::get("think").unwrap().count(), 1);
    /// ```
    fn timed(self, name: &str) -> Timed<Self, fn(&Self::Output, &mut Call)> {
        Timed::new(Call::of(directory::intern(name).unwrap_or(0)), self, |_, _| ())
    }
}

impl<F: Future> TimedExt for F {}

impl<F: Future, C: FnMut(&F::Output, &mut Call<P>), P: Polls> Future for Timed<F, C, P> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let polling = Polling::begin(this.call);
        let output = ready!(this.inner.poll(cx));
        drop(polling);
        (this.classify)(&output, this.call);
        this.call.finish(None);
        Poll::Ready(output)
    }
}

/// While a future is polled it is the caller of what it runs; between polls it is nobody's.
struct Polling<'a, P: Polls> {
    call: &'a mut Call<P>,
    open: Open,
}

impl<'a, P: Polls> Polling<'a, P> {
    #[inline]
    fn begin(call: &'a mut Call<P>) -> Option<Self> {
        let open = call.enter(None)?;
        Some(Self { call, open })
    }
}

impl<P: Polls> Drop for Polling<'_, P> {
    #[inline]
    fn drop(&mut self) {
        self.call.exit(&self.open);
    }
}
