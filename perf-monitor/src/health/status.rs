//! How well something is.

/// How well a program, or a part of it, is. Ordered: the worst is the greatest.
///
/// ```
/// use perf_monitor::health::Status;
/// assert!(Status::Down > Status::Degraded);
/// assert_eq!((Status::Down.as_str(), Status::Down.draft_str()), ("DOWN", "fail"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Status {
    /// Well.
    Up,
    /// It works, but somebody should look at it.
    Degraded,
    /// It does not work.
    Down,
}

impl Status {
    /// `UP`, `DEGRADED` or `DOWN`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Up => "UP",
            Self::Degraded => "DEGRADED",
            Self::Down => "DOWN",
        }
    }

    /// As `application/health+json` spells it: `pass`, `warn` or `fail`
    /// (<https://datatracker.ietf.org/doc/html/draft-inadarei-api-health-check-06#section-3.1>).
    #[must_use]
    pub fn draft_str(self) -> &'static str {
        match self {
            Self::Up => "pass",
            Self::Degraded => "warn",
            Self::Down => "fail",
        }
    }

    /// The status an HTTP answer has: 200, or 503 for [`Down`](Self::Down). The same draft asks for 2xx
    /// or 3xx with `pass` and `warn`; Kubernetes takes 200 to 399 for success.
    ///
    /// ```
    /// use perf_monitor::health::Status;
    /// assert_eq!([Status::Up, Status::Degraded, Status::Down].map(Status::http_status), [200, 200, 503]);
    /// ```
    #[must_use]
    pub fn http_status(self) -> u16 {
        match self {
            Self::Up | Self::Degraded => 200,
            Self::Down => 503,
        }
    }
}
