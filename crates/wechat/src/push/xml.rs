//! The XML of WeChat as the object that its JSON would have been. It knows elements, text and CDATA; a document type is refused, and with it
//! everything that can refer to something else.

use quick_xml::Reader;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::Event;
use serde_json::{Map, Value};

/// Elements inside each other.
const DEPTH_MAX: usize = 16;
/// Elements of a message.
const ELEMENTS_MAX: usize = 1_000;

/// An element that is still open.
#[derive(Default)]
struct Open {
    name: String,
    text: String,
    inner: Map<String, Value>,
}

impl Open {
    /// An element with elements in it is an object, any other is its text.
    fn value(self) -> Value {
        if self.inner.is_empty() { Value::String(self.text) } else { Value::Object(self.inner) }
    }

    /// What there are several of becomes a list.
    fn put(&mut self, name: String, value: Value) {
        match self.inner.get_mut(&name) {
            None => {
                self.inner.insert(name, value);
            }
            Some(Value::Array(all)) => all.push(value),
            Some(one) => *one = Value::Array(vec![one.take(), value]),
        }
    }
}

/// The fields of the outermost element; nothing where it is not the XML of a message.
pub(super) fn fields(body: &[u8]) -> Option<Map<String, Value>> {
    let mut reader = Reader::from_reader(body);
    let mut open = vec![Open::default()];
    let mut elements = 0;
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) => {
                elements += 1;
                if open.len() > DEPTH_MAX || elements > ELEMENTS_MAX {
                    return None;
                }
                open.push(Open { name: name_of(start.local_name().as_ref())?, ..Open::default() });
            }
            Event::Empty(empty) => {
                open.last_mut()?.put(name_of(empty.local_name().as_ref())?, Value::String(String::new()));
            }
            Event::End(_) => {
                let mut done = open.pop()?;
                let name = std::mem::take(&mut done.name);
                open.last_mut()?.put(name, done.value());
            }
            Event::Text(text) => open.last_mut()?.text.push_str(&text.decode().ok()?),
            Event::CData(text) => open.last_mut()?.text.push_str(&text.decode().ok()?),
            Event::GeneralRef(named) => {
                let text = &mut open.last_mut()?.text;
                match named.resolve_char_ref().ok()? {
                    Some(character) => text.push(character),
                    None => text.push_str(resolve_xml_entity(&named.decode().ok()?)?),
                }
            }
            Event::Comment(_) | Event::Decl(_) => {}
            Event::DocType(_) | Event::PI(_) => return None,
            Event::Eof => break,
        }
    }
    let [root] = &mut open[..] else { return None };
    match root.inner.remove("xml")? {
        Value::Object(fields) if root.inner.is_empty() => Some(fields),
        _ => None,
    }
}

fn name_of(name: &[u8]) -> Option<String> {
    std::str::from_utf8(name).ok().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(text: &str) -> Option<Value> {
        fields(text.as_bytes()).map(Value::Object)
    }

    #[test]
    fn elements_become_what_the_json_would_have_been() {
        let text = "<?xml version=\"1.0\"?><xml><ToUserName><![CDATA[gh_1]]></ToUserName><CreateTime>1620973045</CreateTime>\
                    <E><List><Id>a &lt; b &#x4e2d;</Id></List><List><Id/></List></E></xml>";
        let expected = json!({"ToUserName": "gh_1", "CreateTime": "1620973045",
            "E": {"List": [{"Id": "a < b 中"}, {"Id": ""}]}});
        assert_eq!(read(text), Some(expected));
    }

    #[test]
    fn what_could_refer_elsewhere_or_never_ends_is_refused() {
        let deep = format!("{}{}", "<xml>".repeat(40), "</xml>".repeat(40));
        let wide = format!("<xml>{}</xml>", "<a>1</a>".repeat(2_000));
        for bad in [
            "",
            "<xml><a></xml>",
            "<xml><a>1</a>",
            "<xml>text</xml>",
            "<a><b>1</b></a>",
            "<xml><a>1</a></xml><xml><a>1</a></xml>",
            "<!DOCTYPE xml [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><xml><a>&a;</a></xml>",
            "<xml><a>&a;</a></xml>",
            "<xml><?php x?><a>1</a></xml>",
            deep.as_str(),
            wide.as_str(),
        ] {
            assert_eq!(read(bad), None, "{bad:.60}");
        }
    }
}
