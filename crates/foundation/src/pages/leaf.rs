//! Pages that are shared but for marks of their reader.

use std::ops::Range;

use bytes::{Bytes, BytesMut};
use domain::ids::{DeedId, IdentityId, ResidentId, UnitId};

use super::{Page, Weighs};

/// What stands in a line where nobody in particular reads it. Quotes in what people write are escaped: it is found once in a line.
const NOBODYS: &[u8] = br#""likedByMe":null"#;
const LIKED: &[u8] = br#""likedByMe":true"#;
const NOT_LIKED: &[u8] = br#""likedByMe":false"#;

/// The JSON of a deed as who is not signed in reads it, with the place of the mark that is each reader's own.
#[derive(Debug, Clone)]
pub struct Text {
    json: Bytes,
    mark: Range<usize>,
}

impl Text {
    /// None if there is no place for the mark.
    pub fn new(json: Bytes) -> Option<Self> {
        let mark = json.windows(NOBODYS.len()).position(|some| some == NOBODYS)?;
        Some(Self { json, mark: mark..mark + NOBODYS.len() })
    }
    fn write(&self, liked: bool, out: &mut BytesMut) {
        out.extend_from_slice(&self.json[..self.mark.start]);
        out.extend_from_slice(if liked { LIKED } else { NOT_LIKED });
        out.extend_from_slice(&self.json[self.mark.end..]);
    }
}

/// One deed on a page.
#[derive(Debug, Clone)]
pub struct Line {
    /// The deed.
    pub deed: DeedId,
    /// Who posted it.
    pub identity: IdentityId,
    /// The resident who did; none of a unit's own.
    pub resident: Option<ResidentId>,
    /// The unit whose residents read the author as a neighbour: where the author lives.
    pub home: UnitId,
    /// Its text: a part of the page.
    pub text: Text,
    /// Its text for neighbours of the author, if that is another.
    pub near: Option<Text>,
}

/// How a reader sees a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// Whether the reader lives where the author does.
    pub near: bool,
    /// Whether the reader likes it.
    pub liked: bool,
}

/// A page of deeds: as it is sent to whoever is not signed in, and what it is made of for those who are.
#[derive(Debug)]
pub struct Leaf {
    /// For nobody in particular; none where nobody may read it.
    pub public: Option<Page>,
    /// What stands before the first line.
    pub head: Bytes,
    /// The deeds.
    pub lines: Vec<Line>,
    /// What stands after the last.
    pub tail: Bytes,
}

impl Weighs for Leaf {
    fn bytes(&self) -> usize {
        let near = self.lines.iter().filter_map(|line| line.near.as_ref()).map(|text| text.json.len());
        let public = self.public.as_ref().map_or(0, Page::bytes);
        public + near.sum::<usize>() + size_of_val(self.lines.as_slice())
    }
}

impl Leaf {
    /// The body for one reader.
    pub fn body(&self, see: impl Fn(&Line) -> Seen) -> Bytes {
        let lines = self.lines.iter().map(|line| line.text.json.len() + 2).sum::<usize>();
        let mut body = BytesMut::with_capacity(self.head.len() + lines + self.tail.len());
        body.extend_from_slice(&self.head);
        for (i, line) in self.lines.iter().enumerate() {
            if i > 0 {
                body.extend_from_slice(b",");
            }
            let Seen { near, liked } = see(line);
            line.near.as_ref().filter(|_| near).unwrap_or(&line.text).write(liked, &mut body);
        }
        body.extend_from_slice(&self.tail);
        body.freeze()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(id: u8) -> Text {
        Text::new(format!(r#"{{"id":{id},"title":"\"likedByMe\":null","likedByMe":null}}"#).into()).unwrap()
    }

    #[test]
    fn each_line_is_sent_as_its_reader_sees_it() {
        let line = |id: u8| Line {
            deed: DeedId::new(),
            identity: IdentityId::new(),
            resident: None,
            home: UnitId::new(),
            text: text(id),
            near: (id == 2).then(|| text(3)),
        };
        let lines = vec![line(1), line(2)];
        let two = lines[1].deed;
        let (head, tail) = (Bytes::from_static(b"["), Bytes::from_static(b"]"));
        let leaf = Leaf { public: None, head, lines, tail };
        let sent = |near, liked: &[DeedId]| {
            let body = leaf.body(|line| Seen { near, liked: liked.contains(&line.deed) });
            String::from_utf8_lossy(&body).replace(r#""title":"\"likedByMe\":null","#, "")
        };
        let both = |a: &str, b: &str| format!("[{a},{b}]");
        let one = |id: u8, liked: bool| format!(r#"{{"id":{id},"likedByMe":{liked}}}"#);
        assert_eq!(sent(false, &[]), both(&one(1, false), &one(2, false)));
        assert_eq!(sent(false, &[two]), both(&one(1, false), &one(2, true)));
        assert_eq!(sent(true, &[two]), both(&one(1, false), &one(3, true)));
    }

    #[test]
    fn a_line_without_a_place_for_the_mark_is_none() {
        assert!(Text::new(Bytes::from_static(br#"{"likedByMe":false}"#)).is_none());
    }
}
