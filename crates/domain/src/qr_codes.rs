//! Codes to scan: what they name, and the scene, the short text by which a mini-program that was opened by one knows what.
//!
//! Of what is public the scene holds a word that means nothing (`d=7k2m9qxd4`), of an invitation the code itself (`i=7K2M9QXD4RTW`), which
//! is kept nowhere.

use crate::invitations::InvitationCode;

/// What a code names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A deed.
    Deed,
    /// An event, where one checks in.
    Event,
    /// A shop.
    Merchant,
    /// An invitation into a household.
    Invitation,
}

impl Kind {
    /// Every kind.
    pub const EVERY: [Self; 4] = [Self::Deed, Self::Event, Self::Merchant, Self::Invitation];
    /// The word in rows and answers.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Deed => "deed",
            Self::Event => "event",
            Self::Merchant => "merchant",
            Self::Invitation => "invitation",
        }
    }
    /// The letter that a scene begins with: it lets the mini-program choose a page before it asks.
    const fn letter(self) -> char {
        match self {
            Self::Deed => 'd',
            Self::Event => 'e',
            Self::Merchant => 'm',
            Self::Invitation => 'i',
        }
    }
    /// The kind of this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::EVERY.into_iter().find(|kind| kind.word() == word)
    }
}

/// Small letters and digits of Crockford's base 32.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// Characters of a word. It is no secret: 45 bits are enough not to meet another.
const WORD_CHARS: usize = 9;

/// The word of this chance.
pub fn word_of(chance: u64) -> String {
    (0..WORD_CHARS).map(|place| char::from(ALPHABET[((chance >> (5 * place)) & 31) as usize])).collect()
}

/// What a code carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scene {
    /// Something public, by its word.
    Public(Kind, String),
    /// An invitation, by its code.
    Invitation(InvitationCode),
}

impl Scene {
    /// Reads a scene; `None` where it is none of ours.
    pub fn read(text: &str) -> Option<Self> {
        let (letter, rest) = text.split_once('=')?;
        let kind = Kind::EVERY.into_iter().find(|kind| letter.chars().eq([kind.letter()]))?;
        if kind == Kind::Invitation {
            return InvitationCode::read(rest).map(Self::Invitation);
        }
        let is_word = rest.len() == WORD_CHARS && rest.bytes().all(|b| ALPHABET.contains(&b));
        is_word.then(|| Self::Public(kind, rest.to_owned()))
    }

    /// What it names.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Public(kind, _) => *kind,
            Self::Invitation(_) => Kind::Invitation,
        }
    }

    /// As a code carries it.
    pub fn text(&self) -> String {
        let rest = match self {
            Self::Public(_, word) => word.clone(),
            Self::Invitation(code) => code.bare(),
        };
        format!("{}={rest}", self.kind().letter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scene_reads_back_and_fits_what_wechat_takes() {
        let word = word_of(0x0123_4567_89ab_cdef);
        let code = InvitationCode::of(42);
        let mut scenes = vec![Scene::Invitation(code)];
        scenes
            .extend([Kind::Deed, Kind::Event, Kind::Merchant].map(|kind| Scene::Public(kind, word.clone())));
        for scene in scenes {
            let text = scene.text();
            assert!(
                text.len() <= 32 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'='),
                "{text}"
            );
            assert_eq!(Scene::read(&text), Some(scene));
        }
        for none in [
            "",
            "d",
            "d=",
            "d=7k2m9qxd",
            "d=7k2m9qxd4x",
            "d=7K2M9QXD4",
            "x=7k2m9qxd4",
            "dd=7k2m9qxd4",
            "i=7K2M9QXD4RTX",
            "d=好好好",
        ] {
            assert_eq!(Scene::read(none), None, "{none}");
        }
        assert_eq!(Kind::from_word("event"), Some(Kind::Event));
    }
}
