use alloc::borrow::Cow;
use alloc::string::String;
use core::fmt;

/// What an entry point or a helper returns.
pub type Result<T = ()> = core::result::Result<T, Error>;

/// The failure of an actor: a code for programs, a text for people. Returned from a handler, it rolls back what the call
/// has written; a caller that asked for a reply on error gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// Lower-case words joined by "_".
    pub code: Cow<'static, str>,
    pub message: String,
    /// The module has no such entry point; the host has the words for that.
    pub(crate) no_entry: bool,
}

impl Error {
    /// See also the macros [`error!`](crate::error!) and [`fail!`](crate::fail).
    pub fn new(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Error { code: code.into(), message: message.into(), no_entry: false }
    }

    pub(crate) fn no_entry() -> Self {
        Error { no_entry: true, ..Error::new(code::UNSUPPORTED, "the module has no such entry point") }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.code)?;
        if self.message.is_empty() {
            return Ok(());
        }
        write!(f, ": {}", self.message)
    }
}

impl core::error::Error for Error {}

/// The codes that the host and this crate give. Actors may use them where they fit.
pub mod code {
    /// An error without a code of its own.
    pub const FAILED: &str = "failed";
    /// The actor has no handler of that name.
    pub const UNKNOWN_MESSAGE: &str = "unknown_message";
    /// The body cannot be decoded.
    pub const MALFORMED: &str = "malformed";
    /// The actor lacks the entry point.
    pub const UNSUPPORTED: &str = "unsupported";
    /// A message that makes no sense.
    pub const INVALID_MESSAGE: &str = "invalid_message";
    /// Refused by policy.
    pub const UNAUTHORIZED: &str = "unauthorized";
    /// A body of more than 1 MiB.
    pub const BODY_TOO_LARGE: &str = "body_too_large";
    /// A stored key or value does not decode as the helper's type.
    pub const CORRUPT_STATE: &str = "corrupt_state";
    /// A counter would pass 2^64-1.
    pub const OVERFLOW: &str = "overflow";
}

/// Makes an [`Error`]: `error!("insufficient_funds", "{} owns {}", who, owned)`.
#[macro_export]
macro_rules! error {
    ($code:expr, $($format:tt)+) => {
        $crate::Error::new($code, $crate::export::format!($($format)+))
    };
}

/// Returns an [`Error`] from a handler: `fail!("insufficient_funds", "{} owns {}", who, owned)`.
#[macro_export]
macro_rules! fail {
    ($code:expr, $($format:tt)+) => {
        return ::core::result::Result::Err($crate::error!($code, $($format)+))
    };
}
