//! Pages that are shared but for marks of their reader.

use bytes::{Bytes, BytesMut};
use domain::ids::{DeedId, IdentityId, ResidentId, UnitId};

use super::Weighs;

/// How many forms a line has: two for whether the reader lives where the author does, two for whether the reader likes it.
pub const FORMS: usize = 4;

/// One deed on a page, in every form that a reader may be sent.
#[derive(Debug, Clone)]
pub struct Line {
    /// The deed.
    pub deed: DeedId,
    /// Who posted it.
    pub identity: IdentityId,
    /// The resident who did; none of a unit's own.
    pub resident: Option<ResidentId>,
    /// the unit whose residents read the author as a neighbour: where the author lives.
    pub home: UnitId,
    /// The JSON of each form, at its [`Line::place`].
    pub forms: [Bytes; FORMS],
}

impl Line {
    /// The place of a form among the forms.
    pub fn place(same_unit: bool, liked: bool) -> usize {
        usize::from(same_unit) * 2 + usize::from(liked)
    }
}

/// A page of deeds as it is sent to those who are signed in.
#[derive(Debug, Clone, Default)]
pub struct Leaf {
    /// What stands before the first line.
    pub head: Bytes,
    /// The deeds.
    pub lines: Vec<Line>,
    /// What stands after the last.
    pub tail: Bytes,
}

impl Weighs for Leaf {
    fn bytes(&self) -> usize {
        let forms = self.lines.iter().flat_map(|line| &line.forms).map(Bytes::len).sum::<usize>();
        self.head.len() + self.tail.len() + forms + size_of_val(self.lines.as_slice())
    }
}

impl Leaf {
    /// The body for one reader: of each line the form at the place that is chosen.
    pub fn body(&self, choose: impl Fn(&Line) -> usize) -> Bytes {
        let chosen: Vec<&Bytes> = self.lines.iter().map(|line| &line.forms[choose(line)]).collect();
        let lines = chosen.iter().map(|form| form.len() + 1).sum::<usize>();
        let mut body = BytesMut::with_capacity(self.head.len() + lines + self.tail.len());
        body.extend_from_slice(&self.head);
        for (i, form) in chosen.into_iter().enumerate() {
            if i > 0 {
                body.extend_from_slice(b",");
            }
            body.extend_from_slice(form);
        }
        body.extend_from_slice(&self.tail);
        body.freeze()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_is_sent_in_the_form_that_is_chosen() {
        let line = |deed: DeedId, forms: [&'static str; FORMS]| Line {
            deed,
            identity: IdentityId::new(),
            resident: None,
            home: UnitId::new(),
            forms: forms.map(|form| Bytes::from_static(form.as_bytes())),
        };
        let (one, two) = (DeedId::new(), DeedId::new());
        let lines = vec![line(one, ["1a", "1b", "1c", "1d"]), line(two, ["2a", "2b", "2c", "2d"])];
        let leaf = Leaf { head: Bytes::from_static(b"["), lines, tail: Bytes::from_static(b"]") };
        let body = |same, liked| leaf.body(|line| Line::place(same, liked && line.deed == two));
        assert_eq!(body(false, false), "[1a,2a]");
        assert_eq!(body(false, true), "[1a,2b]");
        assert_eq!(body(true, true), "[1c,2d]");
        assert_eq!(Leaf::default().body(|_| 0), "");
    }
}
