//! Values of the suite `writing` as parameters of calls: what a caller puts on the wire is judged as what a writer writes.

use super::case::{CallCase, CallOutcome, METHOD, PATH, WireCheck};
use super::reply::Reply;
use crate::case::{WritingCase, WritingOutcome};
use crate::feature::Feature;
use crate::tagged::Tagged;
use crate::{Codec, Rules};

/// The id of the call that has the value of a case of the suite `writing`.
pub(super) fn of_value(id: &str) -> String {
    id.replacen("xmlrpc/", "calls/", 1)
}

impl CallCase {
    /// Returns the call that has the value of a case as its parameter, or that is its value. A fault is no parameter.
    pub(super) fn writing(case: &WritingCase) -> Option<Self> {
        if case.codec() != Codec::Xmlrpc {
            return None;
        }
        let (method, params) = called(&case.json)?;
        let [strict, extended] = ["spec", "extended"].map(|name| Codec::Xmlrpc.single_rules(name).ok());
        let (strict, extended): (Rules, Rules) = (strict?, extended?);
        let by_rules = case.expectation(strict)?;
        // A caller may know the extensions, and may refuse what only they can hold.
        let (rules, expect) = match case.expectation(extended) {
            Some(expect) if !expect.rules.contains(&strict) => (extended, expect),
            _ => (strict, by_rules),
        };
        let outcome = if expect.outcome == by_rules.outcome { expect.outcome } else { WritingOutcome::Either };
        let reply = serde_json::json!([{ "response": { "string": Reply::VALUE } }]).to_string();
        let value = CallOutcome::Answer(Tagged::from_json(reply.as_bytes(), Codec::Xmlrpc).ok()?);
        let learns = match outcome {
            WritingOutcome::Written => vec![value],
            WritingOutcome::Refused => vec![CallOutcome::Error],
            WritingOutcome::Either => vec![value, CallOutcome::Error],
        };
        let json = format!(r#"[{{"call":{{"method":{},"params":{params}}}}}]"#, serde_json::json!(method));
        Some(Self {
            id: of_value(&case.id),
            title: format!("As a parameter of a call: {}", case.title),
            rule: case.rule.clone(),
            source: case.source.clone(),
            since: case.since,
            path: PATH.to_owned(),
            call: Tagged::from_json(json.as_bytes(), Codec::Xmlrpc).ok(),
            method,
            params,
            rules,
            outcome,
            calls: 1,
            is_early: false,
            reply: Reply::Value(Reply::VALUE.to_owned()),
            faults: mock_xend::Faults::default(),
            wire: vec![WireCheck::Call],
            requests: 1,
            // Whoever makes a call can write one.
            needs: expect.needs.iter().copied().filter(|&feature| feature != Feature::Calls).collect(),
            deadline: Self::DEADLINE,
            level: expect.level,
            learns,
        })
    }
}

/// The method and the parameters of the call that a value stands for, as it is told: the text is taken apart and not read,
/// since it may be nested deeply, or hold half a surrogate pair.
fn called(json: &str) -> Option<(String, String)> {
    if let Some(value) = json.strip_prefix("{\"response\":").and_then(|rest| rest.strip_suffix('}')) {
        return Some((METHOD.to_owned(), format!("[{value}]")));
    }
    let (method, params) = json.strip_prefix("{\"call\":{\"method\":")?.split_once(",\"params\":")?;
    Some((serde_json::from_str(method).ok()?, params.strip_suffix("}}")?.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The call of the value of a case.
    fn call(name: &str) -> Option<CallCase> {
        let id = format!("xmlrpc/write-{name}");
        let cases = WritingCase::built_in_where(|known| known == id).expect("the cases are well-formed");
        CallCase::writing(cases.first().unwrap_or_else(|| panic!("no case {id}")))
    }

    #[test]
    fn each_value_but_a_fault_is_a_parameter() {
        let cases = WritingCase::built_in().expect("the cases are well-formed");
        let is_value = |case: &&WritingCase| case.codec() == Codec::Xmlrpc && !case.json.starts_with("{\"fault\"");
        let calls: Vec<_> = cases.iter().filter_map(CallCase::writing).collect();
        assert_eq!(calls.len(), cases.iter().filter(is_value).count());
        assert!(call("fault-example").is_none());
        let response = call("int-largest").expect("a call");
        assert_eq!((&*response.id, &*response.params), ("calls/write-int-largest", r#"[{"int":"2147483647"}]"#));
        let whole = call("call-example").expect("a call");
        assert_eq!((&*whole.method, &*whole.params), ("examples.getStateName", r#"[{"int":"41"}]"#));
    }

    #[test]
    fn a_caller_may_refuse_what_only_the_extensions_hold() {
        let [plain, nil, large, control, half] =
            ["int-largest", "nil", "int-above-range", "string-backspace", "string-surrogate-low"]
                .map(|name| call(name).expect("a call"));
        assert_eq!((plain.outcome, plain.rules.to_string()), (WritingOutcome::Written, "spec".to_owned()));
        assert_eq!((nil.outcome, nil.rules.to_string()), (WritingOutcome::Either, "extended".to_owned()));
        assert_eq!((nil.needs, nil.learns.len()), (vec![Feature::Nil], 2));
        assert_eq!((large.outcome, large.needs.len()), (WritingOutcome::Either, 0));
        assert_eq!((control.outcome, control.learns), (WritingOutcome::Refused, vec![CallOutcome::Error]));
        assert_eq!((half.outcome, half.call), (WritingOutcome::Refused, None));
    }
}
