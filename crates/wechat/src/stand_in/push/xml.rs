//! An event as XML. Texts are CDATA, numbers are not, what there are several of stands several times, and the list of an event about messages
//! stands inside an element of the event's name.

use quick_xml::escape::escape;
use serde_json::{Map, Value};

use super::Body;

/// The elements that the lists of some events stand in.
const INSIDE: [(&str, &str); 3] = [
    ("subscribe_msg_popup_event", "SubscribeMsgPopupEvent"),
    ("subscribe_msg_change_event", "SubscribeMsgChangeEvent"),
    ("subscribe_msg_sent_event", "SubscribeMsgSentEvent"),
];

/// The event; nothing where a name in it cannot be that of an element.
pub(super) fn write(event: &Body) -> Option<String> {
    let mut event = event.clone();
    let inside = INSIDE.iter().find(|(name, _)| event.get("Event").is_some_and(|event| event == name));
    if let Some((_, inside)) = inside
        && let Some(list) = event.remove("List")
    {
        let held = Map::from_iter([("List".to_owned(), list)]);
        event.insert((*inside).to_owned(), Value::Object(held));
    }
    let mut text = String::from("<xml>");
    fields(&mut text, &event)?;
    text.push_str("</xml>");
    Some(text)
}

fn fields(text: &mut String, fields: &Body) -> Option<()> {
    for (name, value) in fields {
        // WeChat's own blank in front of a name cannot stand in an element.
        let name = name.trim();
        let is_first = |c: char| c.is_ascii_alphabetic() || c == '_';
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        if !name.starts_with(is_first) || !name.chars().all(is_name) {
            return None;
        }
        match value {
            Value::Array(all) => all.iter().try_for_each(|one| element(text, name, one))?,
            one => element(text, name, one)?,
        }
    }
    Some(())
}

fn element(text: &mut String, name: &str, value: &Value) -> Option<()> {
    text.push_str(&format!("<{name}>"));
    match value {
        Value::Null => {}
        // What would end the CDATA is escaped instead.
        Value::String(said) if said.contains("]]>") => text.push_str(&escape(said)),
        Value::String(said) => text.push_str(&format!("<![CDATA[{said}]]>")),
        Value::Object(inner) => fields(text, inner)?,
        // A list in a list has no name of its own.
        Value::Array(_) => return None,
        plain => text.push_str(&plain.to_string()),
    }
    text.push_str(&format!("</{name}>"));
    Some(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn written(event: Value) -> Option<String> {
        write(event.as_object()?)
    }

    #[test]
    fn the_list_of_an_event_about_messages_stands_inside_an_element() {
        let event = json!({"Event": "subscribe_msg_popup_event", "List": [{"Id": "a"}, {"Id": "]]>"}]});
        let expected = "<xml><Event><![CDATA[subscribe_msg_popup_event]]></Event><SubscribeMsgPopupEvent>\
            <List><Id><![CDATA[a]]></Id></List><List><Id>]]&gt;</Id></List></SubscribeMsgPopupEvent></xml>";
        assert_eq!(written(event).as_deref(), Some(expected));
    }

    #[test]
    fn what_cannot_be_an_element_is_not_written() {
        assert_eq!(
            written(json!({" OpenID": "o1", "n": 7})).as_deref(),
            Some("<xml><OpenID><![CDATA[o1]]></OpenID><n>7</n></xml>")
        );
        for bad in [json!({"": 1}), json!({"a b": 1}), json!({"1": 1}), json!({"<": 1}), json!({"a": [[1]]})]
        {
            assert_eq!(written(bad.clone()), None, "{bad}");
        }
    }
}
