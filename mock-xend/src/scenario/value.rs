//! Typed XML-RPC values in a scenario, and their comparison with the parameters of a request.

use data_encoding::BASE64;
use xend_wire::xmlrpc::{CompactString, Kind, Value, ValueRef};

/// Returns the XML-RPC value that a TOML value stands for.
///
/// A string, integer, float, boolean, array or date stands for the same type of XML-RPC. A table names a type, as in `{
/// i8 = 5 }`, `{ base64 = "aGVsbG8=" }`, `{ struct = [["name", 5]] }` or `{ nil = true }`.
///
/// # Errors
/// Returns a message for people if the TOML value stands for no XML-RPC value.
pub(super) fn from_toml(value: &toml::Value) -> Result<Value, String> {
    Ok(match value {
        toml::Value::String(text) => text.as_str().into(),
        toml::Value::Integer(number) => int(*number)?,
        toml::Value::Float(number) => double(*number)?,
        toml::Value::Boolean(flag) => Value::Boolean(*flag),
        toml::Value::Datetime(date) => Value::DateTime(date.to_string().replace('-', "").into()),
        toml::Value::Array(items) => Value::Array(items.iter().map(from_toml).collect::<Result<_, _>>()?),
        toml::Value::Table(table) => match table.iter().collect::<Vec<_>>().as_slice() {
            [(kind, value)] => typed(kind, value)?,
            _ => return Err(format!("a table names one type with its value, {TYPES}")),
        },
    })
}

const TYPES: &str = "expected int, i8, boolean, string, double, dateTime, base64, array, struct or nil";

fn typed(kind: &str, value: &toml::Value) -> Result<Value, String> {
    let wrong = || format!("`{value}` is not a value of the type `{kind}`");
    let text = || value.as_str().ok_or_else(wrong);
    let number = || match value {
        toml::Value::Integer(number) => Ok(*number),
        toml::Value::String(text) => text.parse().map_err(|_| wrong()),
        _ => Err(wrong()),
    };
    Ok(match kind {
        "int" => int(number()?)?,
        "i8" => Value::I8(number()?),
        "boolean" => match value {
            toml::Value::Boolean(flag) => Value::Boolean(*flag),
            toml::Value::String(text) if text == "0" || text == "1" => Value::Boolean(text == "1"),
            _ => return Err(wrong()),
        },
        "string" => text()?.into(),
        "double" => double(match value {
            toml::Value::Float(number) => *number,
            _ => text()?.parse().map_err(|_| wrong())?,
        })?,
        "dateTime" => Value::DateTime(text()?.into()),
        "base64" => Value::Base64(BASE64.decode(text()?.as_bytes()).map_err(|_| wrong())?),
        "array" => match value {
            toml::Value::Array(_) => from_toml(value)?,
            _ => return Err(wrong()),
        },
        "struct" => Value::Struct(members(value).ok_or_else(wrong)??),
        "nil" if value.as_bool() == Some(true) => Value::Nil,
        "nil" => return Err("a nil is written `{ nil = true }`".to_owned()),
        _ => return Err(format!("unknown type `{kind}`, {TYPES}")),
    })
}

fn int(number: i64) -> Result<Value, String> {
    i32::try_from(number).map(Value::Int).map_err(|_| format!("{number} has more than 32 bits, use `{{ i8 = ... }}`"))
}

fn double(number: f64) -> Result<Value, String> {
    if number.is_finite() {
        Ok(Value::Double(number))
    } else {
        Err(format!("{number} can't be sent as an XML-RPC double, which must be finite"))
    }
}

/// Reads the members of a struct from pairs `["name", VALUE]`, whose order is kept.
fn members(value: &toml::Value) -> Option<Result<Vec<(CompactString, Value)>, String>> {
    let pairs = value.as_array()?.iter().map(|pair| match pair.as_array()?.as_slice() {
        [toml::Value::String(name), value] => Some((name, value)),
        _ => None,
    });
    let pairs = pairs.collect::<Option<Vec<_>>>()?;
    Some(pairs.into_iter().map(|(name, value)| Ok((name.into(), from_toml(value)?))).collect())
}

/// Returns whether a parameter equals the one that a scenario expects. The order of the members of a struct does not
/// matter.
pub(super) fn is(given: ValueRef<'_>, wanted: &Value) -> bool {
    match wanted {
        Value::Int(number) => given.kind() == Kind::Int && given.as_i64() == Some((*number).into()),
        Value::I8(number) => given.kind() == Kind::I8 && given.as_i64() == Some(*number),
        Value::Boolean(flag) => given.as_bool() == Some(*flag),
        Value::String(text) => given.as_str() == Some(text),
        Value::Double(number) => given.as_f64() == Some(*number),
        Value::DateTime(text) => given.as_date_time() == Some(text),
        Value::Base64(bytes) => given.as_bytes().as_ref() == Some(bytes),
        Value::Array(items) => {
            given.kind() == Kind::Array
                && given.items().count() == items.len()
                && given.items().zip(items).all(|(given, wanted)| is(given, wanted))
        }
        Value::Struct(members) => {
            given.kind() == Kind::Struct
                && given.members().count() == members.len()
                && members.iter().all(|(name, wanted)| given.get(name).is_some_and(|given| is(given, wanted)))
        }
        Value::Nil => given.is_nil(),
    }
}
