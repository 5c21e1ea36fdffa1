//! Masking: the form in which each audience sees a person. The server decides it, here and nowhere else.

/// Who will read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Anybody, signed in or not.
    Public,
    /// Residents of the same smallest unit's community.
    SameUnit,
    /// Staff whose role reaches the person's unit.
    Staff,
    /// The person.
    Own,
}

/// A person as stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Person<'a> {
    /// The real name, unless erased.
    pub name: Option<&'a str>,
    /// The chosen nickname.
    pub nickname: Option<&'a str>,
    /// Whether the person hides from every public list.
    pub hidden: bool,
}

/// How this audience sees this person. Public readers and readers of other units see the nickname or `王*`; hidden persons
/// are `某居民` to everybody but staff and themselves.
pub fn display_name(person: Person<'_>, audience: Audience) -> String {
    match audience {
        Audience::Staff | Audience::Own => {
            person.name.or(person.nickname).map_or_else(|| "已注销".to_owned(), str::to_owned)
        }
        Audience::Public | Audience::SameUnit if person.hidden => "某居民".to_owned(),
        Audience::SameUnit => match (person.nickname, person.name) {
            (Some(nickname), _) => nickname.to_owned(),
            (None, Some(name)) => masked(name),
            (None, None) => "已注销".to_owned(),
        },
        Audience::Public => match (person.nickname, person.name) {
            (Some(nickname), _) => nickname.to_owned(),
            (None, Some(name)) => masked(name),
            (None, None) => "已注销".to_owned(),
        },
    }
}

/// How this audience sees a household: by its householder, or `某户` where there is none to be named.
pub fn household_name(householder: Person<'_>, hidden: bool, audience: Audience) -> String {
    let nameless = householder.name.is_none() && householder.nickname.is_none();
    let is_shy = matches!(audience, Audience::Public | Audience::SameUnit) && (hidden || householder.hidden);
    if nameless || is_shy {
        return "某户".to_owned();
    }
    format!("{}家", display_name(householder, audience))
}

/// The surname with a star: `王*`. Two-character surnames are kept whole.
pub fn masked(name: &str) -> String {
    const DOUBLE: [&str; 10] =
        ["欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "司徒"];
    let surname = DOUBLE
        .into_iter()
        .find(|d| name.starts_with(d) && name.chars().count() > 2)
        .map_or_else(|| name.chars().next().map(String::from).unwrap_or_default(), str::to_owned);
    format!("{surname}*")
}

/// A phone number with its middle hidden: `138****1234`.
pub fn masked_phone(phone: &str) -> String {
    let digits: Vec<char> = phone.chars().collect();
    if digits.len() < 7 {
        return "****".to_owned();
    }
    let head: String = digits[..3].iter().collect();
    let tail: String = digits[digits.len() - 4..].iter().collect();
    format!("{head}****{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_audience_sees_its_form() {
        let wang = Person { name: Some("王小明"), nickname: None, hidden: false };
        assert_eq!(display_name(wang, Audience::Public), "王*");
        assert_eq!(display_name(wang, Audience::Staff), "王小明");
        let hidden = Person { nickname: Some("阳光"), hidden: true, ..wang };
        assert_eq!(display_name(hidden, Audience::Public), "某居民");
        assert_eq!(display_name(hidden, Audience::SameUnit), "某居民");
        assert_eq!(display_name(hidden, Audience::Own), "王小明");
        assert_eq!(household_name(wang, false, Audience::Public), "王*家");
        assert_eq!(household_name(wang, true, Audience::Public), "某户");
        assert_eq!(household_name(hidden, false, Audience::Public), "某户");
        assert_eq!(household_name(hidden, true, Audience::Staff), "王小明家");
        assert_eq!(masked("欧阳小红"), "欧阳*");
        assert_eq!(masked_phone("13812341234"), "138****1234");
    }
}
