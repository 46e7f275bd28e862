//! Time, allocations and memory of every contender, side by side.

use std::time::{Duration, Instant};

use crate::allocations::{self, Allocations};
use crate::contenders::{Contender, OURS, Work};
use crate::task::{Input, Task};

/// What was measured of one contender on one input.
struct Row {
    name: &'static str,
    best: Duration,
    allocations: Allocations,
}

/// How long one contender is measured on one input: in turns with the others, and the best turn counts.
const TURNS: usize = 12;
const TURN: Duration = Duration::from_millis(40);

pub(crate) fn print(only: Option<Task>) {
    println!(
        "{:14} {:12} {:30} {:>9} {:>11} {:>10} {:>9}",
        "task", "input", "contender", "MB/s", "allocations", "peak kB", "time/ours"
    );
    for task in Task::ALL.into_iter().filter(|&task| only.is_none_or(|only| task == only)) {
        let mut times = Vec::new();
        for &input in task.inputs() {
            times.extend(compare(task, input).into_iter().map(|(name, best)| ((input, name), best)));
        }
        let time = |wanted| times.iter().find(|(known, _)| *known == wanted).map(|(_, best)| best.as_secs_f64());
        for Contender { name, .. } in task.contenders() {
            if let (Some(hundred), Some(thousands)) = (time((Input::Hundred, name)), time((Input::Thousands, name))) {
                let growth = thousands / hundred / 50.0;
                println!("{:14} growth: 5000 domains take {growth:.2} times 50 times 100: {name}", task.name());
            }
        }
    }
}

/// Prints the rows of one input, and gives the time of each contender.
fn compare(task: Task, input: Input) -> Vec<(&'static str, Duration)> {
    let document = task.document(input);
    let mut rows = Vec::new();
    let mut works = Vec::new();
    for Contender { name, prepare } in task.contenders() {
        let ready = prepare(&document).and_then(|work| work().map(|()| work));
        match ready {
            Ok(work) => {
                let allocations = allocations::count(|| drop(work()));
                rows.push(Row { name, best: Duration::MAX, allocations });
                works.push(work);
            }
            Err(error) => {
                let why = error.to_string();
                let why: String = why.lines().next().unwrap_or_default().chars().take(50).collect();
                println!("{:14} {:12} {name:30} fails: {why}", task.name(), input.name());
            }
        }
    }
    for _ in 0..TURNS {
        for (row, work) in rows.iter_mut().zip(&works) {
            row.best = row.best.min(turn(work));
        }
    }
    let ours = rows[0].best;
    assert_eq!(rows[0].name, OURS, "we read our own data");
    for Row { name, best, allocations } in &rows {
        println!(
            "{:14} {:12} {name:30} {:>9.0} {:>11} {:>10} {:>9.2}",
            task.name(),
            input.name(),
            document.len() as f64 / best.as_secs_f64() / 1e6,
            allocations.count,
            allocations.peak / 1000,
            best.as_secs_f64() / ours.as_secs_f64(),
        );
    }
    rows.into_iter().map(|row| (row.name, row.best)).collect()
}

/// The time of one pass, from as many as fit into a turn.
fn turn(work: &Work<'_>) -> Duration {
    let start = Instant::now();
    let mut passes = 0;
    loop {
        work().expect("it could a moment ago");
        passes += 1;
        let elapsed = start.elapsed();
        if elapsed >= TURN {
            return elapsed / passes;
        }
    }
}
