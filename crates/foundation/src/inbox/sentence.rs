//! The sentence of an entry, made of its kind and of what is known of its matter at the moment.

use domain::time::Zone;
use domain::{Day, Ts};

use super::{Detail, Kind};

/// What things are called, in Chinese and English.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Called {
    pub(super) zh: String,
    pub(super) en: String,
}

impl From<String> for Called {
    fn from(name: String) -> Self {
        Self { zh: name.clone(), en: name }
    }
}

/// The sentence in Chinese and English.
pub(super) fn sentence(
    kind: Kind,
    detail: &Detail,
    title: Option<&Called>,
    shop: Option<&Called>,
    zone: &Zone,
) -> (String, String) {
    let (zh, en) = kind.sentences();
    let points = detail.points.unwrap_or_default();
    let until = detail.until.map(|moment| wall_time(moment, zone));
    let fill = |text: &str, title: String, shop: &str, gain: String, until: String| {
        let text =
            text.replace("{points}", &points.to_string()).replace("{gain}", &gain).replace("{until}", &until);
        // Last, and the shop after the title: names are what others wrote, and may hold anything.
        place(&text, &[("{title}", &title), ("{shop}", shop)])
    };
    (
        fill(
            zh,
            title.map(|t| format!("《{}》", t.zh)).unwrap_or_default(),
            shop.map_or("商户", |s| &s.zh),
            detail.points.map(|p| format!("，获得 {p} 积分")).unwrap_or_default(),
            until.as_ref().map(|t| format!("（{t}）")).unwrap_or_default(),
        ),
        fill(
            en,
            title.map(|t| format!(" “{}”", t.en)).unwrap_or_default(),
            shop.map_or("a shop", |s| &s.en),
            detail.points.map(|p| format!(": {p} points")).unwrap_or_default(),
            until.map(|t| format!(" ({t})")).unwrap_or_default(),
        ),
    )
}

/// Puts names into their places, each looked for in the text itself and not in the other name.
pub(crate) fn place(text: &str, names: &[(&str, &str)]) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((at, (mark, name))) =
        names.iter().filter_map(|name| Some((rest.find(name.0)?, *name))).min_by_key(|(at, _)| *at)
    {
        out.push_str(&rest[..at]);
        out.push_str(name);
        rest = &rest[at + mark.len()..];
    }
    out + rest
}

/// Day and minute here.
pub(crate) fn wall_time(moment: Ts, zone: &Zone) -> String {
    let minute = zone.minute_of_day(moment);
    format!("{} {:02}:{:02}", Day::of(moment, zone), minute / 60, minute % 60)
}

#[cfg(test)]
mod tests {
    use domain::Points;

    use super::*;

    fn of(kind: Kind, detail: &Detail, title: Option<&str>, shop: Option<&str>) -> (String, String) {
        let called = |name: Option<&str>| name.map(|n| Called::from(n.to_owned()));
        sentence(kind, detail, called(title).as_ref(), called(shop).as_ref(), &Zone::shanghai())
    }

    #[test]
    fn every_kind_has_a_word_and_sentences_with_and_without_what_is_looked_up() {
        let full = Detail {
            points: Some(Points::from_hundredths(500)),
            until: Some("2026-03-01T06:30:00Z".parse().unwrap()),
            ..Detail::default()
        };
        let mut words: Vec<&str> = Vec::new();
        for kind in Kind::EVERY.iter().copied() {
            words.push(kind.word());
            assert_eq!(Kind::from_word(kind.word()), Some(kind));
            for (detail, title, shop) in
                [(Detail::default(), None, None), (full, Some("修水管"), Some("刘记理发"))]
            {
                let (zh, en) = of(kind, &detail, title, shop);
                assert!(zh.ends_with('。') && en.ends_with('.'), "{kind:?}: {zh} {en}");
                assert!(!zh.contains(['{', '}']) && !en.contains(['{', '}']), "{kind:?}: {zh} {en}");
            }
        }
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), Kind::EVERY.len());
    }

    #[test]
    fn a_sentence_says_what_when_and_how_much() {
        let detail = Detail {
            points: Some(Points::from_hundredths(500)),
            until: Some("2026-03-01T06:30:00Z".parse().unwrap()),
            ..Detail::default()
        };
        let (zh, en) = of(Kind::RedemptionHeld, &detail, Some("剪发"), Some("刘记理发"));
        assert_eq!(zh, "刘记理发请您确认一笔核销《剪发》：5.00 积分（2026-03-01 14:30）。");
        assert_eq!(en, "刘记理发 asks you to approve a redemption “剪发”: 5.00 points (2026-03-01 14:30).");
    }

    #[test]
    fn a_name_is_not_a_place() {
        let (zh, _) = of(Kind::OfferWaits, &Detail::default(), Some("{shop}"), Some("{title}"));
        assert_eq!(zh, "{title}提交了优惠《{shop}》，请审核。");
    }
}
