//! What subjects say: the answer to the hello, and answers by both codecs. No panic; values are written as they are read.

#![no_main]

use libfuzzer_sys::fuzz_target;
use xend_harness::subject::{Answer, Declaration};
use xend_harness::{Codec, Equality, Tagged};

fuzz_target!(|input: &[u8]| {
    let _ = Declaration::from_hello(input);
    for codec in Codec::ALL {
        if let Ok((_, Answer::Values(values))) = Answer::from_line(input, codec) {
            let json = values.to_json();
            let equality = Equality { ordered: true, ..Equality::default() };
            match Tagged::from_json(json.as_bytes(), codec) {
                Ok(again) => assert!(again.difference(&values, equality).is_none() || json.contains("nan"), "{json}"),
                // An answer may have an odd value, such as a double that is no number, which a case may not.
                Err(why) => assert!(why.to_string().ends_with(" is no value of that type"), "{why}: {json}"),
            }
        }
    }
});
