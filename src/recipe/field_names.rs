//! The names of fields in JSON, without a table of their values, which would make a small page much
//! larger.

use std::fmt::Formatter;

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// The names of an object's fields, whatever their values are.
pub(super) struct FieldNames(pub(super) Vec<String>);

impl<'de> Deserialize<'de> for FieldNames {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FieldNamesVisitor;
        impl<'de> Visitor<'de> for FieldNamesVisitor {
            type Value = FieldNames;

            fn expecting(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object of fields")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<FieldNames, A::Error> {
                let mut names = Vec::new();
                while let Some(name) = map.next_key()? {
                    names.push(name);
                    map.next_value::<IgnoredAny>()?;
                }
                Ok(FieldNames(names))
            }
        }
        deserializer.deserialize_map(FieldNamesVisitor)
    }
}
