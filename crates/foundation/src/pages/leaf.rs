//! Pages that are shared but for marks of their reader, and that stay what they are, but for what is counted, until the edition changes.

use std::io::Write;
use std::ops::Range;
use std::time::Instant;

use bytes::{BufMut, Bytes, BytesMut};
use domain::ids::{DeedId, IdentityId, ResidentId, UnitId};
use store::editions::{Counted, Counts, Edition};

use super::{Page, TRUSTED_FOR, Weighs};

/// Where the counts of a line begin, and the mark of its reader that ends them, as nobody in particular reads it. Quotes in what people
/// write are escaped: each is found once in a line.
const FIRST: &[u8] = br#""likeCount":"#;
const LAST: &[u8] = br#""likedByMe":null"#;
/// More than the counts and the mark ever take.
const CHANGING_MAX: usize = 128;

/// The JSON of a deed around its counts and the mark that is each reader's own.
#[derive(Debug, Clone)]
pub struct Text {
    before: Bytes,
    after: Bytes,
}

impl Text {
    /// Of the JSON as who is not signed in reads it; none if it has no place for these counts and the mark.
    pub fn new(json: &Bytes, counts: Counts) -> Option<Self> {
        let from = find(json, FIRST)?;
        let until = find(json, LAST)? + LAST.len();
        let mut same = BytesMut::with_capacity(CHANGING_MAX);
        put(counts, None, &mut same);
        (json.get(from..until)? == &same[..])
            .then(|| Self { before: json.slice(..from), after: json.slice(until..) })
    }
    fn len(&self) -> usize {
        self.before.len() + self.after.len()
    }
    fn write(&self, counts: Counts, liked: Option<bool>, out: &mut BytesMut) {
        out.extend_from_slice(&self.before);
        put(counts, liked, out);
        out.extend_from_slice(&self.after);
    }
}

fn find(json: &[u8], what: &[u8]) -> Option<usize> {
    json.windows(what.len()).position(|some| some == what)
}

fn put(Counts { likes, comments, shares }: Counts, liked: Option<bool>, out: &mut BytesMut) {
    let mark = match liked {
        None => "null",
        Some(true) => "true",
        Some(false) => "false",
    };
    // Writing to memory that grows does not fail.
    let _written = write!(
        out.writer(),
        r#""likeCount":{likes},"commentCount":{comments},"shareCount":{shares},"likedByMe":{mark}"#
    );
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
    /// What is counted of it.
    pub counts: Counts,
    /// Its text.
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
    /// As of when it was read, if that says what it is but for its counts.
    edition: Option<Edition>,
    /// When it was read as a whole.
    read_on: Instant,
}

impl Weighs for Leaf {
    fn bytes(&self) -> usize {
        let near = self.lines.iter().filter_map(|line| line.near.as_ref()).map(Text::len);
        let public = self.public.as_ref().map_or(0, Page::bytes);
        public + near.sum::<usize>() + size_of_val(self.lines.as_slice())
    }
}

impl Leaf {
    /// A page that nobody in particular may read: there is none.
    pub fn nobodys() -> Self {
        let (head, tail) = (Bytes::new(), Bytes::new());
        Self { public: None, head, lines: Vec::new(), tail, edition: None, read_on: Instant::now() }
    }

    /// A page of these lines. `edition` is as of when they were read, if their choice and order follow from it.
    pub fn new(head: Bytes, mut lines: Vec<Line>, tail: Bytes, edition: Option<Edition>) -> Self {
        let many = lines.iter().map(|line| line.text.len() + CHANGING_MAX).sum::<usize>();
        let mut body = BytesMut::with_capacity(head.len() + many + tail.len());
        body.extend_from_slice(&head);
        let mut places: Vec<[Range<usize>; 2]> = Vec::with_capacity(lines.len());
        for line in &lines {
            if !places.is_empty() {
                body.extend_from_slice(b",");
            }
            let from = body.len();
            line.text.write(line.counts, None, &mut body);
            let until = body.len();
            places.push([from..from + line.text.before.len(), until - line.text.after.len()..until]);
        }
        body.extend_from_slice(&tail);
        let body = body.freeze();
        // The lines are parts of the page, so that they are held once.
        for (line, [before, after]) in lines.iter_mut().zip(places) {
            line.text = Text { before: body.slice(before), after: body.slice(after) };
        }
        Self { public: Some(Page::of(body)), head, lines, tail, edition, read_on: Instant::now() }
    }

    /// The deeds of which it has to be known how often they are liked, to know this page again; none if that does not say enough.
    pub fn counted(&self) -> Option<Vec<DeedId>> {
        self.edition.filter(|_| !self.lines.is_empty() && self.read_on.elapsed() < TRUSTED_FOR)?;
        Some(self.lines.iter().map(|line| line.deed).collect())
    }

    /// The page as of then; none if more has changed than what is counted.
    pub fn again(&self, found: &Counted) -> Option<Self> {
        if self.edition != Some(found.edition) || found.counts.len() != self.lines.len() {
            return None;
        }
        let fresh = |(line, (deed, counts)): (&Line, &(DeedId, Counts))| {
            (line.deed == *deed).then(|| Line { counts: *counts, ..line.clone() })
        };
        let lines: Vec<Line> = self.lines.iter().zip(&found.counts).map(fresh).collect::<Option<_>>()?;
        let (head, tail, edition, read_on) =
            (self.head.clone(), self.tail.clone(), self.edition, self.read_on);
        if lines.iter().zip(&self.lines).any(|(new, old)| new.counts != old.counts) {
            return Some(Self { read_on, ..Self::new(head, lines, tail, edition) });
        }
        // What was compressed of it is good as well.
        Some(Self { public: self.public.clone(), head, lines, tail, edition, read_on })
    }

    /// The body for one reader.
    pub fn body(&self, see: impl Fn(&Line) -> Seen) -> Bytes {
        let many = self.lines.iter().map(|line| line.text.len() + CHANGING_MAX).sum::<usize>();
        let mut body = BytesMut::with_capacity(self.head.len() + many + self.tail.len());
        body.extend_from_slice(&self.head);
        for (i, line) in self.lines.iter().enumerate() {
            if i > 0 {
                body.extend_from_slice(b",");
            }
            let Seen { near, liked } = see(line);
            let text = line.near.as_ref().filter(|_| near).unwrap_or(&line.text);
            text.write(line.counts, Some(liked), &mut body);
        }
        body.extend_from_slice(&self.tail);
        body.freeze()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COUNTS: Counts = Counts { likes: 3, comments: 2, shares: 1 };

    fn json(id: u8, likes: i64, mark: &str) -> String {
        let counts = format!(r#""likeCount":{likes},"commentCount":2,"shareCount":1"#);
        format!(
            r#"{{"id":{id},"title":"\"likeCount\":9,\"likedByMe\":null",{counts},"likedByMe":{mark},"points":null}}"#
        )
    }

    fn text(id: u8) -> Text {
        Text::new(&json(id, 3, "null").into(), COUNTS).unwrap()
    }

    fn line(id: u8) -> Line {
        Line {
            deed: DeedId::new(),
            identity: IdentityId::new(),
            resident: None,
            home: UnitId::new(),
            counts: COUNTS,
            text: text(id),
            near: (id == 2).then(|| text(3)),
        }
    }

    fn leaf() -> Leaf {
        let (head, tail) = (Bytes::from_static(b"["), Bytes::from_static(b"]"));
        Leaf::new(head, vec![line(1), line(2)], tail, None)
    }

    fn both(a: &str, b: &str) -> String {
        format!("[{a},{b}]")
    }

    #[test]
    fn each_line_is_sent_as_its_reader_sees_it() {
        let leaf = leaf();
        let two = leaf.lines[1].deed;
        let sent =
            |near, liked: &[DeedId]| leaf.body(|line| Seen { near, liked: liked.contains(&line.deed) });
        assert_eq!(sent(false, &[]), both(&json(1, 3, "false"), &json(2, 3, "false")));
        assert_eq!(sent(false, &[two]), both(&json(1, 3, "false"), &json(2, 3, "true")));
        assert_eq!(sent(true, &[two]), both(&json(1, 3, "false"), &json(3, 3, "true")));
        assert_eq!(leaf.public.unwrap().body, both(&json(1, 3, "null"), &json(2, 3, "null")));
    }

    #[test]
    fn a_line_without_a_place_for_counts_and_mark_is_none() {
        assert!(Text::new(&Bytes::from_static(br#"{"likedByMe":false}"#), COUNTS).is_none());
        assert!(Text::new(&json(1, 4, "null").into(), COUNTS).is_none(), "these are other counts");
    }
}
