//! The table of `docs/power.md`: what the suite catches.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use xend_harness::calling::CallCase;
use xend_harness::case::Rule;
use xend_harness::laws::Law;
use xend_harness::operating::Failure;
use xend_harness::serving::ServingCase;
use xend_harness::{Case, Codec};

use crate::mutants::{self, Mutant};
use crate::rules::cases_by_rule;
use crate::trial::{catches, questions};
use crate::writers;

/// Every mutant of both codecs, and the cases that catch it.
pub(crate) struct Power<'c> {
    cases: &'c [Case],
    rules: Vec<Rule>,
    mutants: Vec<(Codec, Mutant, BTreeSet<&'c str>)>,
    others: Vec<Other>,
}

/// A suite of subjects that do not read: what it has of each rule.
struct Other {
    name: &'static str,
    /// The rules of its cases.
    cases: Vec<String>,
    /// The rule of each mutant, and how many cases are known to catch it.
    mutants: Vec<(String, usize)>,
    permitted: usize,
}

impl Other {
    fn all() -> Vec<Self> {
        let calling = CallCase::built_in().expect("the cases are well-formed");
        let writers = writers::CAUGHT.iter().map(|(mutant, caught)| (mutant.rule.clone(), caught.len()));
        // A test asks each caller the case that its row names.
        let callers = mutants::callers().into_iter().map(|mutant| (mutant.rule, usize::from(mutant.case.is_some())));
        let serving = ServingCase::built_in().expect("the cases are well-formed");
        let failures = Failure::built_in().expect("the failures are well-formed");
        let caught = |mutants: Vec<mutants::PeerMutant>| {
            mutants.into_iter().map(|mutant| (mutant.rule, usize::from(mutant.case.is_some()))).collect()
        };
        let permitted =
            |mutants: &[mutants::PeerMutant]| mutants.iter().filter(|mutant| mutant.permitted.is_some()).count();
        let operators = mutants::operators();
        let laws = Law::built_in().expect("the laws are well-formed");
        let daemons = mutants::daemons();
        vec![
            Self {
                name: "values to write",
                mutants: writers.collect(),
                permitted: mutants::writers().iter().filter(|mutant| mutant.permitted.is_some()).count(),
                cases: writers::CASES.iter().map(|case| case.rule.clone()).collect(),
            },
            Self {
                name: "calls",
                mutants: callers.collect(),
                permitted: permitted(&mutants::callers()),
                cases: calling.into_iter().map(|case| case.rule).collect(),
            },
            Self {
                name: "failures of a Xend",
                permitted: operators.iter().filter(|mutant| mutant.permitted.is_some()).count(),
                mutants: operators
                    .into_iter()
                    .map(|mutant| (mutant.rule, usize::from(mutant.case.is_some())))
                    .collect(),
                cases: failures.into_iter().map(|failure| failure.rule).collect(),
            },
            Self {
                name: "requests to a server",
                permitted: permitted(&mutants::servers()),
                mutants: caught(mutants::servers()),
                cases: serving.into_iter().map(|case| case.rule).collect(),
            },
            // Laws have no rules.
            Self {
                name: "laws, tried on daemons",
                permitted: daemons.iter().filter(|mutant| mutant.permitted.is_some()).count(),
                mutants: daemons.into_iter().map(|mutant| (String::new(), mutant.laws.len())).collect(),
                cases: vec![String::new(); laws.len()],
            },
        ]
    }
}

impl<'c> Power<'c> {
    pub(crate) fn measure(cases: &'c [Case]) -> Self {
        let mut measured = Vec::new();
        for codec in [Codec::Xmlrpc, Codec::Sexpr] {
            let questions = questions(codec);
            let mutants = Mutant::of(codec);
            let caught = catches(questions, &mutants);
            for (mutant, caught) in mutants.into_iter().zip(caught) {
                let ids = caught.into_iter().map(|at| &*questions[at].case.id).collect();
                measured.push((codec, mutant, ids));
            }
        }
        Self {
            cases,
            rules: Rule::built_in().expect("the rules are well-formed"),
            mutants: measured,
            others: Other::all(),
        }
    }

    /// What must not be: each as a line.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let mut complaints = Vec::new();
        let rules: BTreeSet<_> = self.rules.iter().map(|rule| &*rule.id).collect();
        let mut seen = BTreeSet::new();
        for (codec, mutant, caught) in &self.mutants {
            let Mutant { id, breaks, rule, permitted, .. } = mutant;
            if !seen.insert((codec, id)) {
                complaints.push(format!("{codec} mutant {id} stands twice"));
            }
            if !rules.contains(&**rule) {
                complaints.push(format!("{codec} mutant {id} breaks {rule}, which is no rule"));
            }
            match (caught.is_empty(), permitted) {
                (true, None) => complaints.push(format!("{codec} mutant {id} lives: {breaks}")),
                (false, Some(_)) => complaints.push(format!("{codec} mutant {id} is permitted to live, and is caught")),
                _ => {}
            }
        }
        let busy = self.busy();
        let idle = mutants::idle();
        let excused: BTreeSet<_> = idle.iter().flat_map(|idle| idle.cases.iter().map(|id| &**id)).collect();
        for case in self.cases {
            match (busy.contains_key(&*case.id), excused.contains(&*case.id)) {
                (false, false) => {
                    complaints.push(format!("{} catches no mutant; say in mutants/idle.toml why it stays", case.id));
                }
                (true, true) => complaints.push(format!("{} catches a mutant, and is listed as idle", case.id)),
                _ => {}
            }
        }
        let known: BTreeSet<_> = self.cases.iter().map(|case| &*case.id).collect();
        complaints
            .extend(excused.difference(&known).map(|id| format!("mutants/idle.toml lists {id}, which is no case")));
        complaints
    }

    /// The mutants that each case catches; cases that catch none are left out.
    fn busy(&self) -> BTreeMap<&'c str, Vec<&str>> {
        let mut busy: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (_, mutant, caught) in &self.mutants {
            for case in caught {
                busy.entry(*case).or_default().push(&*mutant.id);
            }
        }
        busy
    }

    /// Who catches whom: each mutant with its cases, of which the first few are named.
    pub(crate) fn details(&self) -> String {
        const FEW: usize = 4;
        let mut text = String::new();
        for (codec, mutant, caught) in &self.mutants {
            let first: Vec<_> = caught.iter().take(FEW).copied().collect();
            let more = if caught.len() > FEW { ", ..." } else { "" };
            let _ = writeln!(text, "{codec} {:<40} {:>4}  {}{more}", mutant.id, caught.len(), first.join(", "));
        }
        text
    }

    /// The document.
    pub(crate) fn document(&self) -> String {
        let mut text = String::from(
            "# What the suite catches\n\n\
             Printed by `make power`, and held by a test.\n\
             Two small readers in `harness/tests/power/lax` pass every case; `fixtures/mutants` breaks them in one place each, \
             as real libraries are broken.\n\
             Broken writers are the built-in writer with one thing changed, and broken callers a caller over plain sockets with one fault.\n\
             Broken operators are our own client with one thing changed of what it is asked, sends, receives or tells.\n\
             Broken daemons are the mock with a layer before it that changes one thing in what it is asked or in what it says; laws catch them, each of which catches one.\n\
             A mutant that no case catches fails the test unless it is marked `permitted`, with the reason; \
             so does a rule without a case, and a case that catches nothing and is not listed in `fixtures/mutants/idle.toml`.\n\n\
             | codec | cases | mutants | caught | by one case alone | permitted |\n| --- | --- | --- | --- | --- | --- |\n",
        );
        for codec in Codec::ALL {
            let cases = self.cases.iter().filter(|case| case.codec() == codec).count();
            let of: Vec<_> = self.mutants.iter().filter(|(own, ..)| *own == codec).collect();
            let caught = of.iter().filter(|(.., caught)| !caught.is_empty()).count();
            let alone = of.iter().filter(|(.., caught)| caught.len() == 1).count();
            let permitted = of.iter().filter(|(_, mutant, _)| mutant.permitted.is_some()).count();
            let _ = writeln!(text, "| `{codec}` | {cases} | {} | {caught} | {alone} | {permitted} |", of.len());
        }
        for Other { name, cases, mutants, permitted } in &self.others {
            let caught = mutants.iter().filter(|(_, caught)| *caught > 0).count();
            let _ = writeln!(text, "| {name} | {} | {} | {caught} | | {permitted} |", cases.len(), mutants.len());
        }
        text += "\n## Rules\n\n| rule | what it says | cases | mutants | caught |\n| --- | --- | --- | --- | --- |\n";
        let by_rule = cases_by_rule(self.cases);
        for rule in &self.rules {
            let cases = by_rule.get(&*rule.id).map_or(0, Vec::len);
            let of: Vec<_> = self.mutants.iter().filter(|(_, mutant, _)| mutant.rule == rule.id).collect();
            let caught = of.iter().filter(|(.., caught)| !caught.is_empty()).count();
            let others = || self.others.iter();
            let cases = cases + others().flat_map(|it| &it.cases).filter(|it| **it == rule.id).count();
            let more: Vec<_> = others().flat_map(|it| &it.mutants).filter(|(it, _)| *it == rule.id).collect();
            let caught = caught + more.iter().filter(|(_, caught)| *caught > 0).count();
            let mutants = of.len() + more.len();
            let _ = writeln!(text, "| `{}` | {} | {cases} | {mutants} | {caught} |", rule.id, rule.text);
        }
        text += "\n## Mutants that may live\n\n| mutant | what it does | why it may |\n| --- | --- | --- |\n";
        for (codec, mutant, _) in &self.mutants {
            if let Some(why) = &mutant.permitted {
                let _ = writeln!(text, "| `{codec}/{}` | {} | {why} |", mutant.id, mutant.breaks);
            }
        }
        text += "\n## Mutants that one case alone catches\n\n";
        let mut alone: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (_, mutant, caught) in &self.mutants {
            if caught.len() == 1 {
                alone.entry(caught.iter().next().expect("one")).or_default().push(&mutant.id);
            }
        }
        for (case, mutants) in alone {
            let _ = writeln!(text, "* `{case}`: {}", mutants.join(", "));
        }
        text += "\n## Cases that catch no mutant\n\n";
        for idle in mutants::idle() {
            let _ = writeln!(text, "* {} cases. {}", idle.cases.len(), idle.why);
        }
        text += "\n## Daemons that may live\n\n";
        for mutant in mutants::daemons() {
            if let Some(why) = mutant.permitted {
                let _ = writeln!(text, "* `{}`: {}. {why}", mutant.id, mutant.breaks);
            }
        }
        text
    }
}
