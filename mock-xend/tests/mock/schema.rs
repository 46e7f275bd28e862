//! The JSON Schema of scenario files, held against the scenarios that are shipped.

use std::path::Path;

use mock_xend::{Scenario, scenario_schema};
use serde_json::{Value, json};

/// A validator of the keywords that the schema uses.
struct Schema(Value);

impl Schema {
    fn of_scenarios() -> Self {
        Self(serde_json::from_str(&scenario_schema()).unwrap())
    }

    fn is_valid(&self, value: &Value) -> bool {
        self.check(&self.0, value)
    }

    fn check(&self, schema: &Value, value: &Value) -> bool {
        let Value::Object(keywords) = schema else { return schema == &json!(true) };
        keywords.iter().all(|(keyword, of)| match keyword.as_str() {
            "$ref" => {
                let name = of.as_str().unwrap().strip_prefix("#/$defs/").unwrap();
                self.check(&self.0["$defs"][name], value)
            }
            "type" => {
                let types = of.as_array().cloned().unwrap_or_else(|| vec![of.clone()]);
                types.iter().any(|kind| match kind.as_str().unwrap() {
                    "object" => value.is_object(),
                    "array" => value.is_array(),
                    "string" => value.is_string(),
                    "integer" => value.is_i64() || value.is_u64(),
                    "number" => value.is_number(),
                    "boolean" => value.is_boolean(),
                    other => panic!("type {other}"),
                })
            }
            "const" => value == of,
            "enum" => of.as_array().unwrap().contains(value),
            "anyOf" => of.as_array().unwrap().iter().any(|schema| self.check(schema, value)),
            "items" => value.as_array().is_none_or(|items| items.iter().all(|item| self.check(of, item))),
            "minItems" => value.as_array().is_none_or(|items| items.len() as u64 >= of.as_u64().unwrap()),
            "minProperties" => value.as_object().is_none_or(|members| members.len() as u64 >= of.as_u64().unwrap()),
            "minimum" => value.as_f64().is_none_or(|number| number >= of.as_f64().unwrap()),
            "maximum" => value.as_f64().is_none_or(|number| number <= of.as_f64().unwrap()),
            "required" => value.as_object().is_none_or(|members| {
                of.as_array().unwrap().iter().all(|name| members.contains_key(name.as_str().unwrap()))
            }),
            "properties" => value.as_object().is_none_or(|members| {
                members.iter().all(|(name, member)| of.get(name).is_none_or(|schema| self.check(schema, member)))
            }),
            "additionalProperties" => value.as_object().is_none_or(|members| {
                let known = schema.get("properties");
                let others = members.iter().filter(|(name, _)| known.is_none_or(|known| known.get(name).is_none()));
                others.into_iter().all(|(_, member)| *of != json!(false) && self.check(of, member))
            }),
            // Durations are checked by the reader.
            "pattern" | "description" | "title" | "$schema" | "$defs" => true,
            other => panic!("keyword {other}"),
        })
    }
}

fn json_of(toml: &str) -> Value {
    serde_json::to_value(toml.parse::<toml::Table>().unwrap()).unwrap()
}

#[test]
fn the_schema_that_is_shipped_is_fresh() {
    let shipped = xend_fixtures::file("scenarios/scenario.schema.json").expect("it is shipped");
    assert_eq!(
        str::from_utf8(shipped.bytes()).unwrap(),
        scenario_schema(),
        "run: mock-xend schema > fixtures/scenarios/scenario.schema.json"
    );
}

#[test]
fn each_scenario_names_the_schema_and_is_valid_by_it() {
    let schema = Schema::of_scenarios();
    let mut count = 0;
    for file in xend_fixtures::files("scenarios/").filter(|file| file.path.ends_with(".toml")) {
        let text = str::from_utf8(file.bytes()).unwrap();
        assert!(text.starts_with("#:schema ./scenario.schema.json\n"), "{}", file.path);
        assert!(schema.is_valid(&json_of(text)), "{}", file.path);
        count += 1;
    }
    assert!(count >= 25, "{count}");
    let documentation = include_str!("../../../docs/scenarios.md");
    let (_, faults) = documentation.split_once("| fault | example |").expect("a table");
    let mut names = std::collections::BTreeSet::new();
    for row in faults.lines().skip(2).take_while(|line| line.starts_with('|')) {
        let parts: Vec<_> = row.split('`').collect();
        let text = format!("[[expect]]\nface = \"sxp\"\nreply = \"simulate\"\nfaults = [{}]\n", parts[3]);
        assert!(schema.is_valid(&json_of(&text)), "{text}");
        names.insert(parts[1]);
    }
    assert_eq!(names.len(), 20, "{names:?}");
    for example in documentation.split("```").filter_map(|it| it.strip_prefix("toml\n")) {
        assert!(schema.is_valid(&json_of(example)), "{example}");
    }
}

/// What the schema refuses, the reader refuses, too.
#[test]
fn the_schema_refuses_no_more_than_the_reader() {
    let schema = Schema::of_scenarios();
    let expect = |keys: &str| format!("[[expect]]\nface = \"sxp\"\n{keys}\n");
    for wrong in [
        "unexpected = \"ignore\"\n".to_owned(),
        "[[expectation]]\n".to_owned(),
        "state = { daemon = 1 }\n".to_owned(),
        expect("reply = \"explode\""),
        expect("reply = { close = true }"),
        expect("reply = { fault = { code = 2, strnig = \"x\" } }"),
        expect("reply = \"close\"\ntimes = -1"),
        expect("reply = \"close\"\ntimes = {}"),
        expect("reply = \"close\"\nprobability = 2"),
        expect("reply = \"close\"\nfields = { op = { matces = \"x\" } }"),
        expect("reply = \"close\"\nparams = [{ any = \"integer\" }]"),
        expect("reply = \"close\"\nstatsu = 1"),
        expect("replies = []"),
        expect("replies = [{ faults = [] }]"),
        expect("reply = \"simulate\"\nfaults = [\"bare-line-feed\"]"),
        expect("reply = \"simulate\"\nfaults = [{ delay = 5 }]"),
        expect("reply = \"simulate\"\nfaults = [{ drip = { bytes = 0, every = \"1ms\" } }]"),
        expect("reply = \"simulate\"\nfaults = [{ pause = { at = \"body\" } }]"),
        expect("reply = \"simulate\"\nfaults = [{ content-length = \"wrong\" }]"),
        expect("reply = \"close\"\nchange = { crahs = \"vm1\" }"),
    ] {
        assert!(!schema.is_valid(&json_of(&wrong)), "{wrong}");
        assert!(Scenario::parse("wrong.toml", &wrong, Path::new(".")).is_err(), "{wrong}");
    }
}
