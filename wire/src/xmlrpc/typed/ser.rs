//! From a type to a document.

use compact_str::{CompactString, ToCompactString};
use serde::ser::{
    Error as _, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant,
};
use serde::{Serialize, Serializer};

use super::super::encode::{encode_call, encode_response};
use super::super::value::Value;
use super::DATE_TIME;
use crate::Error;

/// Converts a value of a type that implements `Serialize` to an XML-RPC value.
///
/// ```
/// use serde::Serialize;
/// use xend_wire::xmlrpc::{self, Value};
///
/// #[derive(Serialize)]
/// struct State {
///     name: &'static str,
///     memory: u32,
/// }
///
/// let value = xmlrpc::to_value(&State { name: "vm1", memory: 64 })?;
/// assert_eq!(value, Value::Struct(vec![("name".into(), "vm1".into()), ("memory".into(), 64.into())]));
/// # Ok::<_, xend_wire::Error>(())
/// ```
///
/// # Errors
/// If XML-RPC can't represent the value, for instance a number of more than 64 bits:
/// [`NotRepresentable`](crate::ErrorKind::NotRepresentable).
pub fn to_value<T: Serialize + ?Sized>(value: &T) -> Result<Value, Error> {
    value.serialize(ValueSerializer)
}

/// Encodes a call, whose parameters are a sequence: a tuple, an array or a list.
///
/// ```
/// use xend_wire::xmlrpc;
///
/// let call = xmlrpc::to_call("xend.domain.setMemory", &("vm1", 64))?;
/// assert_eq!(call, xmlrpc::encode_call("xend.domain.setMemory", &["vm1".into(), 64.into()])?);
/// # Ok::<_, xend_wire::Error>(())
/// ```
///
/// # Errors
/// As [`to_value`] and [`encode_call`], and if the parameters are not a sequence.
pub fn to_call<T: Serialize + ?Sized>(method: &str, params: &T) -> Result<Vec<u8>, Error> {
    match to_value(params)? {
        Value::Array(params) => encode_call(method, &params),
        Value::Nil => encode_call(method, &[]),
        _ => Err(Error::custom("the parameters of a call are a sequence")),
    }
}

/// Encodes the response of a method that returns the value.
///
/// # Errors
/// As [`to_value`] and [`encode_response`].
pub fn to_response<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, Error> {
    encode_response(&to_value(value)?)
}

#[derive(Clone, Copy)]
struct ValueSerializer;

impl Serializer for ValueSerializer {
    type Ok = Value;
    type Error = Error;
    type SerializeSeq = Items;
    type SerializeTuple = Items;
    type SerializeTupleStruct = Items;
    type SerializeTupleVariant = Items;
    type SerializeMap = Members;
    type SerializeStruct = Members;
    type SerializeStructVariant = Members;

    fn serialize_bool(self, flag: bool) -> Result<Value, Error> {
        Ok(flag.into())
    }

    fn serialize_i8(self, number: i8) -> Result<Value, Error> {
        Ok(Value::Int(number.into()))
    }

    fn serialize_i16(self, number: i16) -> Result<Value, Error> {
        Ok(Value::Int(number.into()))
    }

    fn serialize_i32(self, number: i32) -> Result<Value, Error> {
        Ok(number.into())
    }

    fn serialize_i64(self, number: i64) -> Result<Value, Error> {
        Ok(i32::try_from(number).map_or(Value::I8(number), Value::Int))
    }

    fn serialize_u8(self, number: u8) -> Result<Value, Error> {
        Ok(Value::Int(number.into()))
    }

    fn serialize_u16(self, number: u16) -> Result<Value, Error> {
        Ok(Value::Int(number.into()))
    }

    fn serialize_u32(self, number: u32) -> Result<Value, Error> {
        self.serialize_i64(number.into())
    }

    fn serialize_u64(self, number: u64) -> Result<Value, Error> {
        match number.try_into() {
            Ok(number) => self.serialize_i64(number),
            Err(_) => Err(Error::custom(format_args!("{number} is over {}, the largest i8", i64::MAX))),
        }
    }

    fn serialize_f32(self, number: f32) -> Result<Value, Error> {
        Ok(Value::Double(number.into()))
    }

    fn serialize_f64(self, number: f64) -> Result<Value, Error> {
        Ok(number.into())
    }

    fn serialize_char(self, character: char) -> Result<Value, Error> {
        Ok(Value::String(character.to_compact_string()))
    }

    fn serialize_str(self, text: &str) -> Result<Value, Error> {
        Ok(text.into())
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<Value, Error> {
        Ok(Value::Base64(bytes.to_vec()))
    }

    fn serialize_none(self) -> Result<Value, Error> {
        Ok(Value::Nil)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Value, Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Value, Error> {
        Ok(Value::Nil)
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<Value, Error> {
        Ok(Value::Nil)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<Value, Error> {
        Ok(variant.into())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Result<Value, Error> {
        Ok(match (name, value.serialize(self)?) {
            (DATE_TIME, Value::String(text)) => Value::DateTime(text),
            (_, value) => value,
        })
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Value, Error> {
        Ok(Value::Struct(vec![(variant.into(), value.serialize(self)?)]))
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<Items, Error> {
        Ok(Items::new(None, length))
    }

    fn serialize_tuple(self, length: usize) -> Result<Items, Error> {
        Ok(Items::new(None, Some(length)))
    }

    fn serialize_tuple_struct(self, _: &'static str, length: usize) -> Result<Items, Error> {
        Ok(Items::new(None, Some(length)))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Items, Error> {
        Ok(Items::new(Some(variant), Some(length)))
    }

    fn serialize_map(self, length: Option<usize>) -> Result<Members, Error> {
        Ok(Members::new(None, length))
    }

    fn serialize_struct(self, _: &'static str, length: usize) -> Result<Members, Error> {
        Ok(Members::new(None, Some(length)))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Members, Error> {
        Ok(Members::new(Some(variant), Some(length)))
    }
}

/// A type may say any length before it gives its items; no more than this many are made room for at once.
const ROOM: usize = 4_096;

/// An array that is being made, and the variant of an enum that it is the value of.
struct Items {
    variant: Option<&'static str>,
    items: Vec<Value>,
}

impl Items {
    fn new(variant: Option<&'static str>, length: Option<usize>) -> Self {
        Self { variant, items: Vec::with_capacity(length.unwrap_or_default().min(ROOM)) }
    }
}

macro_rules! items {
    ($($of:ident $add:ident)*) => {$(
        impl $of for Items {
            type Ok = Value;
            type Error = Error;

            fn $add<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), Error> {
                self.items.push(to_value(item)?);
                Ok(())
            }

            fn end(self) -> Result<Value, Error> {
                Ok(of_variant(self.variant, Value::Array(self.items)))
            }
        }
    )*};
}

items! {
    SerializeSeq serialize_element
    SerializeTuple serialize_element
    SerializeTupleStruct serialize_field
    SerializeTupleVariant serialize_field
}

/// A struct that is being made, and the variant of an enum that it is the value of.
struct Members {
    variant: Option<&'static str>,
    members: Vec<(CompactString, Value)>,
}

impl Members {
    fn new(variant: Option<&'static str>, length: Option<usize>) -> Self {
        Self { variant, members: Vec::with_capacity(length.unwrap_or_default().min(ROOM)) }
    }
}

macro_rules! members {
    ($($of:ident)*) => {$(
        impl $of for Members {
            type Ok = Value;
            type Error = Error;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
                self.members.push((CompactString::const_new(name), to_value(value)?));
                Ok(())
            }

            fn end(self) -> Result<Value, Error> {
                Ok(of_variant(self.variant, Value::Struct(self.members)))
            }
        }
    )*};
}

members! { SerializeStruct SerializeStructVariant }

impl SerializeMap for Members {
    type Ok = Value;
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, name: &T) -> Result<(), Error> {
        let name = match to_value(name)? {
            Value::String(name) => name,
            Value::Int(number) => number.to_compact_string(),
            Value::I8(number) => number.to_compact_string(),
            _ => return Err(Error::custom("the name of a member is a text or a whole number")),
        };
        self.members.push((name, Value::Nil));
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        let (_, last) = self.members.last_mut().ok_or_else(|| Error::custom("a value was given before its name"))?;
        *last = to_value(value)?;
        Ok(())
    }

    fn end(self) -> Result<Value, Error> {
        Ok(Value::Struct(self.members))
    }
}

fn of_variant(variant: Option<&'static str>, value: Value) -> Value {
    match variant {
        Some(variant) => Value::Struct(vec![(variant.into(), value)]),
        None => value,
    }
}
