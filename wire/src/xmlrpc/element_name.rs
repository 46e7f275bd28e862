//! The names of elements.

/// The name of an element: a name of XML-RPC, or any other name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ElementName<'i> {
    MethodCall,
    MethodName,
    MethodResponse,
    Params,
    Param,
    Fault,
    Value,
    Array,
    Data,
    Struct,
    Member,
    Name,
    String,
    Int,
    I4,
    Boolean,
    Double,
    DateTime,
    Base64,
    Nil,
    I8,
    Other(&'i str),
}

impl<'i> ElementName<'i> {
    pub(super) fn new(name: &'i str) -> Self {
        match name {
            "methodCall" => Self::MethodCall,
            "methodName" => Self::MethodName,
            "methodResponse" => Self::MethodResponse,
            "params" => Self::Params,
            "param" => Self::Param,
            "fault" => Self::Fault,
            "value" => Self::Value,
            "array" => Self::Array,
            "data" => Self::Data,
            "struct" => Self::Struct,
            "member" => Self::Member,
            "name" => Self::Name,
            "string" => Self::String,
            "int" => Self::Int,
            "i4" => Self::I4,
            "boolean" => Self::Boolean,
            "double" => Self::Double,
            "dateTime.iso8601" => Self::DateTime,
            "base64" => Self::Base64,
            "nil" => Self::Nil,
            "i8" => Self::I8,
            _ => Self::Other(name),
        }
    }

    pub(super) fn as_str(self) -> &'i str {
        match self {
            Self::MethodCall => "methodCall",
            Self::MethodName => "methodName",
            Self::MethodResponse => "methodResponse",
            Self::Params => "params",
            Self::Param => "param",
            Self::Fault => "fault",
            Self::Value => "value",
            Self::Array => "array",
            Self::Data => "data",
            Self::Struct => "struct",
            Self::Member => "member",
            Self::Name => "name",
            Self::String => "string",
            Self::Int => "int",
            Self::I4 => "i4",
            Self::Boolean => "boolean",
            Self::Double => "double",
            Self::DateTime => "dateTime.iso8601",
            Self::Base64 => "base64",
            Self::Nil => "nil",
            Self::I8 => "i8",
            Self::Other(name) => name,
        }
    }
}

impl std::fmt::Display for ElementName<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
