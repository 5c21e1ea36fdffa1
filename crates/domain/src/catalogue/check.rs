//! The adoption checker: what a unit may not put in force. It holds the platform's safeguards (due process for every deduction, no
//! link to statutory rights) and keeps a unit within what its parent allows.

use std::collections::HashMap;

use super::CatalogueDocument;
use super::form::FAULTS_MAX;
use super::item::{Direction, Item, PointsRule};
use crate::refusal::FieldFault;

/// Words in an effect that touch statutory rights: welfare, schooling, household registration, penalties, and what goes with them.
const STATUTORY_ZH: &str = "
    低保 救助 福利 补贴 补助 津贴 抚恤 五保 特困 社保 医保 养老 保险 医疗 退休
    公租房 廉租房 保障房 入学 上学 就学 升学 学籍 学位 受教育 义务教育 中考 高考
    户口 户籍 落户 入户 迁户 处罚 罚款 罚金 拘留 行政 执法 征信 选举 宅基地 承包";
/// The same in English, as beginnings of words.
const STATUTORY_EN: &str = "
    welfare allowance subsid benefit pension insur medicare relief dibao school enrol admission
    hukou penalt punish detention detain sanction prosecut voting election homestead";
/// The same, of several words.
const STATUTORY_EN_PHRASES: &[&str] = &["household registration", "residence permit", "credit record"];
/// Whole words in English that are the beginning of harmless ones.
const STATUTORY_EN_WHOLE: &[&str] = &["fine", "fines", "fined", "exam", "exams"];

/// Everything that keeps a catalogue from being adopted; nothing means that it may be. The faults of form are among it.
///
/// ```
/// use domain::catalogue::{carried, check};
/// let fengjie = carried()[1].document();
/// assert_eq!(check(&fengjie, None)[0].field, "items[3].clause"); // its first deduction states no clause
/// assert!(check(&fengjie.awards_only(), None).is_empty());
/// ```
pub fn check(document: &CatalogueDocument, parent: Option<&CatalogueDocument>) -> Vec<FieldFault> {
    let mut faults = document.validate();
    if faults.len() >= FAULTS_MAX {
        return faults;
    }
    let parents: HashMap<&str, &Item> =
        parent.into_iter().flat_map(|p| &p.items).map(|item| (item.code.as_str(), item)).collect();
    for (i, item) in document.items.iter().enumerate() {
        let path = format!("items[{i}].");
        due_process(&path, item, &mut faults);
        statutory_rights(&path, item, &mut faults);
        if let Some(parent) = parents.get(item.code.as_str()) {
            within_parent(&path, item, parent, &mut faults);
        }
    }
    same_act(&document.items, &mut faults);
    faults.truncate(FAULTS_MAX);
    faults
}

/// A deduction names its clause, the way to appeal, and when its listing ends.
fn due_process(path: &str, item: &Item, faults: &mut Vec<FieldFault>) {
    if item.direction != Some(Direction::Deduction) {
        return;
    }
    let blank = |text: &Option<String>| text.as_ref().is_none_or(|t| t.trim().is_empty());
    let missing = [
        (
            "clause",
            blank(&item.clause),
            "扣分项目须写明依据的村规民约条款",
            "a deduction names the clause it rests on",
        ),
        (
            "appealPath",
            blank(&item.appeal_path),
            "扣分项目须写明申诉途径",
            "a deduction says how one appeals",
        ),
        (
            "expiryDays",
            item.expiry_days.is_none_or(|days| days == 0),
            "扣分项目须写明公示期限（天）",
            "a deduction says after how many days its listing ends",
        ),
    ];
    for (name, _, zh, en) in missing.into_iter().filter(|(_, is_missing, ..)| *is_missing) {
        faults.push(FieldFault::new(format!("{path}{name}"), "required", zh, en));
    }
}

fn statutory_rights(path: &str, item: &Item, faults: &mut Vec<FieldFault>) {
    if item.effect.as_deref().is_some_and(touches_statutory_rights) {
        faults.push(FieldFault::new(
            format!("{path}effect"),
            "statutory_right",
            "积分不得与低保救助、入学、户籍、处罚等法定权益挂钩",
            "points have no effect on welfare, schooling, household registration or penalties",
        ));
    }
}

fn touches_statutory_rights(effect: &str) -> bool {
    let dense: String = effect.chars().filter(|c| !c.is_whitespace()).collect();
    if STATUTORY_ZH.split_whitespace().any(|word| dense.contains(word)) {
        return true;
    }
    // Every word begins after one space, so that the beginning of a word is found by a space before it.
    let lower = effect.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
    let spaced = format!(" {}", words.join(" "));
    let mut starts = STATUTORY_EN.split_whitespace().chain(STATUTORY_EN_PHRASES.iter().copied());
    starts.any(|start| spaced.contains(&format!(" {start}")))
        || words.iter().any(|word| STATUTORY_EN_WHOLE.contains(word))
}

/// One act is paid by one item: no two have the same name and direction.
fn same_act(items: &[Item], faults: &mut Vec<FieldFault>) {
    let mut seen: HashMap<(String, Direction), usize> = HashMap::new();
    for (i, item) in items.iter().enumerate() {
        let Some(direction) = item.direction else { continue };
        let first = *seen.entry((act(&item.name_zh), direction)).or_insert(i);
        if first != i {
            let code = &items[first].code;
            faults.push(FieldFault::new(
                format!("items[{i}].nameZh"),
                "same_act",
                format!("与项目 {code} 为同一行为，不能重复计分"),
                format!("item {code} covers the same act already"),
            ));
        }
    }
}

/// A name without what does not change its meaning: spaces, punctuation, capitals.
fn act(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// A unit refines an item of its parent within the parent's figure and caps, and does not turn it into another.
fn within_parent(path: &str, item: &Item, parent: &Item, faults: &mut Vec<FieldFault>) {
    let turned = parent.direction.is_some() && item.direction != parent.direction;
    if turned || item.subject != parent.subject {
        faults.push(FieldFault::new(
            format!("{path}{}", if turned { "direction" } else { "subject" }),
            "differs_from_parent",
            "与上级细则中同一编号的项目不一致",
            "differs from the parent's item of this code",
        ));
    }
    if let (Some(rule), Some(allowed)) = (&item.points, &parent.points)
        && (item.per_quantity != parent.per_quantity || !is_within(rule, allowed))
    {
        faults.push(FieldFault::new(
            format!("{path}points"),
            "outside_parent",
            "分值超出上级细则允许的范围",
            "outside the range that the parent's item allows",
        ));
    }
    let keeps = |cap: &super::Cap| {
        item.caps.iter().any(|own| own.same_counter(cap) && own.amount.max() <= cap.amount.max())
    };
    if !parent.caps.iter().all(keeps) {
        faults.push(FieldFault::new(
            format!("{path}caps"),
            "outside_parent",
            "不得取消或放宽上级细则规定的上限",
            "a cap of the parent's item is kept or made smaller",
        ));
    }
}

/// Whether whatever the one figure pays, the other could pay.
fn is_within(rule: &PointsRule, allowed: &PointsRule) -> bool {
    let (min, max) = rule.bounds();
    let (least, most) = allowed.bounds();
    let bounded = min >= least && most.is_none_or(|most| max.is_some_and(|max| max <= most));
    match (rule, allowed) {
        (PointsRule::Stepped { points, step, .. }, PointsRule::Stepped { points: p, step: s, .. }) => {
            bounded && points == p && step == s
        }
        (PointsRule::Stepped { .. }, _) | (_, PointsRule::Stepped { .. }) => false,
        (PointsRule::Fixed(points), PointsRule::Grades(grades)) => grades.contains(points),
        (PointsRule::Grades(own), PointsRule::Grades(grades)) => own.iter().all(|g| grades.contains(g)),
        (PointsRule::Range { .. }, PointsRule::Grades(_)) => false,
        (_, PointsRule::Fixed(_) | PointsRule::Range { .. }) => bounded,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{CapAmount, CapScope, carried, extra_rows};
    use super::*;
    use crate::points::Points;

    fn composed() -> CatalogueDocument {
        extra_rows()[1].document().awards_only()
    }
    fn faults_after(change: impl FnOnce(&mut CatalogueDocument)) -> Vec<String> {
        let mut child = composed();
        change(&mut child);
        check(&child, Some(&composed())).into_iter().map(|f| format!("{} {}", f.field, f.code)).collect()
    }

    #[test]
    fn the_award_items_of_every_place_can_be_adopted() {
        for table in carried() {
            assert_eq!(check(&table.document().awards_only(), None), [], "{}", table.key);
        }
    }

    #[test]
    fn a_deduction_without_due_process_is_refused() {
        let mut wendeng = carried()[0].document();
        assert_eq!(check(&wendeng, None).len(), FAULTS_MAX);
        wendeng.items.retain(|item| item.code == "WD-R-VA-078");
        let fields: Vec<_> = check(&wendeng, None).into_iter().map(|f| f.field).collect();
        assert_eq!(fields, ["items[0].clause", "items[0].appealPath", "items[0].expiryDays"]);
        let item = &mut wendeng.items[0];
        item.clause = Some("第七条".into());
        item.appeal_path = Some("村民监督委员会".into());
        item.expiry_days = Some(0);
        assert_eq!(check(&wendeng, None).len(), 1);
        wendeng.items[0].expiry_days = Some(30);
        assert_eq!(check(&wendeng, None), []);
    }

    #[test]
    fn an_effect_on_statutory_rights_is_refused() {
        let refused = [
            "取消低保资格",
            "影响子女入 学",
            "不予落户",
            "移交执法部门罚款",
            "Loses the subsidies",
            "a Fine of 50 yuan",
            "no household-registration service",
            "put on the credit record",
        ];
        for effect in refused {
            assert!(touches_statutory_rights(effect), "{effect}");
        }
        for effect in
            ["列入红榜", "批评教育", "Listed as a model", "a finely made plaque", "an example to all"]
        {
            assert!(!touches_statutory_rights(effect), "{effect}");
        }
        let faults = faults_after(|c| c.items[0].effect = Some("优先享受福利".into()));
        assert_eq!(faults, ["items[0].effect statutory_right"]);
    }

    #[test]
    fn two_items_that_pay_the_same_act_are_refused() {
        let faults = faults_after(|c| {
            let mut twin = c.items[0].clone();
            twin.code = "TWIN".into();
            twin.name_zh = format!(" {}（） ", twin.name_zh);
            c.items.push(twin);
        });
        assert_eq!(faults, ["items[21].nameZh same_act"]);
    }

    #[test]
    fn a_unit_stays_within_its_parent() {
        assert!(faults_after(|_| ()).is_empty());
        let outside =
            faults_after(|c| c.items[0].points = Some(PointsRule::Fixed(Points::from_hundredths(501))));
        assert_eq!(outside, ["items[0].points outside_parent"]);
        let uncapped = faults_after(|c| c.items[1].caps.clear());
        assert_eq!(uncapped, ["items[1].caps outside_parent"]);
        let wider =
            faults_after(|c| c.items[1].caps[0].amount = CapAmount::Points(Points::from_hundredths(2401)));
        assert_eq!(wider, ["items[1].caps outside_parent"]);
        let narrower = faults_after(|c| c.items[1].caps[0].amount = CapAmount::Points(Points::whole(8)));
        assert!(narrower.is_empty());
        let longer = faults_after(|c| c.items[1].caps[0].scope = CapScope::Year);
        assert_eq!(longer, ["items[1].caps outside_parent"]);
        let turned = faults_after(|c| c.items[0].direction = None);
        assert_eq!(turned, ["items[0].direction differs_from_parent"]);
        assert!(
            faults_after(|c| c.items[0].points = None).is_empty(),
            "a unit may leave an item without a figure"
        );
        assert!(faults_after(|c| c.items[0].code = "OWN-1".into()).is_empty(), "an own item");
    }

    #[test]
    fn a_figure_within_a_figure() {
        let fixed = |n| PointsRule::Fixed(Points::whole(n));
        let range = |min, max| PointsRule::Range { min: Points::whole(min), max: Points::whole(max) };
        let grades = |list: &[i32]| PointsRule::Grades(list.iter().copied().map(Points::whole).collect());
        let stepped = |n, max: Option<i32>| PointsRule::Stepped {
            points: Points::whole(n),
            step: Points::whole(100),
            min: None,
            max: max.map(Points::whole),
        };
        for (own, parent) in [
            (fixed(5), range(5, 10)),
            (range(6, 10), range(5, 10)),
            (grades(&[5, 10]), range(5, 10)),
            (fixed(30), grades(&[20, 30])),
            (grades(&[30]), grades(&[20, 30])),
            (stepped(1, Some(5)), stepped(1, None)),
        ] {
            assert!(is_within(&own, &parent), "{own:?} in {parent:?}");
        }
        for (own, parent) in [
            (fixed(11), range(5, 10)),
            (range(4, 10), range(5, 10)),
            (fixed(25), grades(&[20, 30])),
            (range(20, 30), grades(&[20, 30])),
            (stepped(1, None), stepped(1, Some(5))),
            (stepped(2, Some(5)), stepped(1, Some(5))),
            (stepped(1, Some(5)), range(1, 5)),
            (range(1, 5), stepped(1, Some(5))),
        ] {
            assert!(!is_within(&own, &parent), "{own:?} in {parent:?}");
        }
    }
}
