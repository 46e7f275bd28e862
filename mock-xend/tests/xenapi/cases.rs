//! The scripts in `cases`, one test each.

use crate::script::check;

macro_rules! cases {
    ($($name:ident)*) => {
        $(#[test]
        fn $name() {
            check(stringify!($name), include_str!(concat!("cases/", stringify!($name), ".txt")));
        })*
    };
}

cases! {
    sessions counts handles unknown_methods power_states power_states_3_1 life_of_a_domain attributes devices
    host storage_and_networks tasks legacy_methods scripted_only later_classes generic_accessors
}
