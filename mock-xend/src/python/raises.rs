//! Operations of Python on values of any type. Each returns its result, or the text of the exception that Python
//! raises.
//!
//! The daemon hardly checks the types of its arguments: a method goes on until Python raises an exception, and the
//! caller gets the text of that. Dates and binary data reach a method as instances of `xmlrpclib`'s old-style classes,
//! which lack nearly all operations and raise exceptions with texts of their own.

use std::cmp::Ordering;

use xend_wire::datum::Datum;

use super::{int, str, type_name};

/// The text of an exception.
type Raised = Vec<u8>;

/// Returns `int(value)`.
pub(crate) fn number(value: &Datum) -> Result<i64, Raised> {
    match value {
        Datum::Int(number) | Datum::Long(number) => Ok(*number),
        Datum::Bool(flag) => Ok(i64::from(*flag)),
        Datum::Float(number) if number.is_nan() => Err(b"cannot convert float NaN to integer".to_vec()),
        Datum::Float(number) if number.is_infinite() => Err(b"cannot convert float infinity to integer".to_vec()),
        Datum::Float(number) => Ok(*number as i64),
        Datum::Bytes(_) | Datum::Text(_) => int(&str(value)),
        Datum::DateTime(_) | Datum::Binary(_) => Err(no_attribute(value, "__trunc__")),
        other => Err(not_a_number(other).into_bytes()),
    }
}

/// Returns `long(value)` of a value of any type, where a text may end in `L`.
pub(crate) fn long(value: &Datum) -> Result<i64, Raised> {
    let as_long = |error: Vec<u8>| {
        let error = String::from_utf8_lossy(&error).replacen("int()", "long()", 1);
        error.into_bytes()
    };
    match value {
        Datum::Bytes(text) => {
            let trimmed = text.trim_ascii();
            let number = trimmed.strip_suffix(b"L").or(trimmed.strip_suffix(b"l")).unwrap_or(trimmed);
            int(number).or_else(|_| int(text)).map_err(as_long)
        }
        other => number(other).map_err(as_long),
    }
}

/// Returns the text of the exception that `int()` raises for a value that is neither a string nor a number.
pub(crate) fn not_a_number(value: &Datum) -> String {
    format!("int() argument must be a string or a number, not '{}'", type_name(value))
}

/// Converts a value to the `int` that a function in C takes, such as those of the hypervisor's bindings and of sockets.
pub(crate) fn c_int(value: &Datum) -> Result<i64, Raised> {
    match value {
        Datum::Int(number) | Datum::Long(number) => Ok(*number),
        Datum::Bool(flag) => Ok(i64::from(*flag)),
        Datum::Float(_) => Err(b"integer argument expected, got float".to_vec()),
        Datum::DateTime(_) | Datum::Binary(_) => Err(no_attribute(value, "__trunc__")),
        _ => Err(AN_INTEGER_IS_REQUIRED.to_vec()),
    }
}

/// The text of the exception for an index beyond the end of a list.
pub(crate) const LIST_INDEX: &str = "list index out of range";

/// The text of the exception for a value that is not a number, where a function in C takes an `int`.
pub(crate) const AN_INTEGER_IS_REQUIRED: &[u8] = b"an integer is required";

/// Converts a value to the name of a file or a host.
pub(crate) fn name(value: &Datum) -> Result<Vec<u8>, Raised> {
    match value {
        Datum::Bytes(_) | Datum::Text(_) => Ok(str(value)),
        other => Err(format!("coercing to Unicode: need string or buffer, {} found", type_name(other)).into_bytes()),
    }
}

/// Returns the items over which `for item in value` iterates.
pub(crate) fn items(value: &Datum) -> Result<Vec<Datum>, Raised> {
    match value {
        Datum::List(items) | Datum::Tuple(items) => Ok(items.clone()),
        Datum::Bytes(text) => Ok(text.iter().map(|&byte| vec![byte].into()).collect()),
        Datum::Text(text) => Ok(text.chars().map(|c| Datum::Text(c.to_string())).collect()),
        Datum::Dict(members) => Ok(members.iter().map(|(name, _)| name.as_str().into()).collect()),
        Datum::DateTime(_) | Datum::Binary(_) => Err(b"iteration over non-sequence".to_vec()),
        other => Err(format!("'{}' object is not iterable", type_name(other)).into_bytes()),
    }
}

/// Returns `text in value`: for a text, whether it contains the other one; for a list or a dict, whether the text is an
/// item or a key.
pub(crate) fn contains(value: &Datum, text: &str) -> Result<bool, Raised> {
    match value {
        Datum::Bytes(whole) => Ok(memchr::memmem::find(whole, text.as_bytes()).is_some()),
        Datum::Text(whole) => Ok(whole.contains(text)),
        Datum::List(_) | Datum::Tuple(_) | Datum::Dict(_) => Ok(items(value)?.contains(&text.into())),
        other => Err(format!("argument of type '{}' is not iterable", type_name(other)).into_bytes()),
    }
}

/// Computes `hash(value)`, which is needed for looking a value up in a dict.
pub(crate) fn hashable(value: &Datum) -> Result<(), Raised> {
    match value {
        Datum::List(_) | Datum::Dict(_) => Err(format!("unhashable type: '{}'", type_name(value)).into_bytes()),
        Datum::DateTime(_) | Datum::Binary(_) => Err(b"unhashable instance".to_vec()),
        _ => Ok(()),
    }
}

/// Compares a value with a number, as in `value < number`. `None` is less than any number, and any other value that is
/// no number is greater.
pub(crate) fn compare(value: &Datum, number: i64) -> Result<Ordering, Raised> {
    Ok(match value {
        Datum::None => Ordering::Less,
        Datum::Bool(flag) => i64::from(*flag).cmp(&number),
        Datum::Int(value) | Datum::Long(value) => value.cmp(&number),
        Datum::Float(value) => value.partial_cmp(&(number as f64)).unwrap_or(Ordering::Greater),
        Datum::DateTime(_) => return Err(b"Can't compare DateTime and int".to_vec()),
        Datum::Bytes(_) | Datum::Text(_) | Datum::List(_) | Datum::Tuple(_) | Datum::Dict(_) | Datum::Binary(_) => {
            Ordering::Greater
        }
    })
}

/// Returns the number `value` of the operation `1 << value`.
pub(crate) fn shift(value: &Datum) -> Result<i64, Raised> {
    let count = match value {
        Datum::Int(count) | Datum::Long(count) => *count,
        Datum::Bool(flag) => i64::from(*flag),
        other => {
            return Err(format!("unsupported operand type(s) for <<: 'int' and '{}'", type_name(other)).into_bytes());
        }
    };
    if count < 0 { Err(b"negative shift count".to_vec()) } else { Ok(count) }
}

/// Returns the number `value` of the operation `value OPERATOR 10`, for an operator that only numbers have.
pub(crate) fn operand(value: &Datum, operator: &str) -> Result<i64, Raised> {
    match value {
        Datum::Int(number) | Datum::Long(number) => Ok(*number),
        Datum::Bool(flag) => Ok(i64::from(*flag)),
        other => {
            Err(format!("unsupported operand type(s) for {operator}: '{}' and 'int'", type_name(other)).into_bytes())
        }
    }
}

/// Computes `left - right` to see whether both are numbers.
pub(crate) fn subtract(left: &Datum, right: &Datum) -> Result<(), Raised> {
    let is_number = |value: &&Datum| matches!(value, Datum::Int(_) | Datum::Long(_) | Datum::Bool(_) | Datum::Float(_));
    if [left, right].iter().all(is_number) {
        return Ok(());
    }
    let (left, right) = (type_name(left), type_name(right));
    Err(format!("unsupported operand type(s) for -: '{left}' and '{right}'").into_bytes())
}

/// Returns the text of the exception for `value.NAME`, if the value has no such attribute.
pub(crate) fn no_attribute(value: &Datum, name: &str) -> Raised {
    let of = match value {
        Datum::DateTime(_) => "DateTime instance".to_owned(),
        Datum::Binary(_) => "Binary instance".to_owned(),
        other => format!("'{}' object", type_name(other)),
    };
    format!("{of} has no attribute '{name}'").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One value of each type.
    fn values() -> [(&'static str, Datum); 11] {
        [
            ("None", Datum::None),
            ("True", true.into()),
            ("5", 5.into()),
            ("1.5", 1.5.into()),
            ("inf", f64::INFINITY.into()),
            ("nan", f64::NAN.into()),
            ("str", "ab".into()),
            ("list", Datum::list([1.into()])),
            ("dict", Datum::Dict(vec![("a".to_owned(), 1.into())])),
            ("DateTime", Datum::DateTime("20080101T00:00:00".to_owned())),
            ("Binary", Datum::Binary(b"vm1".to_vec())),
        ]
    }

    /// Compares the exceptions of an operation on each value with those that Python printed. Where Python succeeds,
    /// nothing is compared.
    fn check<T>(operation: impl Fn(&Datum) -> Result<T, Raised>, printed: [&str; 11]) {
        for ((name, value), printed) in values().iter().zip(printed) {
            let raised = operation(value).err().unwrap_or_default();
            assert_eq!(String::from_utf8_lossy(&raised), printed, "{name}");
        }
    }

    /// The expected texts were printed by Python 2.7.18.
    #[test]
    fn operations_raise_what_python_raises() {
        check(
            number,
            [
                "int() argument must be a string or a number, not 'NoneType'",
                "",
                "",
                "",
                "cannot convert float infinity to integer",
                "cannot convert float NaN to integer",
                "invalid literal for int() with base 10: 'ab'",
                "int() argument must be a string or a number, not 'list'",
                "int() argument must be a string or a number, not 'dict'",
                "DateTime instance has no attribute '__trunc__'",
                "Binary instance has no attribute '__trunc__'",
            ],
        );
        let (required, float) = ("an integer is required", "integer argument expected, got float");
        let [date_time, binary] =
            ["DateTime", "Binary"].map(|it| format!("{it} instance has no attribute '__trunc__'"));
        check(c_int, [required, "", "", float, float, float, required, required, required, &date_time, &binary]);
        let need = |found: &str| format!("coercing to Unicode: need string or buffer, {found} found");
        let found = ["NoneType", "bool", "int", "float", "float", "float", "", "list", "dict", "instance", "instance"];
        let needed = found.map(|found| if found.is_empty() { String::new() } else { need(found) });
        check(name, needed.each_ref().map(String::as_str));
        let not_iterable = ["NoneType", "bool", "int", "float", "float", "float"];
        let not_iterable = not_iterable.map(|name| format!("'{name}' object is not iterable"));
        let [none, bool, int, float, inf, nan] = not_iterable.each_ref().map(String::as_str);
        let instance = "iteration over non-sequence";
        check(items, [none, bool, int, float, inf, nan, "", "", "", instance, instance]);
        let not_searchable =
            ["NoneType", "bool", "int", "float", "float", "float", "", "", "", "instance", "instance"].map(|name| {
                if name.is_empty() { String::new() } else { format!("argument of type '{name}' is not iterable") }
            });
        check(|value| contains(value, "a"), not_searchable.each_ref().map(String::as_str));
        let (list, dict) = ("unhashable type: 'list'", "unhashable type: 'dict'");
        let instance = "unhashable instance";
        check(hashable, ["", "", "", "", "", "", "", list, dict, instance, instance]);
        let none = "Can't compare DateTime and int";
        check(|value| compare(value, 0), ["", "", "", "", "", "", "", "", "", none, ""]);
        let unsupported = |name: &str| format!("unsupported operand type(s) for <<: 'int' and '{name}'");
        let names = ["NoneType", "", "", "float", "float", "float", "str", "list", "dict", "instance", "instance"];
        let unsupported = names.map(|name| if name.is_empty() { String::new() } else { unsupported(name) });
        check(shift, unsupported.each_ref().map(String::as_str));
    }
}
