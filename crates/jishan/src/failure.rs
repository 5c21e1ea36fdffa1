//! How a command fails: a sentence and an exit code.

/// A failure of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What failed, and what to do.
    pub what: String,
    /// 1 failed, 2 wrong command line or configuration, 3 differences found.
    pub exit: u8,
}

/// The result of a command.
pub type Outcome<T = ()> = Result<T, Failure>;

impl Failure {
    /// It failed.
    pub fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), exit: 1 }
    }
    /// The command line or the configuration is wrong.
    pub fn usage(what: impl Into<String>) -> Self {
        Self { what: what.into(), exit: 2 }
    }
    /// Differences were found.
    pub fn differences(what: impl Into<String>) -> Self {
        Self { what: what.into(), exit: 3 }
    }
}

impl From<foundation::Error> for Failure {
    fn from(error: foundation::Error) -> Self {
        let mut what = error.to_string();
        match &error {
            foundation::Error::Refused(refusal) => {
                what = refusal.code.en().to_owned();
                for field in &refusal.fields {
                    what.push_str(&format!("\n  {}: {}", field.field, field.en));
                }
            }
            foundation::Error::Unreachable(cause) => what = format!("{what}: {cause}"),
            _ => {
                let mut source = std::error::Error::source(&error);
                while let Some(cause) = source {
                    what.push_str(&format!(": {cause}"));
                    source = cause.source();
                }
            }
        }
        Self::new(what)
    }
}
impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::new(error.to_string())
    }
}
