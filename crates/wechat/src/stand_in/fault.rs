//! Faults on demand: what WeChat does on its bad days, a given number of times on a given path.

use serde::{Deserialize, Serialize};

/// Something that goes wrong with the next requests to one path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// The path that fails, such as `/cgi-bin/stable_token`.
    pub path: String,
    /// In which way.
    #[serde(flatten)]
    pub kind: FaultKind,
    /// How many requests fail; one, if not told.
    #[serde(default = "once")]
    pub times: u32,
}

fn once() -> u32 {
    1
}

/// In which way a request goes wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FaultKind {
    /// WeChat acts, and its answer comes late.
    Delay {
        /// How late, in milliseconds.
        ms: u64,
    },
    /// WeChat acts, and its answer never comes: a login code is used up by it.
    Hang,
    /// WeChat acts, and its answer waits until somebody lets it go.
    Hold,
    /// WeChat acts, and its answer is cut in the middle.
    Truncated,
    /// WeChat does not act: a gateway before it answers 502 with a page of HTML.
    BadGateway,
    /// WeChat does not act and refuses with this number: -1 when busy, 45009 when the day's quota is used up.
    Errcode {
        /// The number.
        errcode: i64,
    },
}

/// The faults that are still to come, in the order in which they were ordered.
#[derive(Default)]
pub(super) struct Faults(Vec<Fault>);

impl Faults {
    pub(super) fn add(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// The fault that this request meets.
    pub(super) fn take(&mut self, path: &str) -> Option<Fault> {
        self.0.retain(|fault| fault.times > 0);
        let fault = self.0.iter_mut().find(|fault| fault.path == path)?;
        fault.times -= 1;
        Some(fault.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_met_as_often_as_ordered_on_its_own_path() {
        let mut faults = Faults::default();
        faults.add(Fault { path: "/a".into(), kind: FaultKind::Hang, times: 2 });
        assert!(faults.take("/b").is_none());
        assert!(faults.take("/a").is_some() && faults.take("/a").is_some());
        assert!(faults.take("/a").is_none());
    }

    #[test]
    fn a_fault_is_written_as_flat_json() {
        let fault: Result<Fault, _> =
            serde_json::from_str(r#"{"path":"/a","kind":"errcode","errcode":-1,"times":3}"#);
        assert_eq!(
            fault.ok(),
            Some(Fault { path: "/a".into(), kind: FaultKind::Errcode { errcode: -1 }, times: 3 })
        );
        let fault: Result<Fault, _> = serde_json::from_str(r#"{"path":"/a","kind":"hang"}"#);
        assert_eq!(fault.ok().map(|fault| fault.times), Some(1));
    }
}
