//! The names of fields: those of a recipe, and those in JSON, without a table of their values, which
//! would make a small page much larger.

use std::fmt::Formatter;

use serde::de::value::Error;
use serde::de::{Error as _, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, forward_to_deserialize_any};

use super::Recipe;

/// Returns the names of a recipe's fields, as serde knows them.
pub fn fields() -> &'static [&'static str] {
    /// Fails to give a value, but takes down the names that it is asked for.
    struct Asked<'a>(&'a mut &'static [&'static str]);
    impl<'de> Deserializer<'de> for Asked<'_> {
        type Error = Error;

        fn deserialize_struct<V: Visitor<'de>>(
            self,
            _: &'static str,
            fields: &'static [&'static str],
            _: V,
        ) -> Result<V::Value, Error> {
            *self.0 = fields;
            Err(Error::custom("only the names are wanted"))
        }

        fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
            Err(Error::custom("a recipe is a struct"))
        }

        forward_to_deserialize_any! {
            bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit
            unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
        }
    }
    let mut names: &[&str] = &[];
    drop(Recipe::deserialize(Asked(&mut names)));
    names
}

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
