//! Names, all of them invented: places that are on no map, and people made of a usual surname and usual characters.

use super::chance::Chance;

/// Surnames with their weight, about as they are spread in China.
const SURNAMES: &[(&str, u32)] = &[
    ("王", 72),
    ("李", 71),
    ("张", 67),
    ("刘", 53),
    ("陈", 45),
    ("杨", 31),
    ("黄", 22),
    ("赵", 21),
    ("吴", 20),
    ("周", 20),
    ("徐", 15),
    ("孙", 15),
    ("马", 13),
    ("朱", 13),
    ("胡", 12),
    ("郭", 12),
    ("何", 11),
    ("林", 11),
    ("高", 10),
    ("罗", 10),
    ("郑", 9),
    ("梁", 8),
    ("谢", 8),
    ("宋", 7),
    ("唐", 7),
    ("许", 7),
    ("韩", 6),
    ("邓", 6),
    ("冯", 6),
    ("曹", 6),
    ("彭", 6),
    ("曾", 5),
    ("肖", 5),
    ("田", 5),
    ("董", 5),
    ("潘", 5),
    ("袁", 5),
    ("蔡", 5),
    ("蒋", 5),
    ("余", 5),
    ("于", 5),
    ("杜", 4),
    ("叶", 4),
    ("程", 4),
    ("魏", 4),
    ("苏", 4),
    ("吕", 4),
    ("丁", 4),
    ("任", 4),
    ("卢", 4),
    ("姚", 3),
    ("沈", 3),
    ("钟", 3),
    ("姜", 3),
    ("崔", 3),
    ("谭", 3),
    ("陆", 3),
    ("范", 3),
    ("汪", 3),
    ("廖", 3),
    ("石", 3),
    ("金", 3),
    ("韦", 2),
    ("贾", 2),
    ("夏", 2),
    ("付", 2),
    ("方", 2),
    ("邹", 2),
    ("熊", 2),
    ("白", 2),
    ("孟", 2),
    ("秦", 2),
    ("邱", 2),
    ("侯", 2),
    ("江", 2),
    ("尹", 2),
    ("薛", 2),
    ("闫", 2),
    ("段", 2),
    ("雷", 2),
];
const GIVEN_FIRST: &[&str] = &[
    "建", "国", "志", "永", "秀", "桂", "玉", "春", "海", "文", "明", "小", "晓", "雨", "思", "子", "佳",
    "家", "俊", "振", "德", "世", "广", "淑", "凤", "美", "爱", "红", "丽", "雪", "冬", "立", "长", "兴",
    "庆", "云", "清", "宏", "少", "正",
];
const GIVEN_LAST: &[&str] = &[
    "华", "军", "平", "英", "兰", "珍", "芳", "梅", "明", "强", "林", "山", "波", "涛", "辉", "斌", "伟",
    "杰", "娟", "霞", "燕", "玲", "萍", "琴", "荣", "生", "田", "根", "福", "成", "贵", "祥", "松", "柏",
    "宁", "安", "怡", "涵", "轩", "彤",
];
const GIVEN_SINGLE: &[&str] =
    &["敏", "静", "磊", "洋", "艳", "勇", "超", "刚", "鑫", "婷", "宁", "晨", "悦", "凯", "岩", "颖"];

const NICKNAME_FIRST: &[&str] = &[
    "春天的",
    "巷口的",
    "爱笑的",
    "早起的",
    "乡间",
    "云边",
    "老街",
    "晴天",
    "勤快的",
    "安静的",
    "屋后的",
    "山那边的",
];
const NICKNAME_LAST: &[&str] = &[
    "小茶馆",
    "喜鹊",
    "向日葵",
    "石榴树",
    "布谷鸟",
    "老木匠",
    "豆花",
    "油菜花",
    "小河",
    "铃铛",
    "柿子",
    "橘猫",
];

/// A person's surname and given name.
pub(super) fn person(chance: &mut Chance, surname: &'static str) -> String {
    if chance.percent(18) {
        return format!("{surname}{}", chance.pick(GIVEN_SINGLE));
    }
    format!("{surname}{}{}", chance.pick(GIVEN_FIRST), chance.pick(GIVEN_LAST))
}

/// A surname, as often as it is met.
pub(super) fn surname(chance: &mut Chance) -> &'static str {
    SURNAMES[chance.weighted(SURNAMES.iter().map(|(_, weight)| *weight))].0
}

/// A nickname.
pub(super) fn nickname(chance: &mut Chance) -> String {
    format!("{}{}", chance.pick(NICKNAME_FIRST), chance.pick(NICKNAME_LAST))
}

/// How somebody is called who was helped.
pub(super) fn elder(chance: &mut Chance) -> String {
    format!("{}{}", surname(chance), chance.pick(&["奶奶", "大爷", "阿姨", "爷爷", "婶", "叔"]))
}

/// A person whose development sign-in name and place are documented: sign-in name, name, community, smallest unit in it.
pub(super) struct Persona {
    pub(super) subject: &'static str,
    pub(super) name: &'static str,
    pub(super) community: usize,
    pub(super) smallest: usize,
}

/// The documented people. Each is the first member of a household of the stated smallest unit.
pub(super) const PERSONAS: &[Persona] = &[
    Persona { subject: "zhang-li", name: "张丽", community: 0, smallest: 0 },
    Persona { subject: "wang-jianguo", name: "王建国", community: 0, smallest: 1 },
    Persona { subject: "liu-xiuying", name: "刘秀英", community: 1, smallest: 0 },
    Persona { subject: "chen-wei", name: "陈伟", community: 3, smallest: 0 },
    Persona { subject: "zhao-guilan", name: "赵桂兰", community: 4, smallest: 1 },
    Persona { subject: "sun-dashan", name: "孙大山", community: 5, smallest: 0 },
    Persona { subject: "zhou-xiaoyu", name: "周晓雨", community: 6, smallest: 0 },
    Persona { subject: "he-yong", name: "何勇", community: 7, smallest: 1 },
];

/// The district.
pub(super) const DISTRICT: &str = "云溪区";

/// The towns: name, whether urban. Further ones are made up from [`place`].
pub(super) const TOWNS: [(&str, bool); 3] = [("望江街道", true), ("青禾镇", false), ("桃坞镇", false)];

/// The communities and villages of each town of the small demo.
pub(super) const COMMUNITIES: [&[&str]; 3] =
    [&["映月社区", "朝阳里社区", "柳荫社区"], &["禾丰村", "石桥头村"], &["桃源里村", "白鹭村", "溪口村"]];

const PLACE_FIRST: &[&str] = &[
    "映", "朝", "柳", "禾", "石", "桃", "白", "溪", "青", "银", "松", "竹", "枫", "荷", "梅", "兰", "霞",
    "星", "晴", "春", "秋", "玉", "金", "长", "新", "永", "和", "福", "安", "宁", "乐", "清", "南", "北",
    "东", "西", "上", "下", "高", "平",
];
const PLACE_LAST: &[&str] = &[
    "月", "阳", "荫", "丰", "桥", "源", "鹭", "口", "泉", "杏", "岭", "园", "林", "塘", "湾", "坪", "庄",
    "港", "洲", "苑", "堤", "坡", "沟", "畈", "埠", "渡", "墩", "滩", "岗", "台",
];

/// The name of a place by its number: the same number is the same name, and no two of the first 1,200 are alike.
pub(super) fn place(n: usize) -> String {
    let (a, b) = (PLACE_FIRST.len(), PLACE_LAST.len());
    let name = format!("{}{}", PLACE_FIRST[n % a], PLACE_LAST[(n / a + n % a * 7) % b]);
    if n < a * b { name } else { format!("{name}{}", n / (a * b) + 1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_places_are_called_alike() {
        let mut names: Vec<String> = (0..5_000).map(place).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), 5_000);
    }
}
