//! What is measured: a codec in one direction, on one input.

use crate::data::{self, Datum, Layout};

/// A codec in one direction.
#[derive(Clone, Copy, PartialEq, Eq, serde::Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Task {
    XmlrpcDecode,
    XmlrpcEncode,
    SexprDecode,
    SexprEncode,
    /// From the bytes of a response to types that derive what each library asks for.
    XmlrpcTyped,
    /// From the reply to `xend.domains` to the records that a client gives.
    XmlrpcRecords,
}

/// Some data in some layout.
#[derive(Clone, Copy, PartialEq, Eq, serde::Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
#[value(rename_all = "kebab-case")]
pub(crate) enum Input {
    /// A fault or an error message.
    Fault,
    #[serde(rename = "domains-1")]
    #[value(name = "domains-1")]
    One,
    #[serde(rename = "domains-100")]
    #[value(name = "domains-100")]
    Hundred,
    #[serde(rename = "domains-5000")]
    #[value(name = "domains-5000")]
    Thousands,
    // 100 domains, of XML-RPC.
    Indented,
    OddTags,
    Attributes,
    References,
    Structs,
    /// All of these at once.
    Odd,
    /// 100 domains, of S-expressions: every atom in double quotes.
    Quoted,
}

impl Task {
    pub(crate) const ALL: [Self; 6] = [
        Self::XmlrpcDecode,
        Self::XmlrpcEncode,
        Self::SexprDecode,
        Self::SexprEncode,
        Self::XmlrpcTyped,
        Self::XmlrpcRecords,
    ];

    pub(crate) fn name(self) -> String {
        name(self)
    }

    pub(crate) fn inputs(self) -> &'static [Input] {
        match self {
            Self::XmlrpcDecode => &[
                Input::Fault,
                Input::One,
                Input::Hundred,
                Input::Thousands,
                Input::Indented,
                Input::OddTags,
                Input::Attributes,
                Input::References,
                Input::Structs,
                Input::Odd,
            ],
            Self::SexprDecode => &[Input::Fault, Input::One, Input::Hundred, Input::Thousands, Input::Quoted],
            Self::XmlrpcEncode | Self::SexprEncode | Self::XmlrpcTyped | Self::XmlrpcRecords => {
                &[Input::One, Input::Hundred, Input::Thousands]
            }
        }
    }

    /// The document: what is decoded, or what comes out.
    pub(crate) fn document(self, input: Input) -> Vec<u8> {
        let domains = input.domains();
        match self {
            Self::XmlrpcDecode | Self::XmlrpcEncode if input == Input::Fault => data::fault(),
            Self::XmlrpcDecode | Self::XmlrpcEncode | Self::XmlrpcRecords => data::xml(&domains, input.layout()),
            // What derives is read from structs, whatever the daemon's own layout is.
            Self::XmlrpcTyped => data::xml(&domains, Layout { structs: true, ..input.layout() }),
            Self::SexprDecode | Self::SexprEncode if input == Input::Fault => data::error(),
            Self::SexprDecode | Self::SexprEncode => data::sxp(&domains, input == Input::Quoted),
        }
    }
}

impl Input {
    pub(crate) fn name(self) -> String {
        name(self)
    }

    fn domains(self) -> Vec<Datum> {
        data::domains(match self {
            Self::Fault => 0,
            Self::One => 1,
            Self::Thousands => 5_000,
            _ => 100,
        })
    }

    fn layout(self) -> Layout {
        Layout {
            indented: matches!(self, Self::Indented | Self::Odd),
            odd_tags: matches!(self, Self::OddTags | Self::Odd),
            attributes: matches!(self, Self::Attributes | Self::Odd),
            references: matches!(self, Self::References | Self::Odd),
            structs: matches!(self, Self::Structs | Self::Odd),
        }
    }
}

fn name(value: impl clap::ValueEnum) -> String {
    value.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}
