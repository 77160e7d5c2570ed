//! Reading types from parsed JSON without words about what is wrong with it: nobody reads them where a message of our own
//! extension is read, and they are a large part of what reading weighs in the popup.

use serde::de::value::{MapAccessDeserializer, MapDeserializer, SeqDeserializer};
use serde::de::{DeserializeOwned, Deserializer, Error, IntoDeserializer, Visitor};
use serde_json::Value;

/// It is something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unreadable;

impl std::fmt::Display for Unreadable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("unreadable")
    }
}

impl std::error::Error for Unreadable {}

impl Error for Unreadable {
    fn custom<T: std::fmt::Display>(_words: T) -> Self {
        Self
    }
}

/// Reads a value; `None` when it is something else.
pub fn read<T: DeserializeOwned>(value: Value) -> Option<T> {
    T::deserialize(Quiet(value)).ok()
}

struct Quiet(Value);

impl IntoDeserializer<'_, Unreadable> for Quiet {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

type Fields = std::iter::Map<serde_json::map::IntoIter, fn((String, Value)) -> (String, Quiet)>;

fn fields(map: serde_json::Map<String, Value>) -> MapDeserializer<'static, Fields, Unreadable> {
    let quiet: fn((String, Value)) -> (String, Quiet) = |(name, value)| (name, Quiet(value));
    MapDeserializer::new(map.into_iter().map(quiet))
}

impl<'de> Deserializer<'de> for Quiet {
    type Error = Unreadable;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(value),
            Value::Number(value) => {
                if let Some(value) = value.as_u64() {
                    visitor.visit_u64(value)
                } else if let Some(value) = value.as_i64() {
                    visitor.visit_i64(value)
                } else {
                    visitor.visit_f64(value.as_f64().ok_or(Unreadable)?)
                }
            }
            Value::String(value) => visitor.visit_string(value),
            Value::Array(values) => visitor.visit_seq(SeqDeserializer::new(values.into_iter().map(Quiet))),
            Value::Object(map) => visitor.visit_map(fields(map)),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self.0 {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        match self.0 {
            Value::String(name) => visitor.visit_enum(name.into_deserializer()),
            Value::Object(map) if map.len() == 1 => {
                visitor.visit_enum(MapAccessDeserializer::new(fields(map)))
            }
            _ => Err(Unreadable),
        }
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use protocol::{Colour, Millis, Role, SpaceId};
    use serde_json::json;

    use super::*;
    use crate::ask::Problem;
    use crate::view::{LinkView, Projection, SpaceSummary};

    #[test]
    fn what_was_written_is_read_as_it_was() {
        let space = |link: LinkView| SpaceSummary {
            space: SpaceId::from_bits(7),
            name: "é".to_owned(),
            colour: Colour::Cyan,
            tabs: 3,
            link,
            role: Role::Editor,
            window: Some(4),
            changed: Millis(-5),
            unsent: 0,
            here: vec![("Bob".to_owned(), Colour::Red)],
            unread: 2,
            streams: Vec::new(),
        };
        let ended = LinkView::Ended {
            reason: protocol::Code::NotFound.into(),
        };
        let projection = Projection {
            spaces: [LinkView::Private, LinkView::Live, ended].map(space).to_vec(),
            ..Projection::default()
        };
        let written = serde_json::to_value(&projection).expect("JSON");
        assert_eq!(read(written), Some(projection));
        for problem in [
            Problem::NeedsClick,
            Problem::NotSaved("full".to_owned()),
            Problem::RelayAway {
                relay: "r".to_owned(),
            },
        ] {
            let written = serde_json::to_value(&problem).expect("JSON");
            assert_eq!(read(written), Some(problem));
        }
    }

    #[test]
    fn what_is_something_else_is_nothing() {
        for other in [
            json!(null),
            json!(1.5),
            json!([]),
            json!({}),
            json!({"spaces": 1}),
            json!({"a": 1, "b": 2}),
        ] {
            assert_eq!(read::<Projection>(other.clone()), None, "{other}");
            assert_eq!(read::<Problem>(other.clone()), None, "{other}");
        }
    }
}
