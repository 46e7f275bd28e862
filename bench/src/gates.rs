//! The gates: how many instructions a byte may cost, by callgrind's exact count, and how many allocations a pass.

use std::error::Error;
use std::process::{Command, Stdio};

use serde::Deserialize;

use crate::allocations;
use crate::task::{Input, Task};

/// `gates.toml`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Gates {
    /// How much more than the figure that was reached is a step back: 0.1 is a tenth.
    tolerance: f64,
    gate: Vec<Gate>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Gate {
    task: Task,
    input: Input,
    contender: String,
    /// The most instructions for each byte of the document.
    instructions_per_byte: f64,
    /// What there were when the file was last changed.
    reached: f64,
    /// The most allocations of one pass.
    allocations: Option<usize>,
    /// How fast we must at least be beside another contender: 0.75 is three quarters of its speed.
    speed: Option<Speed>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Speed {
    of: String,
    at_least: f64,
}

/// Measures every gate, and says whether all are kept.
pub(crate) fn check() -> Result<bool, Box<dyn Error>> {
    if Command::new("valgrind").arg("--version").stdout(Stdio::null()).status().is_err() {
        return Err("the gates count instructions with valgrind, which is not installed".into());
    }
    let gates: Gates = toml_edit::de::from_str(include_str!("../gates.toml"))?;
    println!(
        "{:14} {:12} {:30} {:>7} {:>7} {:>7} {:>11}",
        "task", "input", "contender", "instr/B", "reached", "gate", "allocations"
    );
    let mut all_kept = true;
    for gate in &gates.gate {
        let document = gate.task.document(gate.input);
        let measured = instructions(gate.task, gate.input, &gate.contender)? / document.len() as f64;
        let mut missed = Vec::new();
        if measured > gate.instructions_per_byte {
            missed.push("more instructions than the gate allows".to_owned());
        }
        if measured > gate.reached * (1.0 + gates.tolerance) {
            missed.push(format!("more than the {} that were reached", gate.reached));
        }
        let count = allocations(gate.task, &gate.contender, &document)?;
        if gate.allocations.is_some_and(|most| count > most) {
            missed.push("more allocations than the gate allows".to_owned());
        }
        if let Some(Speed { of, at_least }) = &gate.speed {
            let theirs = instructions(gate.task, gate.input, of)? / document.len() as f64;
            if theirs / measured < *at_least {
                missed.push(format!("{:.2} of the speed of {of}, not {at_least}", theirs / measured));
            }
        }
        println!(
            "{:14} {:12} {:30} {measured:>7.2} {:>7.2} {:>7.1} {count:>11} {}",
            gate.task.name(),
            gate.input.name(),
            gate.contender,
            gate.reached,
            gate.instructions_per_byte,
            if missed.is_empty() { "ok".to_owned() } else { format!("MISSED: {}", missed.join(", ")) }
        );
        all_kept &= missed.is_empty();
    }
    Ok(all_kept)
}

fn allocations(task: Task, contender: &str, document: &[u8]) -> Result<usize, Box<dyn Error>> {
    let contender = crate::contender(task, contender)?;
    let work = (contender.prepare)(document)?;
    work()?;
    Ok(allocations::count(|| drop(work())).count)
}

/// The instructions of one pass: what more passes cost beyond fewer, so that the rest of the program cancels out.
fn instructions(task: Task, input: Input, contender: &str) -> Result<f64, Box<dyn Error>> {
    let (few, many) = if matches!(input, Input::Fault | Input::One) { (10, 110) } else { (1, 3) };
    let difference = collected(task, input, contender, many)? - collected(task, input, contender, few)?;
    Ok(difference as f64 / f64::from(many - few))
}

/// What callgrind counts in `bench run`.
fn collected(task: Task, input: Input, contender: &str, passes: u32) -> Result<u64, Box<dyn Error>> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe()?)
        .args(["run", &task.name(), &input.name(), contender, "--passes", &passes.to_string()])
        .output()?;
    let log = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(format!("valgrind failed:\n{log}").into());
    }
    let count = log.lines().find_map(|line| line.split_once("Collected :")).ok_or("valgrind printed no count")?;
    Ok(count.1.trim().parse()?)
}
