//! The macro for enums whose values have names.

/// Defines an enum whose values have names, with the list `ALL`, a method that returns the name, `Display`, and `FromStr`
/// if an error is given.
///
/// `ALL: slice` makes the list a slice, for enums that may grow, and `ALL: 3` an array of three values. The macro is not
/// part of the API of this crate. It is exported only for the other crates of this workspace.
#[doc(hidden)]
#[macro_export]
macro_rules! named_enum {
    (
        $(#[$meta:meta])*
        pub enum $Enum:ident {
            $($(#[$value_meta:meta])* $Value:ident = $name:literal,)*
        }
        $(#[$all_meta:meta])*
        ALL: $all:tt;
        $(#[$name_meta:meta])*
        fn $name_fn:ident;
        $(Err: $Error:ty = $unknown:expr;)?
    ) => {
        $(#[$meta])*
        pub enum $Enum {
            $($(#[$value_meta])* $Value,)*
        }

        impl $Enum {
            $crate::named_enum!(@all $(#[$all_meta])* $all [$($Value)*]);

            $(#[$name_meta])*
            pub const fn $name_fn(self) -> &'static str {
                match self {
                    $(Self::$Value => $name,)*
                }
            }
        }

        impl ::std::fmt::Display for $Enum {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.pad(self.$name_fn())
            }
        }

        $(impl ::std::str::FromStr for $Enum {
            type Err = $Error;

            fn from_str(text: &str) -> Result<Self, $Error> {
                let found = Self::ALL.iter().copied().find(|value| value.$name_fn() == text);
                found.ok_or_else(|| $unknown(text))
            }
        })?
    };
    (@all $(#[$meta:meta])* slice [$($Value:ident)*]) => {
        $(#[$meta])*
        pub const ALL: &'static [Self] = &[$(Self::$Value),*];
    };
    (@all $(#[$meta:meta])* $length:literal [$($Value:ident)*]) => {
        $(#[$meta])*
        pub const ALL: [Self; $length] = [$(Self::$Value),*];
    };
}
