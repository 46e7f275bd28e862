//! From a document to a type.

use std::ops::Range;

use serde::de::value::{BorrowedStrDeserializer, SeqDeserializer};
use serde::de::{
    DeserializeOwned, DeserializeSeed, EnumAccess, Error as _, IntoDeserializer, MapAccess, Unexpected, VariantAccess,
    Visitor,
};
use serde::{Deserialize, Deserializer, forward_to_deserialize_any};

use super::super::cursor::ValueRef;
use super::super::decode::{decode_call, decode_response};
use super::super::document::Response;
use super::super::rules::Rules;
use super::super::tree::Kind;
use super::super::value::Fault;
use super::{DATE_TIME, NOWHERE};
use crate::{Error, Limits};

/// Reads a type from a value of a document. Texts can be borrowed from the document.
///
/// ```
/// use serde::Deserialize;
/// use xend_wire::Limits;
/// use xend_wire::xmlrpc::{self, Rules};
///
/// #[derive(Debug, Deserialize, PartialEq)]
/// struct State<'a> {
///     name: &'a str,
///     memory: u32,
/// }
///
/// let body = b"<methodResponse><params><param><value><struct>\
///     <member><name>name</name><value>vm1</value></member>\
///     <member><name>memory</name><value><int>64</int></value></member>\
///     </struct></value></param></params></methodResponse>";
/// let document = xmlrpc::decode_response(body, Rules::spec(), &Limits::default())?.into_result().expect("no fault");
/// let state: State = xmlrpc::from_value(document.value())?;
/// assert_eq!(state, State { name: "vm1", memory: 64 });
/// # Ok::<_, xend_wire::Error>(())
/// ```
///
/// # Errors
/// If the value does not fit the type: [`TypeMismatch`](crate::ErrorKind::TypeMismatch), with its place in the document.
pub fn from_value<'de, T: Deserialize<'de>>(value: ValueRef<'de>) -> Result<T, Error> {
    T::deserialize(ValueDeserializer(value))
}

/// Reads a type from the bytes of a response, which may be a [`Fault`] instead.
///
/// ```
/// use xend_wire::Limits;
/// use xend_wire::xmlrpc::{self, Rules};
///
/// let body = b"<methodResponse><params><param><value><array><data><value>vm1</value></data></array></value></param></params></methodResponse>";
/// let names: Vec<String> = xmlrpc::from_response(body, Rules::spec(), &Limits::default())?.expect("no fault");
/// assert_eq!(names, ["vm1"]);
/// # Ok::<_, xend_wire::Error>(())
/// ```
///
/// # Errors
/// If the bytes are no response by the rules, or if its value does not fit the type.
pub fn from_response<T: DeserializeOwned>(
    bytes: &[u8],
    rules: Rules,
    limits: &Limits,
) -> Result<Result<T, Fault>, Error> {
    Ok(match decode_response(bytes, rules, limits)? {
        Response::Success(document) => Ok(from_value(document.value())?),
        Response::Fault(fault) => Err(fault.to_fault()),
    })
}

/// Reads the name of the method and the parameters from the bytes of a call. The parameters are a sequence, such as a
/// tuple.
///
/// ```
/// use xend_wire::Limits;
/// use xend_wire::xmlrpc::{self, Rules};
///
/// let body = xmlrpc::encode_call("xend.domain.setMemory", &["vm1".into(), 64.into()])?;
/// let (method, (domain, memory)) = xmlrpc::from_call::<(String, u64)>(&body, Rules::spec(), &Limits::default())?;
/// assert_eq!((&*method, &*domain, memory), ("xend.domain.setMemory", "vm1", 64));
/// # Ok::<_, xend_wire::Error>(())
/// ```
///
/// # Errors
/// If the bytes are no call by the rules, or if its parameters do not fit the type.
pub fn from_call<T: DeserializeOwned>(bytes: &[u8], rules: Rules, limits: &Limits) -> Result<(String, T), Error> {
    let call = decode_call(bytes, rules, limits)?;
    let params = SeqDeserializer::new(call.params().map(ValueDeserializer));
    let read = T::deserialize(params).map_err(|error| placed(error, 0..bytes.len()))?;
    Ok((call.method().to_owned(), read))
}

/// Says where an error of serde's stands, unless a value within has said it.
fn placed(error: Error, span: Range<usize>) -> Error {
    if error.span() == NOWHERE { error.at(span) } else { error }
}

#[derive(Clone, Copy)]
struct ValueDeserializer<'de>(ValueRef<'de>);

impl<'de> IntoDeserializer<'de, Error> for ValueDeserializer<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> ValueDeserializer<'de> {
    fn visit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let value = self.0;
        match value.kind() {
            Kind::Int => visitor.visit_i32(value.as_i32().unwrap_or_default()),
            Kind::I8 => visitor.visit_i64(value.as_i64().unwrap_or_default()),
            Kind::Boolean => visitor.visit_bool(value.as_bool().unwrap_or_default()),
            Kind::Double => visitor.visit_f64(value.as_f64().unwrap_or_default()),
            Kind::String => visitor.visit_borrowed_str(value.as_str().unwrap_or_default()),
            Kind::DateTime => visitor.visit_borrowed_str(value.as_date_time().unwrap_or_default()),
            Kind::Base64 => visitor.visit_byte_buf(value.as_bytes().unwrap_or_default()),
            Kind::Array => SeqDeserializer::new(value.items().map(ValueDeserializer)).deserialize_any(visitor),
            Kind::Struct => visitor.visit_map(Members { members: value.members(), value: None }),
            Kind::Nil => visitor.visit_unit(),
        }
    }

    fn mismatch<T>(self, expected: &str) -> Result<T, Error> {
        Err(Error::invalid_type(Unexpected::Other(self.0.type_name()), &expected))
    }
}

impl<'de> Deserializer<'de> for ValueDeserializer<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.visit(visitor).map_err(|error| placed(error, self.0.span()))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0.is_nil() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Error> {
        match (name, self.0.kind()) {
            (DATE_TIME, Kind::DateTime) => self.deserialize_any(visitor),
            (DATE_TIME, _) => self.mismatch("a dateTime.iso8601").map_err(|error| placed(error, self.0.span())),
            _ => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let mut members = self.0.members();
        let variant = match (self.0.as_str(), members.next(), members.next()) {
            (Some(name), ..) => Ok(Variant { name, value: None }),
            (None, Some((name, value)), None) => Ok(Variant { name, value: Some(ValueDeserializer(value)) }),
            _ => self.mismatch("a string, or a struct with one member"),
        };
        variant.and_then(|variant| visitor.visit_enum(variant)).map_err(|error| placed(error, self.0.span()))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier
    }
}

/// The members of a struct, in their order.
struct Members<'de, I> {
    members: I,
    /// The value whose name was given last.
    value: Option<ValueRef<'de>>,
}

impl<'de, I: Iterator<Item = (&'de str, ValueRef<'de>)>> MapAccess<'de> for Members<'de, I> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        let Some((name, value)) = self.members.next() else { return Ok(None) };
        self.value = Some(value);
        seed.deserialize(Name(name)).map(Some).map_err(|error| placed(error, value.span()))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        let value = self.value.take().ok_or_else(|| Error::custom("a value was asked for before its name"))?;
        seed.deserialize(ValueDeserializer(value))
    }
}

/// The name of a member. It is a text, or the number that the text spells.
struct Name<'de>(&'de str);

macro_rules! numbers {
    ($($deserialize:ident $visit:ident)*) => {$(
        fn $deserialize<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            match self.0.parse() {
                Ok(number) => visitor.$visit(number),
                Err(_) => Err(Error::invalid_type(Unexpected::Str(self.0), &visitor)),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Name<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_borrowed_str(self.0)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _name: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        BorrowedStrDeserializer::new(self.0).deserialize_enum(name, variants, visitor)
    }

    numbers! {
        deserialize_i8 visit_i8 deserialize_i16 visit_i16 deserialize_i32 visit_i32 deserialize_i64 visit_i64
        deserialize_u8 visit_u8 deserialize_u16 visit_u16 deserialize_u32 visit_u32 deserialize_u64 visit_u64
    }

    forward_to_deserialize_any! {
        bool i128 u128 f32 f64 char str string bytes byte_buf option unit unit_struct seq tuple tuple_struct map struct
        identifier ignored_any
    }
}

/// A variant of an enum: a name, and what stands beside it in a struct.
struct Variant<'de> {
    name: &'de str,
    value: Option<ValueDeserializer<'de>>,
}

impl<'de> EnumAccess<'de> for Variant<'de> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Error> {
        Ok((seed.deserialize(Name(self.name))?, self))
    }
}

impl<'de> Variant<'de> {
    fn value(self) -> Result<ValueDeserializer<'de>, Error> {
        let name = self.name;
        self.value.ok_or_else(|| Error::custom(format_args!("`{name}` has no value")))
    }
}

impl<'de> VariantAccess<'de> for Variant<'de> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        match self.value {
            Some(value) => <()>::deserialize(value),
            None => Ok(()),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(self.value()?)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _length: usize, visitor: V) -> Result<V::Value, Error> {
        self.value()?.deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, _fields: &'static [&'static str], visitor: V) -> Result<V::Value, Error> {
        self.value()?.deserialize_any(visitor)
    }
}
