//! A copy as its reader opens it.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use serde_json::Value;

pub struct Archive(BTreeMap<String, Vec<u8>>);

impl Archive {
    pub fn read(bytes: &[u8]) -> Self {
        let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).expect("an archive");
        let mut files = BTreeMap::new();
        for n in 0..zip.len() {
            let mut file = zip.by_index(n).expect("a file");
            let name = file.name().expect("a name").into_owned();
            let mut content = Vec::new();
            file.read_to_end(&mut content).expect("it reads");
            files.insert(name, content);
        }
        Self(files)
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    pub fn bytes(&self, name: &str) -> &[u8] {
        self.0.get(name).unwrap_or_else(|| panic!("no {name}"))
    }

    pub fn text(&self, name: &str) -> String {
        String::from_utf8(self.bytes(name).to_vec()).expect("a text")
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(self.bytes("data.json")).expect("JSON")
    }
}
